package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// ReverseEulerMaruyama simulates the reverse-time SDE dx = (f x - g^2 score) dt + g dB, run from large t toward 0
// (Anderson 1982; 000, equation of section 2.2; Song et al. 2021, equation 6), by the Euler-Maruyama method. It has
// weak order 1. It adds noise at every step, also the last.
func ReverseEulerMaruyama(m Model, s Span, x *Node, r *random.Source) *Node {
	s.mustFall("ReverseEulerMaruyama")
	f, g2 := m.At(s.From).Rates()
	dt := s.Length()
	drift := Sub(Mul(f, x), Mul(g2, m.ScoreAt(x, s.From)))
	return Add(Sub(x, Mul(drift, dt)), Mul(Sqrt(Mul(g2, dt)), r.Normal(x)))
}
