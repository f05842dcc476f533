package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// OU is the Ornstein-Uhlenbeck process dx = -x dt + sqrt(2) dB, with alpha = exp(-t), sigma^2 = 1 - exp(-2t) and t in
// [0, inf). It is Langevin dynamics with the target N(0, I). Documents 001 and 004 arrive at the forward process this
// way.
type OU struct{}

// At implements Process.
func (OU) At(t *Node) Coeffs {
	alpha := Exp(Neg(t))
	twice := MulScalar(t, -2)
	return Coeffs{
		Alpha:  alpha,
		Sigma:  Sqrt(Neg(Expm1(twice))),
		DAlpha: Neg(alpha),
		DVar:   MulScalar(Exp(twice), 2),
	}
}

// TimeOf implements Inverter: sigma^2/alpha^2 = exp(2t) - 1.
func (OU) TimeOf(level *Node) *Node { return MulScalar(Log1P(Square(level)), .5) }

// Horizon implements Process: at t = 6 the signal left is alpha = 0.0025.
func (OU) Horizon() (tMin, tMax float64) { return 1e-4, 6 }

// Validate implements Process.
func (OU) Validate() error { return nil }
