package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var traceCost = suite.Experiment{
	ID:    "E21-trace-cost",
	Title: "What a trace costs",
	Question: "How many passes through the network does each objective take, how noisy is the cheap one, and which " +
		"learns more for the same work?",
	Sources: []string{"001, Implicit Score Matching", "002, section 3"},
	Run:     runTraceCost,
}

func runTraceCost(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "The exact trace takes d passes back through the network, Hutchinson's estimate one, " +
		"denoising none, counted in the graphs. A step of training then costs 3d + 3 evaluations, 6, or 3. The noise " +
		"of the estimate grows with the root of d, the trace itself with d: the larger the dimension, the less there " +
		"is to gain by computing it exactly. In 8 dimensions sliced score matching learns nearly as much as implicit " +
		"in as many steps, at less than a quarter of the work."}
	cost, err := countPasses(l, r)
	if err != nil {
		return nil, err
	}
	noise, err := traceNoise(l, r)
	if err != nil {
		return nil, err
	}
	learn, err := learnInEight(l, r)
	if err != nil {
		return nil, err
	}
	f, err := kit.PNG("cost", "Left: a step of training in evaluations of the network, counted in its graph, against "+
		"the dimension. Middle: standard deviation of Hutchinson's estimate relative to the trace, for the score of "+
		"a Gaussian (line, exact; points, measured). Right: error on a product of four crosses, against the work.",
		figure.Row("", cost, noise, learn))
	r.Figures = append(r.Figures, f)
	return r, err
}

// costed are the objectives whose passes are counted: evaluations of the network, and passes back through it, before
// the gradient in the weights.
var costed = []struct {
	name        string
	claim       suite.ClaimID
	evaluations int
	back        func(d int) int
	loss        diffusion.Objective
	color       figure.Color
}{
	{"exact trace", claims.D001TraceCostly, 1, func(d int) int { return d }, diffusion.Implicit(onData), figure.Blue},
	{"Hutchinson", claims.D002Hutchinson, 1, func(int) int {
		return 1
	}, diffusion.SlicedVR(onData, (*random.Source).Rademacher), figure.Vermillion},
	{"finite differences", claims.D002Hutchinson, 2, func(int) int {
		return 0
	}, diffusion.SlicedFD(onData, (*random.Source).Sphere, .01), figure.Gray},
	{"denoising", claims.D001ScalableDenoising, 1, func(int) int {
		return 0
	}, diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(.3)), figure.Green},
}

// countPasses counts products of matrices, of which an evaluation of the network and a pass back through it each have
// one a layer.
func countPasses(l *suite.Lab, r *suite.Report) (figure.Panel, error) {
	const batch = 16
	net := network.MLP{Hidden: []int{256, 256}, Key: l.Key("counted")}
	table := suite.Table{Name: "passes", Caption: "Passes back through a network of width 256 that the loss takes, " +
		"and work of the gradient in the weights in evaluations of the network, counted in the graph",
		Header: []string{"d", "objective", "evaluations", "passes back", "work of a step"}}
	panel := figure.Panel{Title: "a step of training", X: figure.Axis{Label: "dimension d", Log: true},
		Y: figure.Axis{Label: "work in evaluations", Log: true, Min: 1.5, Max: 40000}, Legend: figure.TopLeft}
	lines := make([]figure.Line, len(costed))
	off := make([]int, len(costed))
	for _, d := range []int{2, 4, 8, 16, 32, 64, 128, 256} {
		for i, c := range costed {
			var back int
			var work float64
			err := kit.BuildOnly(l, batch, d, func(scope *model.Scope, x *Node) {
				calls := 0
				bound := net.Net(scope)
				counted := func(x, logSNR, label *Node) *Node {
					calls++
					return bound(x, logSNR, label)
				}
				alone := kit.MatmulsOf(bound(x, kit.ScalarLike(x, 0), nil))
				loss := ReduceAllMean(c.loss(diffusion.EDM{}, counted, diffusion.Batch{X0: x},
					random.New(x.Graph(), l.Key("counted"))))
				sweeps := kit.MatmulsOf(loss).Count - c.evaluations*alone.Count
				if calls != c.evaluations || sweeps%alone.Count != 0 {
					off[i] += 1 + calls
				}
				back = sweeps / alone.Count
				work = kit.MatmulsOf(Gradient(loss, kit.WeightsIn(scope, x.Graph())...)...).Work / alone.Work
			})
			if err != nil {
				return panel, err
			}
			if back != c.back(d) {
				off[i]++
			}
			lines[i].X, lines[i].Y = append(lines[i].X, float64(d)), append(lines[i].Y, work)
			table.Rows = append(table.Rows, []any{d, c.name, c.evaluations, back, work})
			if d == 256 {
				r.Add(suite.Equals{Claim: c.claim, Metric: fmt.Sprintf("passes back through the network that the "+
					"loss takes in 256 dimensions: %s", c.name), Got: float64(back), Want: float64(c.back(d)), Tol: 0,
					Why: "a count"})
			}
		}
	}
	for i, c := range costed {
		r.Add(suite.Equals{Claim: c.claim, Metric: "dimensions from 2 to 256 where evaluations and passes back are " +
			"not as stated: " + c.name, Got: float64(off[i]), Want: 0, Tol: 0, Why: "a count"})
		lines[i].Color, lines[i].Label, lines[i].Markers = c.color, c.name, true
		panel.Layers = append(panel.Layers, lines[i])
	}
	r.Tables = append(r.Tables, table)
	return panel, l.Progress(.2, "the noise of a trace")
}

// chained is the correlation of neighbours in a stationary Gaussian chain x_1 .. x_d of unit variances, whose score -P
// x is linear: P has (1 + rho^2)/(1 - rho^2) on the diagonal, 1/(1 - rho^2) at its ends, and -rho/(1 - rho^2) beside
// it.
const chained = .5

// chainScore is the gradient of the chain's log density, by the innovations z_1 = x_1, z_i = (x_i - rho x_{i-1})/(1 -
// rho^2)^(1/2).
func chainScore(x *Node) *Node {
	d := x.Shape().Dim(1)
	whiten := make([][]float64, d) // z = x W
	for i := range whiten {
		whiten[i] = make([]float64, d)
		whiten[i][i] = 1
		if i > 0 {
			whiten[i][i] = 1 / math.Sqrt(1-chained*chained)
			whiten[i-1][i] = -chained * whiten[i][i]
		}
	}
	z := Dot(x, ConstAs(x, whiten)).Product()
	return Gradient(MulScalar(ReduceAllSum(Square(z)), -.5), x)[0]
}

// chainTrace is the trace of the chain's -P, and the variances of its estimate by normal and by Rademacher probes.
func chainTrace(d int) (trace, normal, rademacher float64) {
	scale, n := 1/(1-chained*chained), float64(d)
	inner := (1 + chained*chained) * scale
	diagonal := 2*scale*scale + (n-2)*inner*inner
	beside := 2 * (n - 1) * chained * chained * scale * scale
	return -(2*scale + (n-2)*inner), 2 * (diagonal + beside), 2 * beside
}

// traceNoise measures Hutchinson's estimate on the score of the chain.
func traceNoise(l *suite.Lab, r *suite.Report) (figure.Panel, error) {
	panel := figure.Panel{Title: "noise of one probe", X: figure.Axis{Label: "dimension d", Log: true},
		Y: figure.Axis{Label: "standard deviation / trace", Log: true, Min: .02, Max: 6}, Legend: figure.TopRight}
	n := l.Size(4000, 40_000)
	dims := []int{2, 4, 8, 16, 32, 64, 128, 256}
	table := suite.Table{Name: "noise", Caption: "Variance of Hutchinson's estimate of the divergence of the score " +
		"of a Gaussian chain: exact and over probes", Header: []string{"d", "probe", "trace", "exact", "measured", "lo",
		"hi", "sd over trace"}}
	for k, p := range kit.Probes {
		exact, marks := figure.Line{Color: p.Color, Label: p.Name}, figure.ErrorBars{Color: p.Color}
		for _, d := range dims {
			out, err := kit.Evaluate(l, func(in []*Node) []*Node {
				x := Zeros(in[0].Graph(), shapes.Make(dtypes.Float64, n, d))
				return []*Node{
					diffusion.Hutchinson(chainScore, x,
						p.Draw(random.New(x.Graph(), l.Key(fmt.Sprint("probes ", p.Name, d))), x))}
			}, 0.)
			if err != nil {
				return panel, err
			}
			trace, normal, rademacher := chainTrace(d)
			want := []float64{normal, rademacher}[k]
			variance, err := metrics.MeanOf(n, func(i int) float64 { return math.Pow(out[0][i]-trace, 2) })
			if err != nil {
				return panel, err
			}
			table.Rows = append(table.Rows, []any{d, p.Name, trace, want, variance.Center, variance.Lo, variance.Hi,
				-math.Sqrt(variance.Center) / trace})
			exact.X, exact.Y = append(exact.X, float64(d)), append(exact.Y, -math.Sqrt(want)/trace)
			marks.X, marks.Y = append(marks.X, float64(d)), append(marks.Y, -math.Sqrt(variance.Center)/trace)
			marks.Lo, marks.Hi = append(marks.Lo, -math.Sqrt(variance.Lo)/trace),
				append(marks.Hi, -math.Sqrt(variance.Hi)/trace)
			if d == 2 || d == 16 || d == 256 {
				mean, err := metrics.Mean(out[0])
				if err != nil {
					return panel, err
				}
				r.Add(
					kit.NearReference{Claim: claims.D001Hutchinson,
						Metric: fmt.Sprintf("divergence of the score of a Gaussian chain of %d, by %s probes", d,
							p.Name), Got: mean, Want: trace, SE: 1e-13 * math.Abs(trace),
						Why: kit.WhySE + " and rounding; exact by hand"},
					kit.NearReference{Claim: claims.D002Hutchinson,
						Metric: fmt.Sprintf("variance of that estimate about the trace, d = %d, %s probes", d, p.Name),
						Got:    variance, Want: want, SE: 1e-12 * want,
						Why: kit.WhySE + " and rounding, since in two dimensions a Rademacher probe is always off by " +
							"the same; exact by hand: 2|S|^2, less the diagonal for Rademacher"})
			}
		}
		panel.Layers = append(panel.Layers, exact, marks)
	}
	r.Tables = append(r.Tables, table)
	return panel, l.Progress(.4, "learning in 8 dimensions")
}

// fourCrosses is the law of four independent crosses, in 8 dimensions.
func fourCrosses() (*density.Mixture, error) {
	var components []density.Component
	for k := range 16 {
		cov := make([][]float64, 8)
		for i := range cov {
			cov[i] = make([]float64, 8)
			cov[i][i] = 1
			cov[i][i^1] = .9 * float64(1-2*(k>>(i/2)&1))
		}
		components = append(components, density.Component{Weight: 1. / 16, Mean: make([]float64, 8), Cov: cov})
	}
	return density.NewMixture("four crosses", components...)
}

// learnInEight trains with every objective on the same batches.
func learnInEight(l *suite.Lab, r *suite.Report) (figure.Panel, error) {
	const batch, every, d = 256, 50, 8
	panel := figure.Panel{Title: "learning, d = 8", X: figure.Axis{Label: "work in evaluations", Log: true},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: .01, Max: 1.5}, Legend: figure.NoLegend}
	law, err := fourCrosses()
	if err != nil {
		return panel, err
	}
	net := network.MLP{Hidden: []int{128, 128}, Init: "lecun", Key: l.Key("eight")}
	levels := []float64{0, 0, 0, .3}
	var pupils []kit.Learner
	work := make([]float64, len(costed))
	for i, c := range costed {
		name := fmt.Sprint("objective", i)
		p := kit.Learner{Name: name, Net: net, Path: diffusion.EDM{}, Loss: c.loss, Scorer: diffusion.ScoreNet(0)}
		if work[i], err = kit.StepWork(l, p, batch, d); err != nil {
			return panel, err
		}
		pupils = append(pupils, p)
	}
	plan := train.Plan{Data: kit.FreshBatches(law, batch, false), Key: l.Key("training"), Every: every,
		Average: train.Average{Decay: .99}, Step: kit.TrainJointly(train.Adam{Rate: 2e-3}, pupils)}
	trainer, err := plan.Begin(l.Backend)
	if err != nil {
		return panel, err
	}
	defer trainer.Close()
	n := l.Size(10_000, 50_000)
	data, err := law.Sample(l.Backend, l.Key("scored"), n)
	if err != nil {
		return panel, err
	}
	exam, err := kit.NewEvaluator(l, trainer, func(scope *model.Scope, in []*Node) []*Node {
		var out []*Node
		for i, p := range pupils {
			t := kit.ScalarLike(in[0], levels[i])
			x := in[0]
			if levels[i] > 0 {
				x = Add(x, MulScalar(random.New(x.Graph(), l.Key("scoring noise")).Normal(x), levels[i]))
			}
			exact := law.Model(diffusion.EDM{}).Score(x, t)
			norm := func(v *Node) *Node { return ReduceSum(Square(v), 1) }
			out = append(out, norm(Sub(p.Score(scope, x, t), exact)), norm(exact))
		}
		return out
	})
	if err != nil {
		return panel, err
	}
	defer exam.Exec.Finalize()
	exam.Averaged = true
	steps := l.Size(1000, 4000)
	table := suite.Table{Name: "eight", Caption: "Relative Fisher error on four independent crosses, each to its own " +
		"minimiser, over samples, at equal steps; work of a step in evaluations of the network",
		Header: []string{"step"}}
	lines := make([]figure.Line, len(costed))
	for i, c := range costed {
		table.Header = append(table.Header, fmt.Sprintf("%s (%.1f a step)", c.name, work[i]))
		lines[i].Color = c.color
	}
	var last []metrics.Summary
	next := every
	for report, err := range trainer.Run(l.Context, steps) {
		if err != nil {
			return panel, err
		}
		if report.Step < next && report.Step != steps {
			continue
		}
		next = report.Step * 7 / 5
		out, err := exam.Evaluate(trainer, data)
		if err != nil {
			return panel, err
		}
		row := []any{report.Step}
		last = nil
		for i := range costed {
			e, err := metrics.Ratio(out[2*i], out[2*i+1])
			if err != nil {
				return panel, err
			}
			last = append(last, e)
			row = append(row, e.Center)
			lines[i].X, lines[i].Y = append(lines[i].X, work[i]*float64(report.Step)), append(lines[i].Y, e.Center)
		}
		table.Rows = append(table.Rows, row)
	}
	for i, c := range costed {
		panel.Layers = append(panel.Layers, lines[i])
		r.Add(suite.Between{Claim: c.claim, Metric: "relative Fisher error on four crosses in 8 dimensions after all " +
			"steps: " + c.name, Got: last[i], Lo: 0, Hi: .10, Alpha: 1e-7,
			Why: "calibrated on trainings from 6 seeds: 0.040 to 0.064 for the four objectives", OfTraining: true})
	}
	r.Tables = append(r.Tables, table)
	return panel, nil
}
