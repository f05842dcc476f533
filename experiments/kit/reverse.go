package kit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// NoisedVP is the distribution of a target on VP at time t.
func NoisedVP(l *suite.Lab, m *density.Mixture, t float64) (*density.Mixture, error) {
	return m.At(l.Backend, diffusion.VP{}, t)
}

// FromPrior draws n samples [n, d] of N(0, I) in the dimension of m, the end of VP.
func FromPrior(l *suite.Lab, m *density.Mixture, purpose string, n int) (*tensors.Tensor, error) {
	return Normal(make([]float64, m.Dim()), 1).Sample(l.Backend, l.Key(purpose), n)
}

// ReverseGrid is n equal steps of VP's time from its end to its tMin.
func ReverseGrid(n int) ([]float64, error) {
	tMin, tMax := diffusion.VP{}.Horizon()
	return diffusion.Uniform(tMax, tMin, n)
}

// LogDensity is the log density of a target on a process at time t, at points x [n, d], in nats.
func LogDensity(l *suite.Lab, m *density.Mixture, p diffusion.Process, t float64, x *tensors.Tensor) ([]float64,
	error) {
	out, err := Evaluate(l, func(in []*Node) []*Node {
		return []*Node{m.Model(p).LogDensity(in[0], ScalarLike(in[0], t))}
	}, x)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// ExactOU is the solution of dx = -x dt + sqrt(2) dB after a step h in which B moves by dw: exp(-h) x + sqrt(2) I with
// the stochastic integral I, which given dw has mean (1 - exp(-h))/h dw and variance (1 - exp(-2h))/2 - (1 -
// exp(-h))^2/h; z is the standard normal of the rest.
func ExactOU(x, dw, z *Node, h float64) *Node {
	slope := -math.Expm1(-h) / h
	rest := math.Sqrt(-math.Expm1(-2*h)/2 - slope*slope*h)
	integral := Add(MulScalar(dw, slope), MulScalar(z, rest))
	return Add(MulScalar(x, math.Exp(-h)), MulScalar(integral, math.Sqrt2))
}

// LangevinFigureStep is the step size of the Langevin figure of document 001, which takes 50 of them.
const LangevinFigureStep = .01
