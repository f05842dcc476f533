package diffusion

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// These schedules have a rate beta in closed form on [0, 1]. They are the limits of tables of n betas; the rate is n
// times the betas.

// LinearBeta is a rate that is linear in t from Min to Max: the limit of DDPM's chain (Ho et al. 2020, section 4; Song
// et al. 2021, equation 33). The zero value is their 0.1 .. 20. Min = Max is the "exp" of diffusers, alpha-bar =
// exp(-Max t).
type LinearBeta struct{ Min, Max float64 }

// Rate implements Schedule.
func (s LinearBeta) Rate(t *Node) (beta, integral *Node) {
	s = s.orDefault()
	slope := s.Max - s.Min
	beta = AddScalar(MulScalar(t, slope), s.Min)
	return beta, Mul(t, AddScalar(MulScalar(t, slope/2), s.Min))
}

// Horizon implements Schedule; tMin is that of Song et al. 2021, appendix C.
func (LinearBeta) Horizon() (tMin, tMax float64) { return 1e-3, 1 }

// Validate implements Schedule.
func (s LinearBeta) Validate() error {
	s = s.orDefault()
	return checkRates("linear schedule", s.Min, s.Max)
}

func (s LinearBeta) orDefault() LinearBeta {
	if s == (LinearBeta{}) {
		return LinearBeta{Min: .1, Max: 20}
	}
	return s
}

// ScaledLinearBeta is a rate whose square root is linear in t (Rombach et al. 2022, latent diffusion). The zero value
// is the 0.85 .. 12 of Stable Diffusion, which ends with 0.5 % of the signal's power left.
type ScaledLinearBeta struct{ Min, Max float64 }

// Rate implements Schedule.
func (s ScaledLinearBeta) Rate(t *Node) (beta, integral *Node) {
	s = s.orDefault()
	a := math.Sqrt(s.Min)
	slope := math.Sqrt(s.Max) - a
	root := AddScalar(MulScalar(t, slope), a)
	sum := AddScalar(Mul(t, AddScalar(MulScalar(t, slope*slope/3), a*slope)), a*a)
	return Square(root), Mul(t, sum)
}

// Horizon implements Schedule.
func (ScaledLinearBeta) Horizon() (tMin, tMax float64) { return 1e-3, 1 }

// Validate implements Schedule.
func (s ScaledLinearBeta) Validate() error {
	s = s.orDefault()
	return checkRates("scaled linear schedule", s.Min, s.Max)
}

func (s ScaledLinearBeta) orDefault() ScaledLinearBeta {
	if s == (ScaledLinearBeta{}) {
		return ScaledLinearBeta{Min: .85, Max: 12}
	}
	return s
}

// SigmoidBeta is a rate that rises from Min to Max along a logistic curve over [-6, 6] (Xu et al. 2022, GeoDiff; the
// "sigmoid" of diffusers). The zero value is 0.1 .. 20.
type SigmoidBeta struct{ Min, Max float64 }

// sigmoidReach is the point where the logistic curve is cut off.
const sigmoidReach = 6

// Rate implements Schedule.
func (s SigmoidBeta) Rate(t *Node) (beta, integral *Node) {
	s = s.orDefault()
	const width = 2 * sigmoidReach
	climb := s.Max - s.Min
	beta = AddScalar(MulScalar(Logistic(AddScalar(MulScalar(t, width), -sigmoidReach)), climb), s.Min)
	// The integral of the logistic function is ln(1 + e^u); its difference from that at u0 is ln(1 + (e^(u-u0) - 1)
	// logistic(u0)).
	grown := Log1p(MulScalar(Expm1(MulScalar(t, width)), logistic(-sigmoidReach)))
	return beta, Add(MulScalar(t, s.Min), MulScalar(grown, climb/width))
}

// Horizon implements Schedule.
func (SigmoidBeta) Horizon() (tMin, tMax float64) { return 1e-3, 1 }

// Validate implements Schedule.
func (s SigmoidBeta) Validate() error {
	s = s.orDefault()
	return checkRates("sigmoid schedule of beta", s.Min, s.Max)
}

func (s SigmoidBeta) orDefault() SigmoidBeta {
	if s == (SigmoidBeta{}) {
		return SigmoidBeta{Min: .1, Max: 20}
	}
	return s
}
