package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// These schedules have an alpha-bar in closed form on [0, 1]. All reach 0 at t = 1, where the rate is infinite. Their
// horizons end where about as much of the signal's power is left as at the end of LinearBeta: 4e-5.

// Cosine is alpha-bar = cos^2(a)/cos^2(a0), where a is linear in t from a0 = S/(1+S) pi/2 to pi/2 (Nichol and Dhariwal
// 2021, equation 17). S keeps the first rates from being too small; zero means their 0.008.
type Cosine struct{ S float64 }

// Rate implements Schedule.
func (s Cosine) Rate(t *Node) (beta, integral *Node) {
	s = s.orDefault()
	speed := math.Pi / 2 / (1 + s.S) // of the angle
	start := s.S * speed
	// alpha comes from the angle left to pi/2, and 1 - alpha from the angle gone. Neither subtracts nearly equal
	// numbers.
	left, gone := MulScalar(OneMinus(t), speed), MulScalar(t, speed)
	alpha := DivScalar(Sin(left), math.Cos(start))
	lost := Add(MulScalar(Square(Sin(MulScalar(gone, .5))), 2), MulScalar(Sin(gone), math.Tan(start)))
	tan := Div(Sin(AddScalar(gone, start)), Sin(left))
	return MulScalar(tan, 2*speed), MulScalar(minusLog(alpha, lost), 2)
}

// Horizon implements Schedule.
func (Cosine) Horizon() (tMin, tMax float64) { return 1e-3, .996 }

// Validate implements Schedule.
func (s Cosine) Validate() error {
	if s = s.orDefault(); !positive(s.S) {
		return fmt.Errorf("cosine schedule: S is %g; give a positive offset, 0.008 or so", s.S)
	}
	return nil
}

func (s Cosine) orDefault() Cosine {
	if s == (Cosine{}) {
		return Cosine{S: .008}
	}
	return s
}

// SigmoidAlpha is an alpha-bar that falls along a logistic curve. The curve is cut at Start/Tau and End/Tau and
// stretched to run from 1 to 0 (Jabri et al. 2023; Chen 2023, algorithm 1). The zero value is -3, 3 and 1.
type SigmoidAlpha struct{ Start, End, Tau float64 }

// Rate implements Schedule. A difference of two values of the logistic function is sinh((u-v)/2) / (2 cosh(u/2)
// cosh(v/2)).
func (s SigmoidAlpha) Rate(t *Node) (beta, integral *Node) {
	s = s.orDefault()
	first, last := s.Start/s.Tau/2, s.End/s.Tau/2 // half arguments
	width := last - first
	gone, left := MulScalar(t, width), MulScalar(OneMinus(t), width)
	here := cosh(AddScalar(gone, first))
	kept := MulScalar(Div(sinh(left), here), math.Cosh(first)/math.Sinh(width))
	lost := MulScalar(Div(sinh(gone), here), math.Cosh(last)/math.Sinh(width))
	return MulScalar(Reciprocal(Mul(here, sinh(left))), width*math.Cosh(last)), minusLog(kept, lost)
}

// Horizon implements Schedule.
func (SigmoidAlpha) Horizon() (tMin, tMax float64) { return 1e-3, 1 - 1e-4 }

// Validate implements Schedule.
func (s SigmoidAlpha) Validate() error {
	s = s.orDefault()
	const most = 40 // beyond it the logistic function rounds to 0 or 1, and float32 overflows in Rate
	if !(s.Start < s.End && positive(s.Tau) && math.Abs(s.Start/s.Tau) <= most && math.Abs(s.End/s.Tau) <= most) {
		return fmt.Errorf("sigmoid schedule: from %g to %g with tau %g; give Start < End and Tau > 0, with Start/Tau "+
			"and End/Tau within %d of 0", s.Start, s.End, s.Tau, most)
	}
	return nil
}

func (s SigmoidAlpha) orDefault() SigmoidAlpha {
	if s == (SigmoidAlpha{}) {
		return SigmoidAlpha{Start: -3, End: 3, Tau: 1}
	}
	return s
}

// Exponential is alpha = 1 - t: the Ornstein-Uhlenbeck process (OU) in the time t = 1 - exp(-u) of document 001,
// "Finite time & the schedule". The change of time maps u = infinity to t = 1.
type Exponential struct{}

// Rate implements Schedule.
func (Exponential) Rate(t *Node) (beta, integral *Node) {
	return MulScalar(Reciprocal(OneMinus(t)), 2), MulScalar(Log1p(Neg(t)), -2)
}

// Horizon implements Schedule.
func (Exponential) Horizon() (tMin, tMax float64) { return 1e-4, .994 }

// Validate implements Schedule.
func (Exponential) Validate() error { return nil }

func sinh(x *Node) *Node { return MulScalar(Sub(Expm1(x), Expm1(Neg(x))), .5) }
func cosh(x *Node) *Node { return MulScalar(Add(Exp(x), Exp(Neg(x))), .5) }
