package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Langevin is the unadjusted Langevin algorithm on the density at t = 0: x + delta score + sqrt(2 delta) z with delta
// the length of the span (Roberts and Tweedie 1996; 001, "Langevin Equation"; 002, section 2 writes alpha = 2 delta).
// On N(0, v) its stationary variance is v/(1 - delta/(2v)): it has a bias at fixed delta, where other schemes have an
// order.
func Langevin(m Model, s Span, x *Node, r *random.Source) *Node {
	s.mustRise("Langevin", chainTime)
	return langevinStep(m, dataTime(s), s.Length(), x, r)
}

// chainTime is the reason why chains on the density of the data accept no falling grid.
const chainTime = "stays at the density of t = 0, and its own time grows"

// langevinStep is a step of length delta on the density of x_t.
func langevinStep(m Model, t, delta, x *Node, r *random.Source) *Node {
	drift := Mul(delta, m.ScoreAt(x, t))
	return Add(Add(x, drift), Mul(Sqrt(MulScalar(delta, 2)), r.Normal(x)))
}
