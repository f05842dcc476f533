package reverse

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// parameter is one number of the setting, varied while the others stay.
type parameter struct {
	name, axis string
	term       int       // which of terms is its own
	power      float64   // of that term in the value
	values     []float64 // from coarse to fine; the last four show the power
	set        func(*setting, float64)
	budgets    []budget // at the values
}

// sweptParameters are the four, with values from coarse to fine.
func sweptParameters() []*parameter {
	return []*parameter{
		{name: "steps", axis: "number of Heun steps", term: 3, power: -2,
			values: []float64{4, 6, 8, 12, 16, 24, 32, 64, 128},
			set:    func(s *setting, v float64) { s.steps = int(v) }},
		{name: "noise at the start", axis: "noise level σ at the start", term: 1, power: -2,
			values: []float64{1, 2, 4, 8, 16, 32, 64},
			set:    func(s *setting, v float64) { s.start = v }},
		{name: "noise at the end", axis: "noise level σ at the end", term: 0, power: 2,
			values: []float64{.4, .2, .1, .05, .025, .0125, .00625},
			set:    func(s *setting, v float64) { s.end = v }},
		{name: "error of the score", axis: "share of the wrong score", term: 2, power: 1,
			values: []float64{1, .5, .2, .1, .05, .025},
			set:    func(s *setting, v float64) { s.wrong = v }},
	}
}

// namedBudget is a setting of the bar chart.
type namedBudget struct {
	name string
	setting
	budget
}

// sweeps is what varying each parameter showed.
type sweeps struct {
	all   []*parameter
	euler []float64 // the steps' term of the Euler method, at the values of the first parameter
	bars  []namedBudget
}

// recorder measures settings on the cross by Heun's method, and keeps what it measured.
type recorder struct {
	p      *pairing
	table  suite.Table
	lo, hi float64 // of budget.position
}

func (w *recorder) measure(s setting) (budget, error) {
	b, err := w.p.measure(w.p.heun, s)
	if err != nil {
		return b, err
	}
	w.lo, w.hi = min(w.lo, b.position()), max(w.hi, b.position())
	a := b.alone
	w.table.Rows = append(w.table.Rows, []any{s.start, s.end, s.steps, s.wrong, a[0], a[1], a[2], a[3], a.sum(),
		b.total, a.least()})
	return b, nil
}

// sweepParameters measures the budget along each parameter; and with one parameter after the other, then all,
// improved by a factor of four.
func sweepParameters(l *suite.Lab, r *suite.Report, p *pairing) (sweeps, error) {
	k := sweeps{all: sweptParameters()}
	w := &recorder{p: p, lo: math.Inf(1), hi: math.Inf(-1), table: suite.Table{Name: "budget", Caption: "Root " +
		"mean squared error on the cross by Heun's method, against the exact sampler from the same noise: each " +
		"term alone, their bounds, and the total",
		Header: []string{"sigma at the start", "sigma at the end", "steps", "share of the wrong score",
			"truncation alone", "prior alone", "score alone", "steps alone", "sum of the four", "all together",
			"least"}}}
	for i, q := range k.all {
		for _, v := range q.values {
			s := baseSetting
			q.set(&s, v)
			b, err := w.measure(s)
			if err != nil {
				return k, err
			}
			q.budgets = append(q.budgets, b)
		}
		own := kit.Map(q.budgets, func(b budget) float64 { return b.alone[q.term] })
		if err := q.slope(r, own, q.power, termNames[q.term]); err != nil {
			return k, err
		}
		if err := l.Progress(.2+.15*float64(i+1), q.name); err != nil {
			return k, err
		}
	}
	var err error
	if k.euler, err = eulerSteps(p, k.all[0]); err != nil {
		return k, err
	}
	if err := k.all[0].slope(r, k.euler, -1, "steps of the Euler method"); err != nil {
		return k, err
	}
	if k.bars, err = byFour(r, w); err != nil {
		return k, err
	}
	const theorem = "the triangle inequality in the space of maps, and rounding"
	r.Add(
		suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "lowest place of the error between the bounds of " +
			"its links, all settings on the cross; 0 is the least", Got: w.lo, Want: .5, Tol: .5 + 1e-9, Why: theorem},
		suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "highest place of the error between the bounds " +
			"of its links, all settings on the cross; 1 is their sum", Got: w.hi, Want: .5, Tol: .5 + 1e-9,
			Why: theorem})
	r.Tables = append(r.Tables, w.table)
	return k, truncationConstant(r, p)
}

// eulerSteps is the steps' term alone of the Euler method, along the number of steps.
func eulerSteps(p *pairing, steps *parameter) ([]float64, error) {
	var errors []float64
	for _, v := range steps.values {
		s := baseSetting
		steps.set(&s, v)
		x, err := p.steps(p.euler, s)
		if err != nil {
			return nil, err
		}
		errors = append(errors, p.distance(x, p.data))
	}
	return errors, nil
}

// byFour improves one parameter after the other by a factor of four, then all of them, and compares numbers of
// steps.
func byFour(r *suite.Report, w *recorder) ([]namedBudget, error) {
	const claim = claims.D003IntegrationAccuracy
	b := baseSetting
	bars := []namedBudget{
		{name: "base", setting: b},
		{name: "4 × the steps", setting: setting{b.start, b.end, 4 * b.steps, b.wrong}},
		{name: "4 × σ at the start", setting: setting{4 * b.start, b.end, b.steps, b.wrong}},
		{name: "σ at the end / 4", setting: setting{b.start, b.end / 4, b.steps, b.wrong}},
		{name: "score error / 4", setting: setting{b.start, b.end, b.steps, b.wrong / 4}},
		{name: "all four", setting: setting{4 * b.start, b.end / 4, 4 * b.steps, b.wrong / 4}},
	}
	for i := range bars {
		var err error
		if bars[i].budget, err = w.measure(bars[i].setting); err != nil {
			return nil, err
		}
		r.Add(bars[i].bracket(claim, "error of a sampler of the cross with all four terms: "+bars[i].name))
	}
	thousand, err := w.p.measure(w.p.euler, setting{b.start, b.end, 1000, b.wrong})
	if err != nil {
		return nil, err
	}
	few, many := bars[0].budget, bars[1].budget
	r.Add(
		onlySteps(claim, "error with 64 steps over that with 16, the other three terms as they were", many, few),
		onlySteps(claims.D002ThousandSteps, "error with 16 steps of Heun over that with 1000 of Euler, the other "+
			"three terms as they were", few, thousand))
	return bars, nil
}

// onlySteps compares the errors of two settings that differ in their steps alone.
func onlySteps(claim suite.ClaimID, metric string, a, b budget) suite.Check {
	return suite.Equals{Claim: claim, Metric: metric, Got: a.total / b.total, Want: 1, Tol: (a.links[3] + b.links[3]) /
		b.total,
		Why:   "the triangle inequality: the two differ by no more than their terms of the steps",
		Shows: suite.Qualified}.Check()
}

// slope checks the power of a term in the value of the parameter, at its fine end.
func (q *parameter) slope(r *suite.Report, term []float64, power float64, name string) error {
	from := len(q.values) - 4
	slope, err := metrics.LogSlope(q.values[from:], term[from:])
	if err != nil {
		return err
	}
	claim := claims.D003IntegrationAccuracy
	if q.term == 1 {
		claim = claims.D000PriorApproximates
	}
	r.Add(suite.Equals{Claim: claim, Metric: fmt.Sprintf("power of the %s in the term of the %s, alone, on the cross",
		q.name, name), Got: slope.Center, Want: power, Tol: .15,
		Why: "the leading power; the next one bends it by less over the last four values"})
	return nil
}

// truncationConstant checks the constant of the truncation. The flow moves by sigma |score| per unit of sigma, so
// that the last stretch has length sigma^2/2 sqrt(E|score|^2).
func truncationConstant(r *suite.Report, p *pairing) error {
	var constants []float64
	for _, squared := range []float64{.0032, .0016, .0008, .0004, .0002} {
		x, err := p.level(math.Sqrt(squared))
		if err != nil {
			return err
		}
		constants = append(constants, p.distance(x, p.data)/squared)
	}
	r.Add(suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "truncation alone over the square of sigma at " +
		"the end, on the cross, as sigma falls", Got: kit.StepLimit(constants), Want: math.Sqrt(8.130638) / 2,
		Tol: 1e-5,
		Why: "sqrt(E|score|^2)/2, known to seven digits; five noise levels extrapolated"})
	return nil
}
