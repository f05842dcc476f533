package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/random"
)

// DormandPrinceMethod is the pair of orders 5 and 4 of Dormand and Prince 1980 (Hairer, Norsett and Wanner 1993, table
// II.5.2). Its last stage is at the end of the step, so its slope is the first slope of the next step.
var DormandPrinceMethod = RungeKutta{
	A: [][]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	},
	B: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
	C: []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
	E: []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
}

// DormandPrince integrates the probability-flow ODE with adaptive steps. They keep the estimated error of every step
// below ATol + RTol |x|, in the root mean square over a sample's elements. Every sample has its own time and step, so
// its result does not depend on the batch.
//
// All samples meet at the grid's times; a grid of 1 step is the cheapest. A sample whose step underflows, or that needs
// too many evaluations, ends the run with an error.
//
// The zero value has the tolerances of Song et al. 2021, appendix D.
type DormandPrince struct {
	RTol           float64 // 0: 1e-5
	ATol           float64 // 0: RTol
	MaxEvaluations int     // of the model, for a sample; 0: 100,000
}

var _ Repeater = DormandPrince{}

// Init implements Sampler.
func (d DormandPrince) Init(_ Model, x *Node, _ *random.Source) []*Node { return d.begin([]*Node{x}) }

// Step implements Sampler: one attempt.
func (d DormandPrince) Step(m Model, s Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	next, carry := d.cross(m.flow, s, []*Node{x}, carry)
	return next[0], carry
}

// Done implements Repeater.
func (d DormandPrince) Done(s Span, carry []*Node) *Node { return d.done(s, carry) }

// Fault implements Repeater.
func (d DormandPrince) Fault(s Snapshot) error { return d.fault(s.Carry, s.Time) }

func (d DormandPrince) orDefault() DormandPrince {
	if d.RTol == 0 {
		d.RTol = 1e-5
	}
	if d.ATol == 0 {
		d.ATol = d.RTol
	}
	if d.MaxEvaluations == 0 {
		d.MaxEvaluations = 100_000
	}
	return d
}

// validate reports settings that cannot work at a precision eps.
func (d DormandPrince) validate(eps float64) error {
	if !(d.RTol >= 10*eps && d.RTol < 1 && d.ATol > 0 && d.ATol < 1e300) {
		return fmt.Errorf("DormandPrince: tolerances %g and %g; at this precision give RTol from %.1e to 1, and a "+
			"positive ATol", d.RTol, d.ATol, 10*eps)
	}
	if d.MaxEvaluations < 0 {
		return fmt.Errorf("DormandPrince: MaxEvaluations is %d; give a positive number", d.MaxEvaluations)
	}
	return nil
}

func (DormandPrince) counts(carry []*tensors.Tensor) *tensors.Tensor { return carry[0] }

// fault implements Method. A sample has given up if its time differs from the time at.
func (d DormandPrince) fault(carry []*tensors.Tensor, at float64) error {
	d = d.orDefault()
	counts, times, steps := tensors.MustCopyFlatData[int32](carry[0]), numbers(carry[1]), numbers(carry[2])
	if carry[1].DType().Size() == 4 {
		at = float64(float32(at))
	}
	for i, t := range times {
		switch {
		case t == at:
		case int(counts[i]) >= d.MaxEvaluations:
			return fmt.Errorf("sample %d reached t = %g in %d evaluations of the model, the maximum", i, t,
				counts[i])
		default:
			return fmt.Errorf("sample %d reached t = %g in %d evaluations of the model, where no step down to %.1e "+
				"meets the tolerance", i, t, counts[i], steps[i])
		}
	}
	return nil
}
