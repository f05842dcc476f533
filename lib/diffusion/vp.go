package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// VP is the variance-preserving process with a linear rate beta(t) from BetaMin to BetaMax on [0, 1]:
// alpha^2 = exp(-B), sigma^2 = 1 - alpha^2 with B the integral of beta. It is the limit of DDPM's chain
// (Song et al. 2021, equations 11 and 33). The zero value is their beta = 0.1 .. 20.
type VP struct{ BetaMin, BetaMax float64 }

// At implements Process.
func (p VP) At(t *Node) Coeffs {
	beta, integral := p.rate(t)
	alpha := Exp(MulScalar(integral, -0.5))
	return Coeffs{
		Alpha:  alpha,
		Sigma:  Sqrt(Neg(Expm1(Neg(integral)))),
		DAlpha: MulScalar(Mul(beta, alpha), -0.5),
		DVar:   Mul(beta, Exp(Neg(integral))),
	}
}

// Horizon implements Process; tMin is that of Song et al. 2021, appendix C.
func (VP) Horizon() (tMin, tMax float64) { return 1e-3, 1 }

// Validate implements Process.
func (p VP) Validate() error {
	p = p.orDefault()
	if !(0 < p.BetaMin && p.BetaMin <= p.BetaMax && !math.IsInf(p.BetaMax, 0)) { // also catches NaN
		return fmt.Errorf("VP: beta runs from %g to %g; give 0 < BetaMin <= BetaMax, finite", p.BetaMin, p.BetaMax)
	}
	return nil
}

func (p VP) orDefault() VP {
	if p == (VP{}) {
		return VP{BetaMin: 0.1, BetaMax: 20}
	}
	return p
}

// rate is beta(t) and its integral from 0.
func (p VP) rate(t *Node) (beta, integral *Node) {
	p = p.orDefault()
	slope := p.BetaMax - p.BetaMin
	beta = AddScalar(MulScalar(t, slope), p.BetaMin)
	integral = Mul(t, AddScalar(MulScalar(t, slope/2), p.BetaMin))
	return beta, integral
}
