package reverse

import (
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// On N(0, v) data, and with the score of N(0, v'), every sampler is affine and every distribution is Gaussian. The
// budget has a closed form, for the flow and for the reverse SDE, and W2 is the difference of two standard
// deviations.
const (
	gaussData  = .25
	gaussWrong = .27
)

var gaussSetting = setting{start: 2, end: .1, steps: 16, wrong: 1}

// gaussKind is a sampler on Gaussian data: one step; and its continuous limit under the score of N(0, v), as a map
// of the variance from one noise level to another.
type gaussKind struct {
	name    string
	sampler diffusion.OneStep
	limit   func(variance, from, to, v float64) float64
}

// flowVariance is the limit of the flow, which multiplies x by the ratio of the standard deviations of the score
// that it is given.
func flowVariance(variance, from, to, v float64) float64 {
	return variance * (v + to*to) / (v + from*from)
}

// sdeVariance is the limit of the reverse SDE. An error in the variance at its start decays by the square of
// cov(x_from, x_to) over the variance at from.
func sdeVariance(variance, from, to, v float64) float64 {
	gain := (v + to*to) / (v + from*from)
	return v + to*to + gain*gain*(variance-v-from*from)
}

var gaussKinds = []gaussKind{
	{"flow, Euler", diffusion.Flow(diffusion.EulerMethod), flowVariance},
	{"flow, Heun", diffusion.Flow(diffusion.HeunMethod), flowVariance},
	{"reverse SDE, Euler-Maruyama", diffusion.ReverseEulerMaruyama, sdeVariance},
}

// end is the variance after the steps of a setting, from a given variance, with the score of N(0, v).
func (k gaussKind) end(l *suite.Lab, s setting, variance, v float64) (float64, error) {
	grid, err := s.grid()
	if err != nil {
		return 0, err
	}
	a, err := kit.AffineSteps(l, k.sampler, diffusion.EDM{}, v, grid...)
	return a.Variance(variance), err
}

// measure is the budget of a setting, in W2.
func (k gaussKind) measure(l *suite.Lab, s setting) (budget, error) {
	const v, wrong = gaussData, gaussWrong
	atStart, atEnd := s.start*s.start, v+s.end*s.end
	coarse, err := k.end(l, s, v+atStart, v)
	if err != nil {
		return budget{}, err
	}
	real, err := k.end(l, s, atStart, wrong)
	if err != nil {
		return budget{}, err
	}
	started, misled := k.limit(atStart, s.start, s.end, v), k.limit(atStart, s.start, s.end, wrong)
	w2 := func(a, b float64) float64 { return math.Abs(math.Sqrt(a) - math.Sqrt(b)) }
	return budget{
		alone: terms{w2(atEnd, v), w2(k.limit(started, s.end, 0, v), v), w2(wrong, v), w2(k.limit(coarse, s.end, 0, v),
			v)},
		links: terms{w2(atEnd, v), w2(started, atEnd), w2(misled, started), w2(real, misled)},
		total: w2(real, v),
	}, nil
}

// gaussBudget measures the budget of three samplers in closed form. It compares the code for the cross, and a chain
// of the reverse SDE, with it.
func gaussBudget(l *suite.Lab, r *suite.Report) ([]budget, error) {
	budgets := make([]budget, len(gaussKinds))
	table := suite.Table{Name: "samplers", Caption: "W2 distance to N(0, 0.25) of three samplers with one " +
		"setting, in closed form: each term alone, their bounds and the total",
		Header: []string{"sampler", "truncation alone", "prior alone", "score alone", "steps alone", "sum of the four",
			"all together", "least"}}
	for i, k := range gaussKinds {
		var err error
		if budgets[i], err = k.measure(l, gaussSetting); err != nil {
			return nil, err
		}
		r.Add(budgets[i].bracket(claims.D003IntegrationAccuracy, "W2 to N(0, 0.25) with all four errors, "+k.name))
		a := budgets[i].alone
		table.Rows = append(table.Rows, []any{k.name, a[0], a[1], a[2], a[3], a.sum(), budgets[i].total, a.least()})
	}
	r.Tables = append(r.Tables, table)
	if err := gaussFlows(l, r, budgets); err != nil {
		return nil, err
	}
	return budgets, gaussSDE(l, r, budgets)
}

// gaussFlows measures the budgets of the flow by quadrature, as on the cross, and compares them with the closed
// form.
func gaussFlows(l *suite.Lab, r *suite.Report, want []budget) error {
	data, wrong := kit.Normal([]float64{0, 0}, gaussData), kit.Normal([]float64{0, 0}, gaussWrong)
	f, err := newFlows(l, data, wrong)
	if err != nil {
		return err
	}
	defer f.finalize()
	p, err := onLattice(l, f, data)
	if err != nil {
		return err
	}
	for i, method := range []*exec.Exec{f.euler, f.heun} {
		b, err := p.measure(method, gaussSetting)
		if err != nil {
			return err
		}
		worst := math.Abs(b.total/math.Sqrt2 - want[i].total)
		for k := range b.alone {
			worst = math.Max(worst, math.Abs(b.alone[k]/math.Sqrt2-want[i].alone[k]))
			worst = math.Max(worst, math.Abs(b.links[k]/math.Sqrt2-want[i].links[k]))
		}
		r.Add(suite.Below{Claim: claims.D003IntegrationAccuracy, Metric: "largest error of a term or total by " +
			"quadrature against its closed form on N(0, 0.25), " + gaussKinds[i].name, Got: worst, Bound: 1e-6,
			Why: "integration of order 4 in steps of a tenth in log sigma"})
	}
	return nil
}

// gaussSDE checks the terms of the reverse SDE for a wrong start and a wrong score, by chains in the limit of their
// step; and the share of the error of a wrong start that it keeps.
func gaussSDE(l *suite.Lab, r *suite.Report, budgets []budget) error {
	sde := gaussKinds[2]
	a, err := affine.Of(l.Backend, sde.sampler, kit.NormalModel(diffusion.EDM{}, gaussWrong))
	if err != nil {
		return err
	}
	defer a.Finalize()
	s := gaussSetting
	var ends []float64
	for _, n := range []int{40, 80, 160, 320, 640} {
		grid, err := setting{start: s.start, end: s.end, steps: n}.grid()
		if err != nil {
			return err
		}
		chain, err := a.Over(grid)
		if err != nil {
			return err
		}
		ends = append(ends, chain.Variance(s.start*s.start))
	}
	r.Add(
		suite.Equals{Claim: claims.D000PriorApproximates, Metric: "variance that the reverse SDE ends with from a " +
			"wrong start and with a wrong score, N(0, 0.25), in the limit of its step",
			Got: kit.StepLimit(ends), Want: sde.limit(s.start*s.start, s.start, s.end, gaussWrong), Tol: 1e-7,
			Why: "chains of 40 to 640 steps, extrapolated"},
		suite.Equals{Claim: claims.D000PriorApproximates, Metric: "share of the flow's error from a wrong start that " +
			"the reverse SDE keeps, N(0, 0.25), start at sigma = 2", Got: budgets[2].alone[1] / budgets[1].alone[1],
			Want: priorShare(s.start), Tol: 1e-12, Why: kit.WhyRounding + "; exact by the two gains"})
	return nil
}

// priorShare is the ratio of the two samplers' errors from the start N(0, sigma^2) in place of N(0, v + sigma^2), at
// the data.
func priorShare(sigma float64) float64 {
	v, at := gaussData, gaussData+sigma*sigma
	return (math.Sqrt(v) - math.Sqrt(v-v*v/at*v/at)) / (math.Sqrt(v) - math.Sqrt(v*sigma*sigma/at))
}
