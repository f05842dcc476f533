package density

import "math"

// reach is the number of standard deviations of a Gaussian that count as its support. Less than 1e-18 of its mass lies
// beyond.
const reach = 9

// Support is where a distribution has its mass, and the resolution that a quadrature needs there.
type Support struct {
	Lo, Hi []float64 // [d]: a box that holds the mass
	// Grain returns the lengths [d] over which the density varies along each axis within the box center +- half. It
	// returns nil where there is no mass, and zeros where there is no density.
	Grain func(center, half []float64) []float64
}

// Support is the support of alpha x0 + sigma eps.
func (m *Mixture) Support(alpha, sigma float64) Support {
	s := Support{Lo: make([]float64, m.dim), Hi: make([]float64, m.dim)}
	parts := make([]gaussianSupport, m.size())
	for k := range parts {
		parts[k] = m.supportOf(k, alpha, sigma)
		for i := range m.dim {
			sd := 0. // along axis i, from the eigenbasis
			for j, v := range parts[k].sd {
				sd = math.Hypot(sd, m.basis[k][i*m.dim+j]*v)
			}
			lo, hi := parts[k].mean[i]-reach*sd, parts[k].mean[i]+reach*sd
			if k == 0 {
				s.Lo[i], s.Hi[i] = lo, hi
			}
			s.Lo[i], s.Hi[i] = math.Min(s.Lo[i], lo), math.Max(s.Hi[i], hi)
		}
	}
	s.Grain = func(center, half []float64) []float64 {
		var finest []float64
		for _, p := range parts {
			if !p.meets(center, half) {
				continue
			}
			if finest == nil {
				finest = append(finest, p.grain...)
			}
			for i, g := range p.grain {
				finest[i] = math.Min(finest[i], g)
			}
		}
		return finest
	}
	return s
}

// gaussianSupport is the support of one component, noised: an ellipsoid, in the component's eigenbasis.
type gaussianSupport struct {
	mean, sd, basis []float64 // sd: along the columns of the basis [d*d]
	grain           []float64 // along each axis of the space, the others held fixed
}

func (m *Mixture) supportOf(k int, alpha, sigma float64) gaussianSupport {
	p := gaussianSupport{mean: make([]float64, m.dim), sd: make([]float64, m.dim), basis: m.basis[k],
		grain: make([]float64, m.dim)}
	for j, v := range m.spectrum[k] {
		p.mean[j] = alpha * m.components[k].Mean[j]
		p.sd[j] = math.Hypot(alpha*math.Sqrt(v), sigma)
	}
	for i := range m.dim {
		precision := 0. // the root of the precision
		for j, v := range p.sd {
			precision = math.Hypot(precision, p.basis[i*m.dim+j]/v)
		}
		p.grain[i] = 1 / precision
	}
	return p
}

// meets reports whether a box may touch the ellipsoid. It is exact where the axes of both agree.
func (p gaussianSupport) meets(center, half []float64) bool {
	d := len(p.mean)
	for j := range d {
		z, width := 0., 0.
		for i := range d {
			q := p.basis[i*d+j]
			z, width = z+q*(center[i]-p.mean[i]), width+math.Abs(q)*half[i]
		}
		if math.Abs(z)-width > reach*p.sd[j] {
			return false
		}
	}
	return true
}

// Support is the support of alpha x0 + sigma eps, a ring.
func (c *Circle) Support(alpha, sigma float64) Support {
	radius, width := alpha*c.radius, reach*sigma
	s := Support{Lo: make([]float64, 2), Hi: make([]float64, 2)}
	for i, center := range c.center {
		s.Lo[i], s.Hi[i] = alpha*center-radius-width, alpha*center+radius+width
	}
	s.Grain = func(center, half []float64) []float64 {
		var near, far [2]float64
		for i := range near {
			off := math.Abs(center[i] - alpha*c.center[i])
			near[i], far[i] = math.Max(0, off-half[i]), off+half[i]
		}
		if math.Hypot(near[0], near[1]) > radius+width || math.Hypot(far[0], far[1]) < radius-width {
			return nil
		}
		return []float64{sigma, sigma}
	}
	return s
}
