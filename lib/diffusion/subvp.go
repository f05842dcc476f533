package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// SubVP is the sub-variance-preserving process: alpha of VP, but sigma = 1 - alpha^2, so that the variance stays
// below that of VP at every time (Song et al. 2021, equation 12). The zero value is beta = 0.1 .. 20.
type SubVP struct{ BetaMin, BetaMax float64 }

// At implements Process.
func (p SubVP) At(t *Node) Coeffs {
	beta, integral := VP(p).rate(t)
	alpha := Exp(MulScalar(integral, -0.5))
	sigma := Neg(Expm1(Neg(integral)))
	return Coeffs{
		Alpha:  alpha,
		Sigma:  sigma,
		DAlpha: MulScalar(Mul(beta, alpha), -0.5),
		DVar:   MulScalar(Mul(Mul(sigma, beta), Exp(Neg(integral))), 2),
	}
}

// Horizon implements Process. Noise grows like t here, not like sqrt(t), hence the later tMin.
func (SubVP) Horizon() (tMin, tMax float64) { return 1e-2, 1 }

// Validate implements Process.
func (p SubVP) Validate() error { return VP(p).Validate() }
