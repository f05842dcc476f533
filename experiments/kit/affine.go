package kit

import (
	"math"

	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// NormalModel is the exact model of N(0, variance) data on a line.
func NormalModel(p diffusion.Process, variance float64) func() diffusion.Model {
	return func() diffusion.Model { return Normal([]float64{0}, variance).Model(p) }
}

// AffineSteps composes the steps of a sampler over a grid on N(0, variance) data into one map x -> gain x + noise z.
func AffineSteps(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64, grid ...float64) (affine.Map,
	error) {
	whole, err := affine.Over(l.Backend, s, NormalModel(p, variance), grid)
	if err != nil {
		return affine.Map{}, err
	}
	return whole[0], nil
}

// GaussianKL is KL(N(0, p) | N(0, q)).
func GaussianKL(p, q float64) float64 {
	excess := (p - q) / q
	return (excess - math.Log1p(excess)) / 2
}

// StepLimit extrapolates values at step sizes h, h/2, h/4 .. to h = 0, given that their error is a series in h
// (Richardson's deferred approach to the limit, Bulirsch and Stoer 1980, section 3.4).
func StepLimit(values []float64) float64 {
	last := append([]float64(nil), values...)
	for power := 2.; len(last) > 1; power *= 2 {
		for i := range len(last) - 1 {
			last[i] = last[i+1] + (last[i+1]-last[i])/(power-1)
		}
		last = last[:len(last)-1]
	}
	return last[0]
}
