package kit

import "math"

// GridDensity is a distribution on the line, given by its density at Lo, Lo + Cell, Lo + 2 Cell, ... Integrals are sums
// over the grid: the trapezoidal rule for densities that vanish at the ends.
type GridDensity struct {
	Lo, Cell float64
	Density  []float64
}

// NewGridDensity takes the values of a density at n points of [lo, hi].
func NewGridDensity(lo, hi float64, n int, density func(x float64) float64) GridDensity {
	w := GridDensity{lo, (hi - lo) / float64(n-1), make([]float64, n)}
	for i := range w.Density {
		w.Density[i] = density(w.at(i))
	}
	return w
}

// NormalOnGrid is N(0, v) on n points over 9 standard deviations either side.
func NormalOnGrid(v float64, n int) GridDensity {
	end := 9 * math.Sqrt(v)
	return NewGridDensity(-end, end, n, func(x float64) float64 {
		return math.Exp(-x*x/(2*v)) / math.Sqrt(2*math.Pi*v)
	})
}

func (w GridDensity) at(i int) float64 { return w.Lo + w.Cell*float64(i) }

// Expect is the mean of f.
func (w GridDensity) Expect(f func(x float64) float64) float64 {
	sum := 0.
	for i, p := range w.Density {
		sum += w.Cell * p * f(w.at(i))
	}
	return sum
}

// CDF is the distribution function of the density interpolated linearly. Its error is h^2/12 times the slope of the
// density, h the distance of the points.
func (w GridDensity) CDF() func(x float64) float64 {
	sums := make([]float64, len(w.Density))
	for i := 1; i < len(sums); i++ {
		sums[i] = sums[i-1] + w.Cell*(w.Density[i-1]+w.Density[i])/2
	}
	return func(x float64) float64 {
		u := (x - w.Lo) / w.Cell
		i := int(math.Floor(u))
		switch {
		case u < 0:
			return 0
		case i >= len(w.Density)-1:
			return sums[len(sums)-1]
		}
		u -= float64(i)
		return sums[i] + w.Cell*u*(w.Density[i]+u*(w.Density[i+1]-w.Density[i])/2)
	}
}

// ProbabilityBelow is the probability of (-inf, x].
func (w GridDensity) ProbabilityBelow(x float64) float64 { return w.CDF()(x) }

// W1 is the 1-Wasserstein distance to a density on the same grid: the area between the distribution functions.
func (w GridDensity) W1(density []float64) float64 {
	sum, gap := 0., 0.
	for i, p := range w.Density {
		gap += w.Cell * (p - density[i])
		sum += w.Cell * math.Abs(gap)
	}
	return sum
}
