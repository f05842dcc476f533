package density

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/mat"

	"scorelab/lib/diffusion"
)

// Component is one Gaussian of a mixture: its weight, mean [d] and covariance [d][d], and the class it belongs to.
type Component struct {
	Weight float64
	Mean   []float64
	Cov    [][]float64
	Class  int
}

// Mixture is a Gaussian mixture in R^d with full covariances.
type Mixture struct {
	name       string
	dim        int
	components []Component
	// Each covariance is Q diag(spectrum) Q^T; noise only adds to the spectrum, so Q serves every time.
	spectrum [][]float64 // [k][d]
	basis    [][]float64 // [k][d*d], row-major: the columns of Q are eigenvectors
	// The formulas work about a center, so that an offset costs no digits. It is nil for the center 0.
	center []float64
	means  [][]float64 // [k][d], less the center
}

// NewMixture returns the mixture of the components. It returns an error unless weights are positive and sum to 1, and
// covariances are symmetric and positive definite.
func NewMixture(name string, components ...Component) (*Mixture, error) {
	if len(components) == 0 {
		return nil, fmt.Errorf("mixture %s has no components", name)
	}
	m := &Mixture{name: name, dim: len(components[0].Mean), components: components}
	total := 0.0
	for k, c := range components {
		if !(c.Weight > 0) || math.IsInf(c.Weight, 0) {
			return nil, fmt.Errorf("mixture %s: component %d has weight %g; weights must be positive", name, k,
				c.Weight)
		}
		total += c.Weight
		if len(c.Mean) != m.dim || len(c.Cov) != m.dim || m.dim == 0 {
			return nil, fmt.Errorf("mixture %s: component %d has a mean of length %d and %d rows of covariance; the "+
				"first mean has length %d",
				name, k, len(c.Mean), len(c.Cov), m.dim)
		}
		spectrum, basis, err := diagonalize(c.Cov)
		if err != nil {
			return nil, fmt.Errorf("mixture %s: covariance of component %d %w", name, k, err)
		}
		for i, v := range c.Mean {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("mixture %s: mean of component %d is %g at place %d", name, k, v, i)
			}
		}
		m.spectrum, m.basis = append(m.spectrum, spectrum), append(m.basis, basis)
	}
	if !(math.Abs(total-1) <= 1e-9) {
		return nil, fmt.Errorf("mixture %s: weights sum to %g, not 1", name, total)
	}
	center := centerAt(m.Mean(), m.Covariance())
	for _, c := range components {
		relative := make([]float64, m.dim)
		for i, v := range c.Mean {
			relative[i] = v - center[i]
		}
		m.means = append(m.means, relative)
	}
	if slices.ContainsFunc(center, func(v float64) bool { return v != 0 }) {
		m.center = center // a mixture about 0 needs no center
	}
	return m, nil
}

// diagonalize returns the eigendecomposition of a covariance: eigenvalues and, row-major, the matrix of eigenvectors.
func diagonalize(cov [][]float64) (spectrum, basis []float64, err error) {
	if err := checkCovariance(cov); err != nil {
		return nil, nil, err
	}
	var eig mat.EigenSym
	if !eig.Factorize(symmetric(cov, nil), true) {
		return nil, nil, fmt.Errorf("has no eigendecomposition")
	}
	spectrum = eig.Values(nil)
	if !(spectrum[0] > 0) {
		return nil, nil, fmt.Errorf("is not positive definite: its smallest eigenvalue is %g", spectrum[0])
	}
	var q mat.Dense
	eig.VectorsTo(&q)
	return spectrum, q.RawMatrix().Data, nil
}

// checkCovariance returns an error for a matrix that is no covariance. Entries are compared in units of the standard
// deviations, so that the unit of the data does not matter.
func checkCovariance(cov [][]float64) error {
	d := len(cov)
	sd := make([]float64, d)
	for i, row := range cov {
		if len(row) != d {
			return fmt.Errorf("has %d rows but row %d has %d entries", d, i, len(row))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("is %g at entry (%d,%d); give finite numbers", v, i, j)
			}
		}
		if sd[i] = math.Sqrt(row[i]); !(sd[i] > 0) {
			return fmt.Errorf("is not positive definite: the variance of coordinate %d is %g", i, row[i])
		}
	}
	for i, row := range cov {
		for j, v := range row {
			if !(math.Abs(v-cov[j][i])/sd[i]/sd[j] <= 1e-12) {
				return fmt.Errorf("is not symmetric: entries (%d,%d) and (%d,%d) are %g and %g", i, j, j, i, v,
					cov[j][i])
			}
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(symmetric(cov, sd), false) {
		return fmt.Errorf("has no eigendecomposition")
	}
	// a smaller eigenvalue is the rounding of a singular matrix
	if least := eig.Values(nil)[0]; !(least > 4*float64(d)*epsilon) && d > 1 {
		return fmt.Errorf("is not positive definite: the smallest eigenvalue of its correlations is %g", least)
	}
	return nil
}

// symmetric converts a matrix to the form that the eigendecomposition takes, in units of the standard deviations if
// they are given.
func symmetric(cov [][]float64, sd []float64) *mat.SymDense {
	sym := mat.NewSymDense(len(cov), nil)
	for i, row := range cov {
		for j, v := range row {
			if sd != nil {
				v = v / sd[i] / sd[j]
			}
			sym.SetSym(i, j, v)
		}
	}
	return sym
}

// Name is the mixture's name in registries and figures.
func (m *Mixture) Name() string { return m.name }

// Dim is the dimension d of the space.
func (m *Mixture) Dim() int { return m.dim }

// Components are the mixture's Gaussians.
func (m *Mixture) Components() []Component { return m.components }

// Mean is the mean [d] of the mixture.
func (m *Mixture) Mean() []float64 {
	mean := make([]float64, m.dim)
	for _, c := range m.components {
		for i, v := range c.Mean {
			mean[i] += c.Weight * v
		}
	}
	return mean
}

// Covariance is the covariance [d][d] of the mixture.
func (m *Mixture) Covariance() [][]float64 {
	mean := m.Mean()
	cov := make([][]float64, m.dim)
	for i := range cov {
		cov[i] = make([]float64, m.dim)
		for j := range cov[i] {
			for _, c := range m.components {
				cov[i][j] += c.Weight * (c.Cov[i][j] + (c.Mean[i]-mean[i])*(c.Mean[j]-mean[j]))
			}
		}
	}
	return cov
}

// Marginal is the distribution of direction . x, a mixture in one dimension. The direction [d] need not have unit
// length. It returns an error for another length or a zero direction.
func (m *Mixture) Marginal(direction []float64) (*Mixture, error) {
	if len(direction) != m.dim {
		return nil, fmt.Errorf("direction of length %d for mixture %s in %d dimensions", len(direction), m.name, m.dim)
	}
	components := make([]Component, len(m.components))
	for k, c := range m.components {
		mean, variance := 0.0, 0.0
		for i, u := range direction {
			mean += u * c.Mean[i]
			for j, w := range direction {
				variance += u * w * c.Cov[i][j]
			}
		}
		components[k] = Component{c.Weight, []float64{mean}, [][]float64{{variance}}, c.Class}
	}
	return NewMixture(m.name+" along a direction", components...)
}

// Noised is the distribution of alpha x0 + sigma eps, a mixture again.
func (m *Mixture) Noised(alpha, sigma float64) (*Mixture, error) {
	components := make([]Component, len(m.components))
	for k, c := range m.components {
		mean, cov := make([]float64, m.dim), make([][]float64, m.dim)
		for i := range mean {
			mean[i] = alpha * c.Mean[i]
			cov[i] = make([]float64, m.dim)
			for j := range cov[i] {
				cov[i][j] = alpha * alpha * c.Cov[i][j]
			}
			cov[i][i] += sigma * sigma
		}
		components[k] = Component{c.Weight, mean, cov, c.Class}
	}
	return NewMixture(m.name+" noised", components...)
}

// At is the distribution of x_t along a process, a mixture again.
func (m *Mixture) At(b compute.Backend, p diffusion.Process, t float64) (*Mixture, error) {
	alpha, sigma, err := diffusion.PathAt(b, p, t)
	if err != nil {
		return nil, err
	}
	return m.Noised(alpha, sigma)
}

// CDF is the cumulative distribution function of a mixture in one dimension. It is NaN in more dimensions.
func (m *Mixture) CDF(x float64) float64 {
	if m.dim != 1 {
		return math.NaN()
	}
	sum := 0.0
	for _, c := range m.components {
		sum += c.Weight * math.Erfc((c.Mean[0]-x)/math.Sqrt(2*c.Cov[0][0])) / 2
	}
	return sum
}

// Quantile is the inverse of CDF at p in (0, 1), by bisection to the last bit. It is NaN in more dimensions and for
// other p.
func (m *Mixture) Quantile(p float64) float64 {
	if m.dim != 1 || !(0 < p && p < 1) {
		return math.NaN()
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range m.components {
		const reach = 40 // standard deviations; the probability beyond is below float64's smallest number
		sd := math.Sqrt(c.Cov[0][0])
		lo, hi = math.Min(lo, c.Mean[0]-reach*sd), math.Max(hi, c.Mean[0]+reach*sd)
	}
	return invert(m.CDF, p, lo, hi)
}

// Quantiles are n points of a mixture in one dimension, at the probabilities (i + 1/2)/n. They are NaN in more
// dimensions.
func (m *Mixture) Quantiles(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = m.Quantile((float64(i) + .5) / float64(n))
	}
	return x
}

// invert solves cdf(x) = p for an increasing cdf on [lo, hi], by bisection to the last bit.
func invert(cdf func(float64) float64, p, lo, hi float64) float64 {
	for {
		middle := lo + (hi-lo)/2
		if middle == lo || middle == hi {
			return middle
		}
		if cdf(middle) < p {
			lo = middle
		} else {
			hi = middle
		}
	}
}

const logTwoPi = 1.8378770664093454835606594728112

func logOf(n int) float64 { return math.Log(float64(n)) }
