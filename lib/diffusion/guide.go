package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Guide makes a denoiser from a denoiser: guidance is affine in D, so it goes between any producer and any sampler.
type Guide func(p Process, d Denoiser) Denoiser

// ClassifierGuide adds scale times the gradient of log p(y | x_t) to the score (Dhariwal and Nichol 2021; 004,
// "Conditional Diffusion Models"). logProb returns [batch]. With the exact classifier and scale 1 it is Bayes' rule:
// the denoiser of the class.
func ClassifierGuide(logProb func(x, t *Node) *Node, scale float64) Guide {
	return func(p Process, d Denoiser) Denoiser {
		return func(x, t *Node) *Node {
			c := p.At(t)
			grad := Gradient(ReduceAllSum(logProb(x, t)), x)[0]
			return Add(d(x, t), Mul(MulScalar(Div(Square(c.Sigma), c.Alpha), scale), grad))
		}
	}
}
