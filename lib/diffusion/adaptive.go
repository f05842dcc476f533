package diffusion

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Constants of the step size control of DOPRI5 (Hairer, Norsett and Wanner 1993, section II.4 and appendix). The
// control is the PI controller of Gustafsson, h' = h stepSafety error^-piAlpha last^piBeta, kept between stepShrink h
// and stepGrow h.
const (
	stepSafety = .9
	stepShrink = .2
	stepGrow   = 5. // DOPRI5: 10
	piBeta     = .04
	piAlpha    = 1./5 - .75*piBeta
	firstStep  = .01  // of the span: y may rest at first and move later, so its first slope is no guide
	leastError = 1e-4 // lower bound of the last error in the controller
	leastStep  = 10.  // in units of rounding of t
	stretch    = 1.01 // a step that would end this near to the end of the span is stretched to it
	hopeless   = 1e30 // replaces an error that is larger, or not a number
)

// pace is the state of an adaptive integration for each sample: columns [batch, 1, ...].
type pace struct {
	count  *Node   // int32: evaluations so far; 0 before the first attempt
	t, h   *Node   // its time, and the length of the next step to try
	last   *Node   // the error of the last attempt, in units of the tolerance
	slopes []*Node // dy/dt at t, in the shapes of y
}

func (p pace) carry() []*Node { return append([]*Node{p.count, p.t, p.h, p.last}, p.slopes...) }

func unpace(carry []*Node) pace {
	return pace{count: carry[0], t: carry[1], h: carry[2], last: carry[3], slopes: carry[4:]}
}

// begin implements Method. The span is not available here, so the first attempt has length 0 and only computes the
// first slope.
func (d DormandPrince) begin(y []*Node) []*Node {
	if err := d.orDefault().validate(roundingOf(y[0].DType())); err != nil {
		panic(err)
	}
	zero := perSample(ZerosLike(y[0]))
	p := pace{count: counter(y[0]), t: zero, h: zero, last: zero}
	for _, part := range y {
		p.slopes = append(p.slopes, ZerosLike(part))
	}
	return p.carry()
}

// cross implements Method: one attempt for every sample that is not at the end of the span.
func (d DormandPrince) cross(f Field, s Span, y, carry []*Node) (next, nextCarry []*Node) {
	d = d.orDefault()
	p := unpace(carry)
	zero := ZerosLike(p.t)
	first := Equal(p.count, ZerosLike(p.count))
	p.t = Where(first, Add(zero, s.From), p.t)
	active := LogicalNot(d.over(s, p))
	rest := Abs(Sub(s.To, p.t))
	lands := LogicalAnd(LessOrEqual(rest, MulScalar(p.h, stretch)), LogicalNot(first))
	h := Where(active, Where(lands, rest, p.h), zero)

	dt := Mul(h, Sign(Sub(s.To, s.From)))
	trial, slopes := DormandPrinceMethod.attempt(f, p.t, dt, y, p.slopes)
	blank := make([]*Node, len(y))
	for j := range y {
		blank[j] = ZerosLike(y[j])
	}
	e := d.size(advance(blank, dt, DormandPrinceMethod.E, slopes), y, trial)
	e = Where(LessOrEqual(e, AddScalar(zero, hopeless)), e, AddScalar(zero, hopeless))

	met := LessOrEqual(e, OnesLike(e))
	moves := LogicalAnd(active, met)
	end := slopes[len(slopes)-1]
	now := pace{t: Where(moves, Where(lands, Add(zero, s.To), Add(p.t, dt)), p.t)}
	for j := range y {
		next = append(next, choose(moves, trial[j], y[j]))
		now.slopes = append(now.slopes, choose(moves, end[j], p.slopes[j]))
	}
	h = Mul(h, p.factor(e, met))
	h = Where(LogicalAnd(lands, met), Max(h, p.h), h) // the end of a span shortens no later step
	h = Where(first, Add(zero, MulScalar(s.Length(), firstStep)), h)
	now.h = Where(active, h, p.h)
	now.last = Where(active, e, p.last)
	stages := len(DormandPrinceMethod.B)
	cost := Where(first, OnesLike(p.count), AddScalar(ZerosLike(p.count), stages-1))
	now.count = Where(active, Add(p.count, cost), p.count)
	return next, now.carry()
}

// done implements Method.
func (d DormandPrince) done(s Span, carry []*Node) *Node {
	return LogicalAll(d.orDefault().over(s, unpace(carry)))
}

// over is true for the samples that need no further attempt: they have reached the end of the span, or have given up.
// It is false for all samples before the first attempt.
func (d DormandPrince) over(s Span, p pace) *Node {
	landed := Equal(p.t, Add(ZerosLike(p.t), s.To))
	least := MulScalar(Abs(p.t), leastStep*roundingOf(p.t.DType()))
	stuck := LogicalNot(GreaterThan(p.h, least)) // true also where the step is not a number
	spent := GreaterOrEqual(p.count, AddScalar(ZerosLike(p.count), d.MaxEvaluations))
	begun := GreaterThan(p.count, ZerosLike(p.count))
	return LogicalAnd(begun, LogicalOr(landed, LogicalOr(stuck, spent)))
}

// factor is the change of the step length after an error e. The step does not grow after a failed attempt. The error of
// a failed attempt is not the last error of the controller.
func (p pace) factor(e, met *Node) *Node {
	memory := PowScalar(ClipScalar(p.last, leastError, 1), piBeta)
	by := MulScalar(Mul(PowScalar(MaxScalar(e, 1e-10), -piAlpha), memory), stepSafety)
	calm := LogicalAnd(met, LessOrEqual(p.last, OnesLike(e)))
	most := Where(calm, MulScalar(OnesLike(e), stepGrow), OnesLike(e))
	return MaxScalar(Min(by, most), stepShrink)
}

// size measures e in units of the tolerance between y and z. It is the root mean square over a sample's elements
// (Hairer, Norsett and Wanner 1993, equation II.4.11), and of the tuple's parts the largest.
func (d DormandPrince) size(e, y, z []*Node) *Node {
	var worst *Node
	for j := range e {
		scale := AddScalar(MulScalar(Max(Abs(y[j]), Abs(z[j])), d.RTol), d.ATol)
		_, elements := rowsIn(e[j])
		rms := Sqrt(DivScalar(perSample(Square(Div(e[j], scale))), float64(elements)))
		if worst == nil {
			worst = rms
			continue
		}
		worst = Max(worst, rms)
	}
	return worst
}

// roundingOf is the distance from 1 to the next number.
func roundingOf(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float32 {
		return math.Pow(2, -23)
	}
	return math.Pow(2, -52)
}
