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

// Normalise returns p scaled to mass 1. It refuses negative values and a mass of 0.
func Normalise(g Grid, p []float64) ([]float64, error) {
	if err := checkDensity("density", g, p); err != nil {
		return nil, err
	}
	mass := Mass(g, p)
	if !(mass > 0) || math.IsInf(mass, 0) {
		return nil, fmt.Errorf("fokkerplanck: a density of mass %g cannot be normalised", mass)
	}
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = v / mass
	}
	return out, nil
}

// FromLog is the density exp(log), scaled to mass 1. The logarithm counts up to a constant, and may be -Inf where the
// density is 0.
//
// It is an error if the cells do not carry the density. Of a smooth one, every third cell has a third of the mass:
// with a standard deviation below about .45 cells, some thirds have less than a fifteenth. And cells at one border
// have little of it, also where the border is a wall: a tenth and more, besides what a flat density has, is the edge
// of something beyond the grid.
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
		return nil, fmt.Errorf("fokkerplanck: the log density is -Inf in all %d cells: no mass to normalise", len(log))
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

// checkResolved compares the mass of every third cell, and of both borders, with all of it, along each axis. Cells at
// the border count half, as in the trapezoidal rule.
func checkResolved(g Grid, p []float64) error {
	for _, axis := range g.axes() {
		var thirds, borders [3]float64
		for k, v := range p {
			i := k / axis.stride % axis.n
			if i == 0 || i == axis.n-1 {
				v /= 2
				borders[min(i, 1)] += v
			}
			thirds[i%3] += v
		}
		all := thirds[0] + thirds[1] + thirds[2]
		where := fmt.Sprintf("fokkerplanck: %d cells from %g to %g do not resolve the density", axis.n, axis.lo, axis.hi)
		if !(min(thirds[0], thirds[1], thirds[2]) > all/15) {
			return fmt.Errorf("%s: the thirds of every third cell carry %.3g of its mass, not a third each; move the grid or "+
				"use smaller cells", where, []float64{thirds[0] / all, thirds[1] / all, thirds[2] / all})
		}
		if edge := max(borders[0], borders[1]) / all; !(edge < .1+1/float64(axis.n)) {
			return fmt.Errorf("%s: the cells at one border carry %.3g of its mass; move or widen the grid", where, edge)
		}
	}
	return nil
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

// KL is the divergence of p from q, the integral of p log(p/q) - p + q: 0 for equal ones, and infinite where q has
// holes that p has not. The last two terms, which cancel between densities, keep rounding of their masses out.
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

// logRatio is log(p/q), also where p/q is out of range.
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
