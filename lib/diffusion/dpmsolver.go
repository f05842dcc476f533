package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// DPMSolver2 is the single-step solver of Lu et al. 2022a (algorithm 1, r = 1/2). It takes a DDIM step to the middle of
// the span in log SNR, and estimates the noise there. With that noise it takes the whole step from the start. It has
// order 2 and needs two evaluations a step. A step that ends where sigma = 0 has no middle and is a DDIM step.
func DPMSolver2(m Model, s Span, x *Node, _ *random.Source) *Node {
	from, to := m.At(s.From), m.At(s.To)
	middle := timeAt(m, Sqrt(Mul(from.Ratio(), to.Ratio())), Min(s.To, s.From), Max(s.To, s.From))
	half := m.At(middle)
	first := from.Noise(m.Denoise(x, s.From), x)
	y := noiseKernel(from, half, x, 1).step([]*Node{first})
	second := half.Noise(m.Denoise(y, middle), y)
	noisy := BroadcastToDims(GreaterThan(to.Sigma, ZerosLike(to.Sigma)), x.Shape().Dimensions...)
	return noiseKernel(from, to, x, 1).step([]*Node{Where(noisy, second, first)})
}
