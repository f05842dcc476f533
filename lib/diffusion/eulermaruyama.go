package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// EulerMaruyama simulates the forward SDE: x + f x dt + g sqrt(dt) z (Kloeden and Platen 1992, section 10.2; 001, "The
// forward process"). It has weak order 1 and, since the noise is additive, strong order 1. On OU its stationary
// variance is 1/(1-dt/2).
func EulerMaruyama(m Model, s Span, x *Node, r *random.Source) *Node {
	s.mustRise("EulerMaruyama", "leads from data to noise")
	f, g2 := m.At(s.From).Rates()
	dt := s.Length()
	drift := Mul(Mul(f, dt), x)
	return Add(Add(x, drift), Mul(Sqrt(Mul(g2, dt)), r.Normal(x)))
}
