package guidance

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/data"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

var guidedDigits = suite.Experiment{
	ID:       "E18-digits",
	Title:    "Guided digits, without a network",
	Question: "What does the scale of guidance do to images, where no error of a network can be the reason?",
	Sources:  []string{"004, Classifier Free Guidance", "004, Classifier Free Guidance Results"},
	Run:      runGuidedDigits,
}

const (
	digitScaleClaim = claims.D004CFGScale
	guidedSteps     = 40
	guidedStart     = 80. // noise level at which pixels in [-1, 1] are forgotten
)

var guidedScales = []float64{0, 1, 2, 3, 5, 10}

// digitClasses is a set of digits whose score is exact: all of them, [n, pixels], then those of each class.
type digitClasses struct {
	*data.Images
	inputs []*tensors.Tensor
}

// classesOf takes the first n digits of a set.
func classesOf(set func() (*data.Images, error), n int) (d digitClasses, err error) {
	if d.Images, err = set(); err != nil {
		return d, err
	}
	if d.Images, err = d.Slice(0, n); err != nil {
		return d, err
	}
	d.inputs = []*tensors.Tensor{tensors.FromFlatDataAndDimensions(d.Float64(), d.N, d.H*d.W)}
	for class := range d.Classes {
		one, err := d.OfClass(class)
		if err != nil {
			return d, err
		}
		d.inputs = append(d.inputs, tensors.FromFlatDataAndDimensions(one.Float64(), one.N, d.H*d.W))
	}
	return d, nil
}

// likeness is what guidance changes of a digit: how clearly it is of its class, as log p(class | x) at a noise level
// where neighbours count and not the digit alone; and its squared distance to the mean of the class.
type likeness struct{ clarity, spread []float64 }

// likenessAt is that of every digit of the set.
func (d digitClasses) likenessAt(l *suite.Lab, level float64) (k likeness, err error) {
	k.clarity, k.spread = make([]float64, d.N), make([]float64, d.N)
	for class := range d.Classes {
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			all, one := in[0], in[1]
			log := func(data *Node) *Node {
				return density.Empirical(diffusion.EDM{}, data).LogDensity(one, kit.ScalarLike(one, level))
			}
			prior := math.Log(float64(one.Shape().Dim(0)) / float64(d.N))
			return []*Node{AddScalar(Sub(log(one), log(all)), prior),
				ReduceSum(Square(Sub(one, ReduceAndKeep(one, ReduceMean, 0))), 1)}
		}, d.inputs[0], d.inputs[1+class])
		if err != nil {
			return k, err
		}
		next := 0
		for i, label := range d.Labels {
			if label == class {
				k.clarity[i], k.spread[i] = out[0][next], out[1][next]
				next++
			}
		}
	}
	return k, nil
}

// guidedRun is where a scale leads: samples in equal groups, one a class, the digits next to them, and the largest
// distance to those, per pixel.
type guidedRun struct {
	scale float64
	x     metrics.Points
	next  []int
	off   float64
}

// guide follows the probability flow from noise to sigma = 0, n samples of each class from the same noise for every
// scale.
func (d digitClasses) guide(l *suite.Lab, n int, scales ...float64) (runs []guidedRun, err error) {
	n *= d.Classes
	pixels := d.H * d.W
	noise, err := kit.Normal([]float64{0}, guidedStart*guidedStart).Sample(l.Backend,
		l.Key(fmt.Sprint("start, pixels ", pixels)), n*pixels)
	if err != nil {
		return nil, err
	}
	start := view.Tensor(metrics.Points{N: n, D: pixels, X: kit.Points(noise).X})
	grid, err := diffusion.Karras(7)(guidedStart, .02, guidedSteps)
	if err != nil {
		return nil, err
	}
	for _, scale := range scales {
		plan := diffusion.Plan{Build: density.EmpiricalGuided(diffusion.EDM{}, diffusion.Constant(scale)),
			Inputs: d.inputs, Sampler: diffusion.DPMSolverPP(2), Grid: append(grid, 0)}
		end, err := plan.Run(l.Backend, start)
		if err != nil {
			return nil, err
		}
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			index, _, squared := density.Nearest(in[0], in[1])
			return []*Node{index, squared}
		}, d.inputs[0], end)
		if err != nil {
			return nil, err
		}
		runs = append(runs, guidedRun{scale, kit.Points(end), kit.Map(out[0], func(i float64) int { return int(i) }),
			math.Sqrt(kit.LargestAbs(out[1]) / float64(pixels))})
	}
	return runs, nil
}

// own are 1 for the samples that are of the class that they were asked for, 0 for others.
func (d digitClasses) own(run guidedRun) []float64 {
	own := make([]float64, len(run.next))
	for i, next := range run.next {
		if d.Labels[next] == i*d.Classes/len(run.next) {
			own[i] = 1
		}
	}
	return own
}

// evenly is the mean of a number of the digits where every class counts the same, and in a class every digit: what
// scale 1 draws.
func (d digitClasses) evenly(of []float64) (mean float64) {
	counts := d.Counts()
	for i, label := range d.Labels {
		mean += of[i] / float64(counts[label]*d.Classes)
	}
	return mean
}

// met are a number's values at the digits that a run meets.
func (run guidedRun) met(of []float64) []float64 {
	return kit.Map(run.next, func(next int) float64 { return of[next] })
}

func runGuidedDigits(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It makes them typical. The exact score of a data set leads to copies of its digits " +
		"at every scale, so nothing new is drawn and no error is mended: what the scale changes is which copies. " +
		"With 1 they are drawn evenly from the class; above, samples go to digits that look like their class and " +
		"like no other, and the class's spread shrinks. That is the trade of diversity for clarity that scales above " +
		"1 are liked for, and it is a bias, not a better model."}
	small, err := classesOf(data.Optdigits, data.OptdigitsTrain)
	if err != nil {
		return nil, err
	}
	runs, err := small.guide(l, l.Size(200, 1000), guidedScales...)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.7, "8 x 8 digits guided"); err != nil {
		return nil, err
	}
	if err := small.judge(l, r, runs); err != nil {
		return nil, err
	}
	large, err := classesOf(data.Digits, 3000)
	if err != nil {
		return nil, err
	}
	if runs, err = large.guide(l, 5, 0, 1, 3, 10); err != nil {
		return nil, err
	}
	return r, large.sheet(r, runs)
}

// over is a number in units of an exact one, which may be negative.
func over(s metrics.Summary, exact float64) metrics.Summary {
	lo, hi := s.Lo/exact, s.Hi/exact
	return metrics.Summary{Center: s.Center / exact, Lo: min(lo, hi), Hi: max(lo, hi), N: s.N}
}

// judge holds what each scale draws against the set, and scale 1 against the exact law.
func (d digitClasses) judge(l *suite.Lab, r *suite.Report, runs []guidedRun) error {
	const level = 1.5 // between the distance of neighbours and that of classes
	k, err := d.likenessAt(l, level)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "scales", Caption: "What the scale does to 8 x 8 digits of the exact score; clarity " +
		"is log p(class | x, noise 1.5), spread the squared distance to the mean of the class",
		Header: []string{"scale", "in the class", "clarity", "clarity lo", "clarity hi", "spread", "spread lo",
			"spread hi"}}
	add := func(c suite.Check) { r.Add(c) }
	for _, run := range runs {
		what := fmt.Sprintf(", scale %g", run.scale)
		clarity, err := metrics.Mean(run.met(k.clarity))
		if err != nil {
			return err
		}
		spread, err := metrics.Mean(run.met(k.spread))
		if err != nil {
			return err
		}
		own, err := metrics.Mean(d.own(run))
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{run.scale, own.Center, clarity.Center, clarity.Lo, clarity.Hi,
			spread.Center, spread.Lo, spread.Hi})
		add(suite.Below{Claim: digitScaleClaim, Metric: "distance of a sample to the next digit of the data, " +
			"largest, per pixel" + what, Got: run.off, Bound: kit.CopyRMS,
			Why: "the last step returns the softmax-weighted mean of the data at noise 0.02: one digit, unless two " +
				"are within 0.1 of each other", Shows: suite.Qualified}.Check())
		const share, clear, wide = "share of samples that are of the class asked for",
			"mean of log p(class | x, noise 1.5)", "mean squared distance to the mean of the class"
		switch {
		case run.scale == 0:
			add(suite.Near{Claim: digitScaleClaim, Metric: share + what, Got: own, Want: 1 / float64(d.Classes),
				Why: "5 standard errors; nothing is asked for, and every class is asked for as often"}.Check())
			continue
		case run.scale == 1:
			const why = "5 standard errors of independent samples; with scale 1 the flow draws evenly from the " +
				"class's digits"
			add(suite.Near{Claim: digitScaleClaim, Metric: clear + what, Got: clarity, Want: d.evenly(k.clarity),
				Why: why}.Check())
			add(suite.Near{Claim: digitScaleClaim, Metric: wide + what, Got: spread, Want: d.evenly(k.spread),
				Why: why}.Check())
		case run.scale == 10:
			const why = "below what 5 standard errors allow for scale 1; the other end is twice the effect of six seeds"
			add(suite.Between{Claim: digitScaleClaim, Metric: clear + what + ", over that of the class",
				Got: over(clarity, d.evenly(k.clarity)), Lo: .2, Hi: .8, Alpha: 0,
				Why: why, Shows: suite.Qualified}.Check())
			add(suite.Between{Claim: digitScaleClaim, Metric: wide + what + ", over that of the class",
				Got: over(spread, d.evenly(k.spread)), Lo: .6, Hi: .9, Alpha: 0,
				Why: why, Shows: suite.Qualified}.Check())
		}
		add(suite.Equals{Claim: digitScaleClaim, Metric: share + what, Got: own.Center, Want: 1, Tol: 0,
			Why: "the guide gives no weight to digits of other classes"}.Check())
	}
	r.Tables = append(r.Tables, table)
	return nil
}
