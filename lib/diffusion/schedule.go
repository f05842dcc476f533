package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Schedule is the speed along a variance-preserving path: alpha-bar(t) = alpha^2 = exp(-B(t)), where B is the integral
// of the rate beta from 0. Two schedules pass through the same distributions, at different times (001, "Finite time &
// the schedule"; Kingma et al. 2021, section 5).
type Schedule interface {
	// Rate returns beta(t) and its integral B from 0 to t, for t as in Process.At.
	Rate(t *Node) (beta, integral *Node)
	// Horizon is as in Process: sigma is safely above 0 at tMin, and hardly any data is left at tMax.
	Horizon() (tMin, tMax float64)
	// Validate reports a parameter out of its range.
	Validate() error
}

// ScheduleSpec registers a schedule under the name that users type.
type ScheduleSpec struct {
	Name     string
	Schedule Schedule
}

// Schedules lists every schedule in closed form. A line here enrolls it in the conformance tests, as VP{Schedule}. A
// Table is a schedule too.
var Schedules = []ScheduleSpec{
	{"linear", LinearBeta{}},
	{"scaled-linear", ScaledLinearBeta{}},
	{"sigmoid-beta", SigmoidBeta{}},
	{"cosine", Cosine{}},
	{"sigmoid", SigmoidAlpha{}},
	{"exponential", Exponential{}},
}

// minusLog is -ln(kept) for kept + lost = 1, accurate to rounding at either end of (0, 1).
func minusLog(kept, lost *Node) *Node {
	half := Scalar(lost.Graph(), lost.DType(), .5)
	return Neg(Where(LessThan(lost, half), Log1p(Neg(lost)), Log(kept)))
}

// checkRates reports rates that violate 0 < lo <= hi < inf, NaN included.
func checkRates(name string, lo, hi float64) error {
	if !(0 < lo && lo <= hi && finite(hi)) {
		return fmt.Errorf("%s: beta runs from %g to %g; give 0 < Min <= Max, finite", name, lo, hi)
	}
	return nil
}
