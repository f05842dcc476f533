package langevin

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var langevin = suite.Experiment{
	ID:       "E03-langevin",
	Title:    "Noise restores the density, later than the figure shows",
	Question: "Does Langevin dynamics sample the target, when, and how far off is the discrete chain?",
	Sources: []string{"001, Langevin Equation and Brownian Motion (third figure)", "002, section 2",
		"003, Langevin Dynamics", "004, Langevin Dynamics Convergence Theorem"},
	Run: runLangevin,
}

func runLangevin(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It does, but the figure's 50 steps end at t = 0.5, where the cross is only half " +
		"there: E[x1^2 x2^2] is 1.96 of 2.62, while mean and covariance, which N(0, I) shares with the target, say " +
		"nothing. By t = 20 the chain is at its own limit, which is not quite the target: the unadjusted chain's " +
		"variance is v/(1 - delta/(2v)) instead of v. A Metropolis test of every step removes that bias."}
	film, err := relax(l, r)
	if err != nil {
		return nil, err
	}
	for _, part := range []func(*suite.Lab, *suite.Report) error{twoNotations, biasLaw, adjusted, film} {
		if err := part(l, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// relax runs the figure's chain to t = 20 and measures it on the way. It returns what draws it.
func relax(l *suite.Lab, r *suite.Report) (draw func(*suite.Lab, *suite.Report) error, err error) {
	x2 := density.X2()
	n, steps := l.Size(10_000, 100_000), 2000
	grid, err := diffusion.Uniform(0, kit.LangevinFigureStep*float64(steps), steps)
	if err != nil {
		return nil, err
	}
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("start"), n)
	if err != nil {
		return nil, err
	}
	exact, err := x2.Sample(l.Backend, l.Key("exact"), n)
	if err != nil {
		return nil, err
	}
	var marks []int
	for s := 1; s <= steps; s++ {
		if s <= 100 || s <= 400 && s%20 == 0 || s%100 == 0 {
			marks = append(marks, s)
		}
	}
	plan := diffusion.Plan{Build: kit.Static(x2), Sampler: diffusion.OneStep(diffusion.Langevin), Grid: grid,
		Noise: l.Key("chain")}
	var times []float64
	var m22, trace []metrics.Summary
	snapshots := map[int]metrics.Points{}
	for s, err := range plan.Trace(l.Backend, start, marks...) {
		if err != nil {
			return nil, err
		}
		p := kit.Points(s.X)
		m, err := metrics.M22(p)
		if err != nil {
			return nil, err
		}
		c, err := metrics.TraceCovariance(p)
		if err != nil {
			return nil, err
		}
		times, m22, trace, snapshots[s.Step] = append(times, s.Time), append(m22, m), append(trace, c), p
		if err := l.Progress(.6*float64(s.Step)/float64(steps), "Langevin dynamics"); err != nil {
			return nil, err
		}
	}
	drawn, last := 50, len(times)-1 // index of t = 0.5, where the figure stops
	few := metrics.Points{N: 1000, D: 2, X: snapshots[drawn].X[:2000]}
	m22few, err := metrics.M22(few)
	if err != nil {
		return nil, err
	}
	sw2, err := metrics.SlicedW2(snapshots[steps], kit.Points(exact), metrics.Projections)
	if err != nil {
		return nil, err
	}
	// References with their own standard errors: an independent chain of 4 million samples.
	const trace17, trace50, traceEnd, traceSE = 1.7708, 1.8290, 2.005, .002
	moment := func(n int) float64 { return 5 * math.Sqrt(76.202/float64(n)) } // Var x1^2 x2^2 under the cross
	whyM22 := "5 standard errors of x1^2 x2^2, whose variance under the cross is 76.2; reference from an independent " +
		"computation"
	scale := math.Sqrt(1e4 / float64(n)) // of the floor of SW2
	r.Add(
		suite.Between{Claim: claims.D001LangevinFigure, Metric: "E[x1^2 x2^2] as drawn (t = 0.5), 1,000 samples; the " +
			"target has 2.62", Got: m22few, Lo: 1.96 - moment(1000), Hi: 1.96 + moment(1000), Alpha: metrics.Miss,
			Why: whyM22, Shows: suite.Qualified},
		suite.Between{Claim: claims.D001LangevinFigure, Metric: "E[x1^2 x2^2] as drawn (t = 0.5), all samples; the " +
			"target has 2.62", Got: m22[drawn], Lo: 1.96 - moment(n), Hi: 1.96 + moment(n), Alpha: metrics.Miss,
			Why: whyM22, Shows: suite.Qualified},
		kit.NearReference{Claim: claims.D001LangevinFigure, Metric: "trace of the covariance after 17 steps: it dips " +
			"before it recovers to 2", Got: trace[17], Want: trace17, SE: traceSE,
			Why: kit.WhyLongRun, Shows: suite.Qualified},
		kit.NearReference{Claim: claims.D001LangevinFigure, Metric: "trace of the covariance after 50 steps",
			Got: trace[drawn], Want: trace50, SE: traceSE, Why: kit.WhyLongRun, Shows: suite.Qualified},
		suite.Between{Claim: claims.D001LangevinConverges, Metric: "E[x1^2 x2^2] at t = 20; the target has 2.62",
			Got: m22[last], Lo: 2.62 - moment(n), Hi: 2.62 + moment(n), Alpha: metrics.Miss, Why: whyM22},
		suite.Between{Claim: claims.D001LangevinConverges, Metric: "sliced W2 between the chain at t = 20 and exact " +
			"samples", Got: sw2, Lo: .010 * scale, Hi: .060 * scale, Alpha: 1e-5, Why: kit.WhyFloor},
		kit.NearReference{Claim: claims.D003NoiseExplores,
			Metric: "trace of the covariance at t = 20, where the flow without noise has 0",
			Got:    trace[last], Want: traceEnd, SE: traceSE, Why: kit.WhyLongRun})
	r.Tables = append(r.Tables, suite.Table{Name: "relaxation", Caption: "E[x1^2 x2^2] and trace of the covariance " +
		"against time",
		Header: []string{"t", "m22", "m22 lo", "m22 hi", "trace", "trace lo", "trace hi"},
		Rows: kit.Rows(times, kit.Centers(m22), kit.Lows(m22), kit.Highs(m22), kit.Centers(trace), kit.Lows(trace),
			kit.Highs(trace))})

	return func(l *suite.Lab, r *suite.Report) error {
		field, err := kit.DensityField(l, x2, 3.5, 101)
		if err != nil {
			return err
		}
		swarm := func(title string, p metrics.Points) figure.Panel {
			return kit.Plane(title, 3.5, figure.Heat{Field: field}, figure.Contour{Field: field},
				kit.Cloud(p, 1000, figure.Vermillion))
		}
		still, err := kit.PNG("langevin", "A thousand samples: as the figure draws them, at convergence, and drawn "+
			"exactly from the target.",
			figure.Row("", swarm("as drawn: t = 0.5", snapshots[drawn]), swarm("converged: t = 20", snapshots[steps]),
				swarm("exact", kit.Points(exact))))
		if err != nil {
			return err
		}
		curve := func(title, label string, s []metrics.Summary, target, lo, hi, end float64,
			now ...figure.Layer) figure.Panel {
			k := len(kit.Until(times, end))
			return figure.Panel{Title: title, X: figure.Axis{Label: "t", Max: end},
				Y: figure.Axis{Label: label, Min: lo, Max: hi},
				Layers: append([]figure.Layer{
					figure.Line{X: times[:k], Y: kit.Centers(s)[:k], Lo: kit.Lows(s)[:k], Hi: kit.Highs(s)[:k],
						Color: figure.Blue},
					figure.HLine{At: target, Color: figure.Ink, Dashed: true, Label: "target"},
				}, now...), Legend: figure.BottomRight}
		}
		curves, err := kit.PNG("relaxation", "What tells the cross from N(0, I), and what does not. Bands are 5 "+
			"standard errors; the figure stops at the line.",
			figure.Row("",
				curve("sees it", "E[x_{1}^{2} x_{2}^{2}]", m22, 2.62, .5, 3.5, 8,
					figure.VLine{At: .5, Color: figure.Gray}),
				curve("blind to it", "trace of the covariance", trace, 2, 1.5, 2.3, 8,
					figure.VLine{At: .5, Color: figure.Gray})))
		if err != nil {
			return err
		}
		if err := l.Progress(.85, "drawing"); err != nil {
			return err
		}
		var frames []figure.Figure
		for step := 0; step <= 100; step += 3 {
			tails := figure.Tails{Color: figure.Vermillion, Size: 3.5}
			for k := max(0, step-8); k <= step; k++ {
				p := snapshots[k]
				tails.X, tails.Y = append(tails.X, p.Col(0)[:150]), append(tails.Y, p.Col(1)[:150])
			}
			now := kit.LangevinFigureStep * float64(step)
			frames = append(frames, figure.Row("",
				kit.Plane(fmt.Sprintf("t = %.2f", now), 3.5, figure.Heat{Field: field}, tails),
				curve("E[x_{1}^{2} x_{2}^{2}]", "", m22, 2.62, .5, 3.5, 1, figure.VLine{At: now, Color: figure.Ink,
					Width: 1})))
		}
		film, err := kit.GIF("langevin", "A hundred and fifty samples with tails. Document 001's figure ends at t = "+
			"0.5, half way.", frames)
		r.Figures = append([]suite.Figure{film, still, curves}, r.Figures...)
		return err
	}, nil
}

// twoNotations runs the chain as 002 writes it, with alpha = 2 delta.
func twoNotations(l *suite.Lab, r *suite.Report) error {
	half := diffusion.OneStep(func(m diffusion.Model, s diffusion.Span, x *Node, rnd *random.Source) *Node {
		alpha := MulScalar(s.Length(), 2)
		drift := Mul(DivScalar(alpha, 2), m.ScoreAt(x, ZerosLike(s.From)))
		return Add(Add(x, drift), Mul(Sqrt(alpha), rnd.Normal(x)))
	})
	grid, err := diffusion.Uniform(0, 2, 200)
	if err != nil {
		return err
	}
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("start"), 1000)
	if err != nil {
		return err
	}
	var ends [2]*tensors.Tensor
	for i, sampler := range []diffusion.OneStep{diffusion.Langevin, half} {
		plan := diffusion.Plan{Build: kit.Static(density.X2()), Sampler: sampler, Grid: grid, Noise: l.Key("notation")}
		if ends[i], err = plan.Run(l.Backend, start); err != nil {
			return err
		}
	}
	gap := 0.0
	other := kit.Points(ends[1])
	for i, v := range kit.Points(ends[0]).X {
		gap = math.Max(gap, math.Abs(v-other.X[i]))
	}
	r.Add(suite.Below{Claim: claims.D002Langevin, Metric: "largest difference after 200 steps between 001's chain " +
		"and 002's with alpha = 2 delta", Got: gap, Bound: 0,
		Why: "the factors are powers of two: the same bits"})
	return nil
}

// biasLaw measures the stationary variance of the unadjusted chain on N(0, v), by its recursion and by chains.
func biasLaw(l *suite.Lab, r *suite.Report) error {
	deltas := []float64{.01, .02, .05}
	panel := figure.Panel{X: figure.Axis{Label: "step δ", Min: 0, Max: .06},
		Y: figure.Axis{Label: "stationary variance / v", Min: .95, Max: 1.55}, Legend: figure.TopLeft}
	table := suite.Table{Name: "bias", Caption: "Stationary variance of the chain on N(0, v)",
		Header: []string{"v", "delta", "exact", "recursion", "chains", "lo", "hi"}}
	for i, v := range []float64{.1, 1.9} {
		color := []figure.Color{figure.Vermillion, figure.Blue}[i]
		law := figure.Line{Label: fmt.Sprintf("v / (1 - δ/2v), v = %g", v), Color: color}
		for d := 0.; d <= .0601; d += .001 {
			law.X, law.Y = append(law.X, d), append(law.Y, 1/(1-d/(2*v)))
		}
		bars := figure.ErrorBars{Color: color}
		for _, delta := range deltas {
			step, err := kit.AffineSteps(l, diffusion.OneStep(diffusion.Langevin), diffusion.OU{}, v, 0, delta)
			if err != nil {
				return err
			}
			exact := v / (1 - delta/(2*v))
			end, err := settle(l, diffusion.OneStep(diffusion.Langevin), "chains", v, delta)
			if err != nil {
				return err
			}
			chains, err := metrics.Variance(kit.Points(end.X).X)
			if err != nil {
				return err
			}
			what := fmt.Sprintf("v = %g, delta = %g", v, delta)
			r.Add(
				suite.Equals{Claim: claims.D001DiscreteLangevin,
					Metric: "stationary variance by the step's own recursion, " + what,
					Got:    step.Stationary(), Want: exact, Tol: 1e-12, Why: kit.WhyRounding + " and of 1 - gain^2",
					Shows: suite.Qualified},
				suite.Near{Claim: claims.D002Langevin, Metric: "stationary variance of independent chains, " + what,
					Got: chains, Want: exact, Why: kit.WhySE, Shows: suite.Qualified})
			bars.X, bars.Y = append(bars.X, delta), append(bars.Y, chains.Center/v)
			bars.Lo, bars.Hi = append(bars.Lo, chains.Lo/v), append(bars.Hi, chains.Hi/v)
			table.Rows = append(table.Rows, []any{v, delta, exact, step.Stationary(), chains.Center, chains.Lo,
				chains.Hi})
		}
		panel.Layers = append(panel.Layers, law, bars)
	}
	f, err := kit.PNG("bias", "The bias law of the unadjusted chain: lines exact, points measured with 5 standard "+
		"errors.", figure.Row("", panel))
	r.Figures, r.Tables = append(r.Figures, f), append(r.Tables, table)
	return err
}
