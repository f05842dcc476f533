package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Transition is the exact forward transition over any span: x_t | x_s is Gaussian with mean a x_s, a = alpha_t/alpha_s,
// and variance sigma_t^2 - a^2 sigma_s^2. Document 001, "The forward process", derives it to first order only.
func Transition(m Model, s Span, x *Node, r *random.Source) *Node {
	s.mustRise("Transition", "leads from data to noise")
	from, to := m.At(s.From), m.At(s.To)
	a := Div(to.Alpha, from.Alpha)
	return Add(Mul(a, x), Mul(Sqrt(kernelVariance(to, from)), r.Normal(x)))
}
