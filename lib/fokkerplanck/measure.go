package fokkerplanck

import (
	"fmt"
	"math"
)

// Mass is the integral of p, 1 for a density.
func Mass(g Grid, p []float64) float64 {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	return sum * g.Cell()
}

// Normalise returns p scaled to mass 1. It returns an error for negative values and a mass of 0.
func Normalise(g Grid, p []float64) ([]float64, error) {
	if err := checkDensity("density", g, p); err != nil {
		return nil, err
	}
	mass := Mass(g, p)
	if !(mass > 0) || math.IsInf(mass, 0) {
		return nil, fmt.Errorf("fokkerplanck: a density of mass %g cannot be normalized", mass)
	}
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = v / mass
	}
	return out, nil
}

// FromLog is the density exp(log), scaled to mass 1. A constant added to log has no effect. log may be -Inf where the
// density is 0.
//
// It is an error if the cells do not resolve the density, or if too much mass lies at a border. For a smooth density
// every third cell has a third of the mass. With a standard deviation below about .45 cells, some thirds have less than
// a fifteenth. A density may be largest at a wall and fall by factors of .6 or more from cell to cell. A density whose
// mode is beyond the grid may have at most a tenth more of its mass in the border cells than a flat one.
func FromLog(g Grid, log []float64) ([]float64, error) {
	if len(log) != g.Size() {
		return nil, fmt.Errorf("fokkerplanck: the log density has %d values for %d cells", len(log), g.Size())
	}
	largest := math.Inf(-1)
	for i, v := range log {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			return nil, fmt.Errorf("fokkerplanck: the log density is %g in cell %d", v, i)
		}
		largest = max(largest, v)
	}
	if math.IsInf(largest, -1) {
		return nil, fmt.Errorf("fokkerplanck: the log density is -Inf in all %d cells: no mass to normalize", len(log))
	}
	p := make([]float64, len(log))
	for i, v := range log {
		p[i] = math.Exp(v - largest)
	}
	if err := checkResolved(g, p); err != nil {
		return nil, err
	}
	return Normalise(g, p)
}

// checkResolved compares the mass of every third cell and of both borders with the total, along each axis. Cells at the
// border count half, as in the trapezoidal rule.
func checkResolved(g Grid, p []float64) error {
	for _, axis := range g.axes() {
		cells := make([]float64, axis.n)
		for k, v := range p {
			cells[k/axis.stride%axis.n] += v
		}
		n := axis.n
		most := [2]float64{ // of the mass, at each border
			borderShare(n, cells[0], cells[1], cells[2]), borderShare(n, cells[n-1], cells[n-2], cells[n-3])}
		cells[0] /= 2
		cells[n-1] /= 2
		var thirds [3]float64
		for i, v := range cells {
			thirds[i%3] += v
		}
		all := thirds[0] + thirds[1] + thirds[2]
		where := fmt.Sprintf("fokkerplanck: %d cells from %g to %g do not resolve the density",
			n, axis.lo, axis.hi)
		if !(min(thirds[0], thirds[1], thirds[2]) > all/15) {
			return fmt.Errorf("%s: the thirds of every third cell carry %.3g of its mass, not a third each; move the "+
				"grid or "+
				"use smaller cells", where, []float64{thirds[0] / all, thirds[1] / all, thirds[2] / all})
		}
		for i, edge := range [2]float64{cells[0] / all, cells[n-1] / all} {
			if !(edge < most[i]) {
				return fmt.Errorf("%s: the cells at %g carry %.3g of its mass; use smaller cells if the density ends "+
					"there "+
					"at a wall, or else move or widen the grid", where, [2]float64{axis.lo, axis.hi}[i], edge)
			}
		}
	}
	return nil
}

// borderShare bounds the share of the mass of n cells that the border cell may have, given the masses of that cell and
// the next two. An exponential that falls by exp(-h) per cell has the share tanh(h/2) there. The trapezoidal rule has a
// relative error of h^2/12. A share of a quarter means h = .51 and an error of 2 percent. A tenth, h = .2 and .3
// percent, is the bound for densities that bend down from the border on. Such is a normal density whose mode lies
// beyond the grid by up to 5 standard deviations, which means that the grid is in the wrong place.
func borderShare(n int, first, second, third float64) float64 {
	const bump, wall = .1, .25
	share := bump + 1/float64(n)
	fall, bend := math.Log(first/second), math.Log(second/first*(second/third))
	if fall > 0 && bend > fall*fall/25 {
		return share
	}
	return max(share, wall)
}

// L1 is the integral of |p - q|, between 0 and 2 for densities: twice the total variation.
func L1(g Grid, p, q []float64) (float64, error) {
	if err := checkValues("first density", g, p); err != nil {
		return 0, err
	}
	if err := checkValues("second density", g, q); err != nil {
		return 0, err
	}
	sum := 0.0
	for i := range p {
		sum += math.Abs(p[i] - q[i])
	}
	return sum * g.Cell(), nil
}

// KL is the Kullback-Leibler divergence of p from q, the integral of p log(p/q) - p + q in nats. It is 0 for equal
// densities, and infinite if q is 0 where p is not. The last two terms integrate to 0 for densities and remove the
// rounding of their masses.
func KL(g Grid, p, q []float64) (float64, error) {
	if err := checkDensity("first density", g, p); err != nil {
		return 0, err
	}
	if err := checkDensity("second density", g, q); err != nil {
		return 0, err
	}
	sum := 0.0
	for i, v := range p {
		if v > 0 {
			sum += v * logRatio(v, q[i])
		}
		sum += q[i] - v
	}
	return sum * g.Cell(), nil
}

// logRatio is log(p/q), also where p/q is out of the range of float64.
func logRatio(p, q float64) float64 {
	if r := p / q; r > 0 && !math.IsInf(r, 1) {
		return math.Log(r)
	}
	return math.Log(p) - math.Log(q)
}

// Mean is the expectation of f(x) under p.
func (l Line) Mean(p []float64, f func(x float64) float64) float64 {
	sum := 0.0
	for i, v := range p {
		sum += v * f(l.At(float64(i)))
	}
	return sum * l.Cell()
}

// Mean is the expectation of f(x, y) under p.
func (p Plane) Mean(density []float64, f func(x, y float64) float64) float64 {
	sum := 0.0
	for k, v := range density {
		sum += v * f(p.X.At(float64(k%p.X.N)), p.Y.At(float64(k/p.X.N)))
	}
	return sum * p.Cell()
}

func checkDensity(what string, g Grid, p []float64) error {
	if err := checkValues(what, g, p); err != nil {
		return err
	}
	for i, v := range p {
		if v < 0 {
			return fmt.Errorf("fokkerplanck: the %s is negative, %g, in cell %d", what, v, i)
		}
	}
	return nil
}
