package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// DDIM is the sampler of Song, Meng and Ermon 2021 (equation 12) on any path. It freezes D over the span and then moves
// exactly:
//
//	x_to = alpha_to D + sqrt(sigma_to^2 - s^2) (x - alpha_from D)/sigma_from + s z,
//
// where s is eta times the standard deviation of the process's own posterior (Ancestral). At eta = 0 it integrates the
// probability-flow ODE to order 1, and exactly where D is constant. At eta = 1 it is Ancestral(PosteriorVariance). It
// may end at sigma = 0.
func DDIM(eta float64) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		must(eta >= 0 && eta <= 1, "DDIM: eta is %g; give 0, the probability flow, to 1, DDPM's noise", eta)
		from, to := m.At(s.From), m.At(s.To)
		x0 := m.Denoise(x, s.From)
		eps := from.Noise(x0, x)
		if eta == 0 {
			return to.Forward(x0, eps)
		}
		s.mustFall("DDIM with noise")
		variance := MulScalar(posteriorVariance(from, to), eta*eta)
		// sigma_to^2 - variance is computed as a sum, because the difference can be below 0 at eta = 1.
		left := AddScalar(MulScalar(Square(Div(to.Ratio(), from.Ratio())), eta*eta), 1-eta*eta)
		kept := Add(Mul(to.Alpha, x0), Mul(Mul(to.Sigma, Sqrt(left)), eps))
		return Add(kept, Mul(Sqrt(variance), r.Normal(x)))
	}
}
