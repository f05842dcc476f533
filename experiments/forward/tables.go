package forward

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// goldenTables compares tables of betas and closed forms with numbers from an independent computation.
func goldenTables(l *suite.Lab, r *suite.Report, _ []clock) error {
	cosine, err := diffusion.Tabulate(l.Backend, diffusion.Cosine{}, 1000, .999)
	if err != nil {
		return err
	}
	cut := 0.
	for _, beta := range cosine {
		if beta == .999 {
			cut++
		}
	}
	r.Add(suite.Equals{Claim: claims.D000AlphaBarProduct, Metric: "betas of the cosine's table that are cut at 0.999",
		Got: cut, Want: 1, Tol: 0, Why: "exact: alpha-bar of the cosine schedule is 0 after the last step only"})
	for _, t := range []goldenTable{
		{"DDPM's table", diffusion.LinearBetas(1e-4, .02, 1000), map[int]float64{500: .07858724288,
			1000: 4.035829765e-5}},
		{"the cosine's table", cosine, map[int]float64{500: .4938435904, 999: 2.428766907e-6, 1000: 2.428766907e-9}},
		{"Stable Diffusion's table", diffusion.ScaledLinearBetas(.00085, .012, 1000), map[int]float64{500: .2776696505,
			1000: .004660098513}},
	} {
		if err := t.check(l, r); err != nil {
			return err
		}
	}
	if err := scheduleEnds(l, r); err != nil {
		return err
	}
	return karrasLevels(r)
}

// alphaBars are alpha^2 of a schedule at some times.
func alphaBars(l *suite.Lab, s diffusion.Schedule, times ...float64) ([]float64, error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{Square(diffusion.VP{Schedule: s}.At(in[0]).Alpha)}
	}, times)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// goldenTable is a table of betas, and alpha-bar after some of its steps from an independent computation.
type goldenTable struct {
	name  string
	betas []float64
	want  map[int]float64
}

func (t goldenTable) check(l *suite.Lab, r *suite.Report) error {
	table, err := diffusion.NewTable(t.betas)
	if err != nil {
		return err
	}
	for _, at := range []int{500, 999, 1000} {
		want, known := t.want[at]
		if !known {
			continue
		}
		got, err := alphaBars(l, table, float64(at))
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: claims.D000AlphaBarProduct,
			Metric: fmt.Sprintf("alpha-bar of %s at step %d", t.name, at), Got: got[0], Want: want, Tol: 1e-6 * want,
			Why: "nine digits of an independent computation, testdata/schedules.py; the catalogue asks for six"})
	}
	return nil
}

// scheduleEnds compares what is left of the data at the end of two schedules with closed forms.
func scheduleEnds(l *suite.Lab, r *suite.Report) error {
	last, err := alphaBars(l, diffusion.LinearBeta{}, 1)
	if err != nil {
		return err
	}
	left, err := alphaBars(l, diffusion.ScaledLinearBeta{}, 1)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claims.D002AlphaBarIntegral, Metric: "alpha-bar at the end of the linear schedule 0.1 " +
			".. 20", Got: last[0], Want: math.Exp(-10.05), Tol: 1e-13 * last[0], Why: kit.WhyRounding},
		suite.Below{Claim: claims.D002PureNoise, Metric: "signal's share of the power at the end of the linear " +
			"schedule 0.1 .. 20", Got: last[0], Bound: 1e-4, Why: "exp(-10.05) = 4.3e-5, exactly"},
		suite.Equals{Claim: claims.D002PureNoise, Metric: "signal's amplitude at the end of Stable Diffusion's " +
			"schedule: 7 % is not pure noise", Got: math.Sqrt(left[0]), Want: .06897871404, Tol: 1e-10,
			Why: "an independent computation to 50 digits", Shows: suite.Qualified})
	return nil
}

// karrasLevels compares the noise levels of Karras et al. 2022 with an independent computation of their formula.
func karrasLevels(r *suite.Report) error {
	grid, err := diffusion.Karras(7)(80, .002, 17)
	if err != nil {
		return err
	}
	for _, k := range []int{1, 2, 9, 16} {
		want := map[int]float64{1: 57.58598472, 2: 40.7855738, 9: 1.923339837, 16: .007528019963}[k]
		r.Add(suite.Equals{Claim: claims.D001OtherSchedules, Metric: fmt.Sprintf("noise level %d of the 18 of Karras "+
			"et al., 80 to 0.002 with rho 7", k+1), Got: grid[k], Want: want, Tol: 1e-6 * want,
			Why: "an independent computation"})
	}
	return nil
}

// tableLimits checks that a table of T betas ends where its schedule does up to an error of order 1/T: a product of
// factors 1 - beta differs from the exponential of minus their sum.
func tableLimits(l *suite.Lab, r *suite.Report, _ []clock) error {
	out := suite.Table{Name: "limits", Caption: "ln alpha-bar at the end of a table of T betas minus that of its " +
		"schedule; it falls like 1/T", Header: []string{"schedule", "T", "difference"}}
	for _, c := range []struct {
		name     string
		schedule diffusion.Schedule
		betas    func(lo, hi float64, n int) []float64
		lo, hi   float64
	}{
		{"linear", diffusion.LinearBeta{}, diffusion.LinearBetas, .1, 20},
		{"scaled-linear", diffusion.ScaledLinearBeta{}, diffusion.ScaledLinearBetas, .85, 12},
		{"sigmoid-beta", diffusion.SigmoidBeta{}, diffusion.SigmoidBetas, .1, 20},
	} {
		counts := []float64{250, 500, 1000, 2000}
		var made []diffusion.Table
		for _, n := range counts {
			table, err := diffusion.NewTable(c.betas(c.lo/n, c.hi/n, int(n)))
			if err != nil {
				return err
			}
			made = append(made, table)
		}
		sums, err := kit.Evaluate(l, func(in []*Node) []*Node {
			_, limit := c.schedule.Rate(kit.ScalarLike(in[0], 1))
			var gaps []*Node
			for i, table := range made {
				_, sum := table.Rate(kit.ScalarLike(in[0], counts[i]))
				gaps = append(gaps, Sub(sum, limit))
			}
			return gaps
		}, 0.)
		if err != nil {
			return err
		}
		gaps := kit.Map(sums, func(v []float64) float64 { return v[0] })
		order, err := metrics.LogSlope(counts, gaps)
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: claims.D002AlphaBarIntegral, Metric: "order in 1/T at which the table of T betas " +
			"ends where its schedule does, " + c.name, Got: -order.Center, Want: 1, Tol: .03,
			Why: "theory: order 1; in the shortest table beta reaches 0.08, so the next term, 2 beta/3 of the first, " +
				"moves the slope by 0.02"})
		if c.name == "linear" {
			// sum beta^2/2 + beta^3/3 + ... of 1000 equidistant betas
			r.Add(suite.Equals{Claim: claims.D002AlphaBarIntegral, Metric: "alpha-bar of DDPM's 1000 factors over " +
				"exp(-sum of beta), minus 1: 7 % less signal than the integral says", Got: math.Expm1(-gaps[2]),
				Want: 4.035829765e-5/math.Exp(-10.05) - 1, Tol: 1e-9, Why: "an independent computation",
				Shows: suite.Qualified})
		}
		for i, n := range counts {
			out.Rows = append(out.Rows, []any{c.name, n, -gaps[i]})
		}
	}
	r.Tables = append(r.Tables, out)
	return nil
}

// ddimSteps are numbers of DDIM steps on N(0, ddimVariance).
var ddimSteps = []int{5, 10, 20, 40, 80, 160}

const ddimVariance = .25

// ddimErrors runs DDIM with the exact score on N(0, 0.25), in steps equal in the time of each schedule and in steps
// equal in log SNR. A step depends on the schedule only by the noise levels at its ends.
func ddimErrors(l *suite.Lab, r *suite.Report, clocks []clock) error {
	table := suite.Table{Name: "ddim", Caption: "Relative error of the standard deviation of N(0, 0.25) after DDIM " +
		"steps from sigma/alpha = 14 to 1/14", Header: []string{"schedule"}}
	table.Header = append(table.Header, kit.Map(ddimSteps, func(n int) string {
		return fmt.Sprintf("%d steps, equal in its time", n)
	})...)
	table.Header = append(table.Header, "20 steps, equal in log SNR")
	want := deviationRatio(mostNoise, 1/mostNoise)
	var shared float64
	for i, c := range clocks {
		var grids [][]float64
		for _, n := range ddimSteps {
			grid, err := diffusion.Uniform(c.own.T[0], c.own.T[evenSteps], n)
			if err != nil {
				return err
			}
			grids = append(grids, grid)
		}
		wholes, err := affine.Over(l.Backend, diffusion.DDIM(0), kit.NormalModel(c.process, ddimVariance),
			append(grids, c.own.T, c.even.T)...)
		if err != nil {
			return err
		}
		errs := kit.Map(wholes, func(a affine.Map) float64 { return a.Gain/want - 1 })
		k := len(ddimSteps)
		own, even := errs[k], errs[k+1]
		table.Rows = append(table.Rows,
			append(append([]any{c.name}, kit.Map(errs[:k], func(e float64) any { return e })...), even))
		r.Add(suite.Equals{Claim: claims.D004SpeedOfTransition, Metric: "relative error of the deviation of N(0, " +
			"0.25) after 20 DDIM steps, equal in the time of " + c.name, Got: own, Want: ddimByHand(c.own)/want - 1,
			Tol: 1e-12,
			Why: kit.WhyRounding + "; exact by the closed form of the step", Shows: suite.Qualified})
		if i == ouClock {
			shared = even
			continue
		}
		r.Add(suite.Equals{Claim: claims.D001SpeedNotPath, Metric: "relative error of the deviation after 20 DDIM " +
			"steps, equal in log SNR, " + c.name + " minus Ornstein-Uhlenbeck", Got: even - shared, Want: 0, Tol: 1e-11,
			Why: "rounding: the noise levels are met to 1e-12"})
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// deviationRatio is the exact ratio of the standard deviations of x at two noise levels.
func deviationRatio(from, to float64) float64 {
	deviation := func(level float64) float64 { return math.Sqrt((ddimVariance + level*level) / (1 + level*level)) }
	return deviation(to) / deviation(from)
}

// ddimByHand is the gain of DDIM on N(0, v): a step from (a, s) to (a', s') multiplies by (a a' v + s s')/(a^2 v +
// s^2).
func ddimByHand(at diffusion.Coefficients) float64 {
	gain := 1.
	for i := range len(at.T) - 1 {
		a, s := at.Alpha[i], at.Sigma[i]
		gain *= (a*at.Alpha[i+1]*ddimVariance + s*at.Sigma[i+1]) / (a*a*ddimVariance + s*s)
	}
	return gain
}
