package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Implicit is implicit score matching (Hyvarinen 2005, theorem 1; 001, J_I): w (tr J + |s_net|^2/2), with J the
// Jacobian of s_net. The trace is exact, for x [batch, d], and costs d reverse passes. The mean is that of Explicit
// minus w/2 E|s|^2.
func Implicit(m Matching) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		x, _, score, w := m.draw(p, net, b, r)
		s := score(x)
		trace := Divergence(func(*Node) *Node { return s }, x)
		return b.loss(w, Add(column(trace, x), halfSquare(s)))
	}
}
