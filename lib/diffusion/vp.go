package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// VP is the variance-preserving path alpha^2 = exp(-B), sigma^2 = 1 - alpha^2 at the speed of a Schedule. B is the
// integral of the rate beta: dx = -beta x/2 dt + sqrt(beta) dB (Song et al. 2021, equation 11). With a Table it is the
// chain of DDPM. The zero value has the schedule of Song et al., LinearBeta.
type VP struct{ Schedule Schedule }

// At implements Process.
func (p VP) At(t *Node) Coeffs {
	beta, integral := p.schedule().Rate(t)
	alpha := Exp(MulScalar(integral, -0.5))
	return Coeffs{
		Alpha:  alpha,
		Sigma:  Sqrt(Neg(Expm1(Neg(integral)))),
		DAlpha: MulScalar(Mul(beta, alpha), -0.5),
		DVar:   Mul(beta, Exp(Neg(integral))),
	}
}

// Horizon implements Process: it is that of the schedule.
func (p VP) Horizon() (tMin, tMax float64) { return p.schedule().Horizon() }

// Validate implements Process.
func (p VP) Validate() error { return p.schedule().Validate() }

func (p VP) schedule() Schedule {
	if p.Schedule == nil {
		return LinearBeta{}
	}
	return p.Schedule
}
