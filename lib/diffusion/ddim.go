package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// DDIM is the deterministic sampler of Song, Meng and Ermon 2021 (equation 12, eta = 0) on any path: it freezes D over
// the span and moves exactly, x_to = alpha_to D + sigma_to (x - alpha_from D)/sigma_from. It integrates the
// probability-flow ODE to order 1, exactly where D is constant, and may end at sigma = 0.
func DDIM(m Model, s Span, x *Node, _ *Random) *Node {
	from, to := m.At(s.From), m.At(s.To)
	x0 := m.Denoise(x, s.From)
	return to.Forward(x0, from.Noise(x0, x))
}
