package metrics

import (
	"fmt"
	"math"
)

// KL is the Kullback-Leibler divergence int p log(p/q) in nats of two densities. Their logarithms are given on the same
// grid, with cells of the given volume. Logarithms may be -Inf where a density is 0. It is an error if q is 0 where p
// is not, since the divergence is then infinite.
//
// It is the sum of p log(p/q) - p + q, which has no negative term, so truncation of the grid only lowers it. The result
// counts as a deterministic number, so its interval is one point. On grids that reach to where both densities vanish
// this is the trapezoidal rule. Its error for smooth densities falls faster than any power of the spacing. It is an
// error if the mass of either density on the grid is not 1 within 1e-3.
func KL(logP, logQ []float64, cell float64) (Summary, error) {
	if _, err := checkDensities(logP, logQ, cell); err != nil {
		return Summary{}, err
	}
	sum := 0.0
	for i, a := range logP {
		b := logQ[i]
		if math.IsInf(b, -1) && !math.IsInf(a, -1) {
			return Summary{}, fmt.Errorf("metrics: the divergence is infinite: at point %d the density q is 0 and p "+
				"is not", i)
		}
		sum += excess(a, b)
	}
	return Exactly(sum * cell), nil
}

// JS is the Jensen-Shannon divergence of two densities, KL(p, m)/2 + KL(q, m)/2 with m = (p+q)/2, at most ln 2 (Lin,
// IEEE Trans. Inf. Theory 37, 1991). The densities are given as for [KL].
//
// The interval is [JS, JS + (ln 2)/2 (a + b)], where a and b are the masses of p and q outside the grid. It bounds the
// effect of truncation. It does not account for the error of the quadrature, which is as in KL.
func JS(logP, logQ []float64, cell float64) (Summary, error) {
	missed, err := checkDensities(logP, logQ, cell)
	if err != nil {
		return Summary{}, err
	}
	sum := 0.0
	for i, a := range logP {
		b := logQ[i]
		m := max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b))) - math.Ln2
		if math.IsInf(a, -1) && math.IsInf(b, -1) {
			continue
		}
		sum += (excess(a, m) + excess(b, m)) / 2
	}
	js := sum * cell
	return Summary{Center: js, Lo: js, Hi: js + math.Ln2/2*missed, N: 1}, nil
}

// excess is p log(p/q) - p + q >= 0 for a = log p and b = log q.
func excess(a, b float64) float64 {
	p, q := math.Exp(a), math.Exp(b)
	switch r := a - b; {
	case p == 0:
		return q
	case math.Abs(r) < .1: // q (e^r (r-1) + 1) cancels to second order
		term, sum := r, 0.0
		for k := 2.0; k < 14; k++ { // sum of r^k/(k (k-2)!), the series of e^r (r-1) + 1
			term *= r / max(k-2, 1)
			sum += term / k
		}
		return q * sum
	default:
		return p*r - p + q
	}
}

// massTolerance is the allowed error of the mass of a density on its grid.
const massTolerance = 1e-3

// checkDensities returns the total mass of p and q that is missing on the grid.
func checkDensities(logP, logQ []float64, cell float64) (missed float64, err error) {
	if len(logP) != len(logQ) || len(logP) == 0 {
		return 0, fmt.Errorf("metrics: the log densities have %d and %d values; give as many of both, at the same "+
			"points",
			len(logP), len(logQ))
	}
	if !(cell > 0) || math.IsInf(cell, 0) {
		return 0, fmt.Errorf("metrics: the volume of a cell must be positive, not %g", cell)
	}
	for which, log := range [][]float64{logP, logQ} {
		name, mass := "pq"[which:which+1], 0.0
		for i, v := range log {
			if math.IsNaN(v) || math.IsInf(v, 1) {
				return 0, fmt.Errorf("metrics: the log density of %s is %g at point %d", name, v, i)
			}
			mass += math.Exp(v) * cell
		}
		if !(math.Abs(mass-1) <= massTolerance) {
			return 0, fmt.Errorf("metrics: the density %s has mass %g on the grid, not 1 within %g: widen or "+
				"refine it, "+
				"or normalize the density", name, mass, massTolerance)
		}
		missed += max(0, 1-mass)
	}
	return missed, nil
}
