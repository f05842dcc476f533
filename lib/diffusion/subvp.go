package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// SubVP is the sub-variance-preserving path: alpha of VP, but sigma = 1 - alpha^2. Its variance is below that of VP at
// every time (Song et al. 2021, equation 12). The zero value has the schedule LinearBeta.
type SubVP struct{ Schedule Schedule }

// At implements Process.
func (p SubVP) At(t *Node) Coeffs {
	beta, integral := VP(p).schedule().Rate(t)
	alpha := Exp(MulScalar(integral, -0.5))
	sigma := Neg(Expm1(Neg(integral)))
	return Coeffs{
		Alpha:  alpha,
		Sigma:  sigma,
		DAlpha: MulScalar(Mul(beta, alpha), -0.5),
		DVar:   MulScalar(Mul(Mul(sigma, beta), Exp(Neg(integral))), 2),
	}
}

// Horizon implements Process. Noise grows like t here, not like sqrt(t), so tMin is later than the schedule's own.
func (p SubVP) Horizon() (tMin, tMax float64) {
	tMin, tMax = VP(p).Horizon()
	return min(10*tMin, tMax/2), tMax
}

// Validate implements Process.
func (p SubVP) Validate() error { return VP(p).Validate() }
