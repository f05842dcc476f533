package forward

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var forward = suite.Experiment{
	ID:       "E07-forward",
	Title:    "The forward process forgets, and can be jumped",
	Question: "Does dx = -x dt + sqrt(2) dB carry the cross to N(0, I), and is one jump as good as many steps?",
	Sources: []string{"000, 2.1", "001, The 'forward process' (fifth figure)", "002, section 5",
		"004, Perturbing Data: Forward Process"},
	Run: runForward,
}

const forwardStep = .005

// forwardTimes are where the distribution is held against the exact one.
var forwardTimes = []float64{.1, .3, 1, 4}

func runForward(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. Along the diagonals, where the cross differs from N(0, I), simulated and jumped " +
		"samples have the exact law at every time; the covariance is I throughout and sees nothing. One jump is " +
		"exact over any span. The derivation by two steps keeps only first order: at dt = 0.1 it claims a variance " +
		"of 0.4 for 0.362 of its own chain and 0.330 of the process."}
	clouds := map[string][]metrics.Points{}
	for _, s := range []struct {
		name    string
		sampler diffusion.OneStep
		dt      float64
	}{{"Euler-Maruyama", diffusion.EulerMaruyama, forwardStep}, {"jumps", diffusion.Jump, .1}} {
		var err error
		if clouds[s.name], err = forwardLaw(l, r, s.name, s.sampler, s.dt); err != nil {
			return nil, err
		}
	}
	for _, part := range []func(*suite.Lab, *suite.Report) error{meanFactor, twoSteps, semigroup, forwardOrders} {
		if err := part(l, r); err != nil {
			return nil, err
		}
	}
	return r, forwardFigures(l, r, clouds["Euler-Maruyama"])
}

// forwardLaw runs the cross forward and holds its diagonals and mixed moment against the exact law.
func forwardLaw(l *suite.Lab, r *suite.Report, name string, sampler diffusion.OneStep, dt float64) ([]metrics.Points,
	error) {
	x2 := density.X2()
	n := l.Size(10_000, 100_000)
	start, err := x2.Sample(l.Backend, l.Key("data"), n)
	if err != nil {
		return nil, err
	}
	end := forwardTimes[len(forwardTimes)-1]
	grid, err := diffusion.Uniform(0, end, int(math.Round(end/dt)))
	if err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: kit.Static(x2), Sampler: sampler, Grid: grid, Noise: l.Key(name)}
	clouds := []metrics.Points{kit.Points(start)}
	for s, err := range plan.Trace(l.Backend, start, kit.StepsAt(dt, forwardTimes...)...) {
		if err != nil {
			return nil, err
		}
		if s.Step == 0 {
			continue
		}
		p := kit.Points(s.X)
		clouds = append(clouds, p)
		law, err := x2.Noised(math.Exp(-s.Time), math.Sqrt(-math.Expm1(-2*s.Time)))
		if err != nil {
			return nil, err
		}
		for _, d := range []struct {
			name string
			sign float64
		}{{"(x1 + x2)/sqrt 2", 1}, {"(x1 - x2)/sqrt 2", -1}} {
			direction := []float64{1 / math.Sqrt2, d.sign / math.Sqrt2}
			marginal, err := law.Marginal(direction)
			if err != nil {
				return nil, err
			}
			claim := claims.D004EulerMaruyama
			if name == "jumps" {
				claim = claims.D001OneJump
			}
			ks, err := kit.KSCheck(claim, fmt.Sprintf("KS distance of %s to its exact law at t = %g, %s", d.name,
				s.Time, name), p.Along(direction...), marginal.CDF, 0,
				"; the step's own bias is a tenth of it")
			if err != nil {
				return nil, err
			}
			r.Add(ks)
		}
		m22, err := metrics.M22(p)
		if err != nil {
			return nil, err
		}
		r.Add(suite.Near{Claim: claims.D001ForwardProcess,
			Metric: fmt.Sprintf("E[x1^2 x2^2] at t = %g, %s", s.Time, name),
			Got:    m22, Want: 1 + 1.62*math.Exp(-4*s.Time),
			Why: kit.WhySE + "; exact: 1 + 1.62 exp(-4t), from 2.62 of the cross to 1 of N(0, I)"})
	}
	return clouds, l.Progress(.3, name)
}

// meanFactor starts away from the origin: both coordinates shrink by the same factor.
func meanFactor(l *suite.Lab, r *suite.Report) error {
	n := l.Size(10_000, 100_000)
	from := []float64{2, -1}
	start, err := kit.Normal(from, .25).Sample(l.Backend, l.Key("shifted"), n)
	if err != nil {
		return err
	}
	grid := []float64{0, 1}
	end, err := diffusion.Plan{Build: kit.Static(density.X2()), Sampler: diffusion.OneStep(diffusion.Jump), Grid: grid,
		Noise: l.Key("shifted noise")}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	p := kit.Points(end)
	for j, m := range from {
		mean, err := metrics.Mean(p.Col(j))
		if err != nil {
			return err
		}
		variance, err := metrics.Variance(p.Col(j))
		if err != nil {
			return err
		}
		r.Add(
			suite.Near{Claim: claims.D001IsotropicPath, Metric: fmt.Sprintf("mean of x%d at t = 1 from %g", j+1, m),
				Got: mean, Want: m / math.E, Why: kit.WhySE + "; exact: exp(-t) of the start"},
			suite.Near{Claim: claims.D001IsotropicPath, Metric: fmt.Sprintf("variance of x%d at t = 1 from 0.25", j+1),
				Got: variance, Want: .25*math.Exp(-2) - math.Expm1(-2), Why: kit.WhySE})
	}
	return nil
}

// twoSteps composes two Euler-Maruyama steps, with no simulation at all.
func twoSteps(l *suite.Lab, r *suite.Report) error {
	const dt = .1
	em := diffusion.OneStep(diffusion.EulerMaruyama)
	step, err := kit.AffineSteps(l, em, diffusion.OU{}, 1, 0, dt)
	if err != nil {
		return err
	}
	two := step.Then(step)
	exact := 2*dt*(1-dt)*(1-dt) + 2*dt
	small, err := kit.AffineSteps(l, em, diffusion.OU{}, 1, 0, forwardStep)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "mean factor of two steps at dt = 0.1; the document's 1 - 2 " +
			"dt is 0.8", Got: two.Gain, Want: (1 - dt) * (1 - dt), Tol: 1e-15, Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "variance of two steps at dt = 0.1; the document's 4 dt " +
			"is 0.4", Got: two.Noise * two.Noise, Want: exact, Tol: 1e-15, Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "its distance from 4 dt, -4 dt^2 + 2 dt^3",
			Got: two.Noise*two.Noise - 4*dt, Want: -4*dt*dt + 2*dt*dt*dt, Tol: 1e-15,
			Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D004EulerMaruyama, Metric: "stationary variance of the discrete chain at dt = 0.005",
			Got: small.Stationary(), Want: 1 / (1 - forwardStep/2), Tol: 1e-12,
			Why: kit.WhyRounding + " and of 1 - gain^2", Shows: suite.Qualified})
	jump, err := kit.AffineSteps(l, diffusion.OneStep(diffusion.Jump), diffusion.OU{}, 1, 0, 2*dt)
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D001OneJump, Metric: "variance of the exact jump over 0.2",
		Got: jump.Noise * jump.Noise, Want: -math.Expm1(-4 * dt), Tol: 1e-15, Why: "rounding"})
	return nil
}

// semigroup: a jump after a jump is one jump, on every process.
func semigroup(l *suite.Lab, r *suite.Report) error {
	jump := diffusion.OneStep(diffusion.Jump)
	for _, p := range diffusion.Processes {
		var jumps [3]affine.Map
		for i, span := range [][2]float64{{.1, .35}, {.35, .8}, {.1, .8}} {
			var err error
			if jumps[i], err = kit.AffineSteps(l, jump, p.Process, 1, span[0], span[1]); err != nil {
				return err
			}
		}
		two, one := jumps[0].Then(jumps[1]), jumps[2]
		gap := math.Max(math.Abs(two.Gain-one.Gain), math.Abs(two.Noise/one.Noise-1))
		r.Add(suite.Below{Claim: claims.D002ClosedFormMarginal, Metric: "two jumps against one, " + p.Name,
			Got: gap, Bound: 1e-14, Why: "rounding"})
	}
	return nil
}

func forwardFigures(l *suite.Lab, r *suite.Report, clouds []metrics.Points) error {
	const shown = 600
	x2, ou := density.X2(), diffusion.OU{}
	side, diagonal := 3.5, []float64{1 / math.Sqrt2, 1 / math.Sqrt2}
	panels := func(t float64, field figure.Field, p metrics.Points) ([]figure.Panel, error) {
		law, err := x2.Noised(math.Exp(-t), math.Sqrt(-math.Expm1(-2*t)))
		if err != nil {
			return nil, err
		}
		marginal, err := law.Marginal(diagonal)
		if err != nil {
			return nil, err
		}
		exact := figure.Line{Color: figure.Ink, Label: "exact"}
		const h = .02
		for x := -4.; x < 4; x += 2 * h {
			exact.X, exact.Y = append(exact.X, x), append(exact.Y, (marginal.CDF(x+h)-marginal.CDF(x-h))/(2*h))
		}
		bars := figure.Histogram(p.Along(diagonal...), -4, 4, 64)
		bars.Color, bars.Label = figure.Sky, "samples"
		return []figure.Panel{
			kit.Plane(fmt.Sprintf("t = %.2f", t), side, figure.Heat{Field: field},
				kit.Cloud(p, shown, figure.Vermillion)),
			{Title: "along the diagonal", X: figure.Axis{Label: "(x_{1} + x_{2})/√2", Min: -4, Max: 4},
				Y:      figure.Axis{Label: "density", Min: 0, Max: .8},
				Layers: []figure.Layer{bars, exact}, Legend: figure.TopRight},
		}, nil
	}
	times := []float64{0, .1, .3, 1}
	fields, err := kit.DensityFields(l, x2, ou, side, 101, times...)
	if err != nil {
		return err
	}
	var rows [2][]figure.Panel
	for i, t := range times {
		p, err := panels(t, fields[i], clouds[i])
		if err != nil {
			return err
		}
		p[1].Title, p[1].Legend = "", figure.NoLegend
		if i > 0 {
			p[0].Y.Label, p[1].Y.Label = "", ""
		}
		rows[0], rows[1] = append(rows[0], p[0]), append(rows[1], p[1])
	}
	still, err := kit.PNG("forward", "Four moments of it, by Euler-Maruyama with steps of 0.005.",
		figure.Grid{Rows: rows[:]})
	if err != nil {
		return err
	}
	film, err := forwardFilm(l, panels, side)
	r.Figures = append(r.Figures, film, still)
	return err
}

// forwardFilm animates jumps to t = 2.
func forwardFilm(l *suite.Lab, panels func(float64, figure.Field, metrics.Points) ([]figure.Panel, error),
	side float64) (suite.Figure, error) {
	x2 := density.X2()
	grid, err := diffusion.Uniform(0, 2, 30)
	if err != nil {
		return suite.Figure{}, err
	}
	fields, err := kit.DensityFields(l, x2, diffusion.OU{}, side, 61, grid...)
	if err != nil {
		return suite.Figure{}, err
	}
	start, err := x2.Sample(l.Backend, l.Key("film"), 4000)
	if err != nil {
		return suite.Figure{}, err
	}
	var frames []figure.Figure
	plan := diffusion.Plan{Build: kit.Static(x2), Sampler: diffusion.OneStep(diffusion.Jump), Grid: grid,
		Noise: l.Key("film noise")}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return suite.Figure{}, err
		}
		p, err := panels(s.Time, fields[s.Step], kit.Points(s.X))
		if err != nil {
			return suite.Figure{}, err
		}
		frames = append(frames, figure.Row("", p...))
	}
	if err := l.Progress(.7, "drawing"); err != nil {
		return suite.Figure{}, err
	}
	return kit.GIF("forward", "The cross under the forward process, to t = 2: samples over the exact density, and "+
		"their histogram along the diagonal against the exact law (line).", frames)
}
