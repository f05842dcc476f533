package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Explicit is explicit score matching, w/2 |s_net - s|^2 for a known score (001, "Implicit Score Matching", J). Its
// mean is the Fisher divergence itself, without a constant.
func Explicit(m Matching, score func(x, t *Node) *Node) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		must(score != nil, "Explicit without the score that it matches; Implicit and Denoising need none")
		x, t, s, w := m.draw(p, net, b, r)
		return b.loss(w, halfSquare(Sub(s(x), score(x, t))))
	}
}
