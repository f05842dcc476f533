package langevin

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var langevin = suite.Experiment{
	ID:     "langevin",
	Stream: "E03-langevin",
	Title:  "Langevin dynamics samples the target, but later than the figure shows",
	Question: "Do samples of Langevin dynamics reach the target distribution? When, and how large is the bias " +
		"of the discrete chain?",
	Sources: []string{"001, Langevin Equation and Brownian Motion (third figure)", "002, section 2",
		"003, Langevin Dynamics", "004, Langevin Dynamics Convergence Theorem"},
	Run: runLangevin,
}

func runLangevin(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, but not at the time that the figure of document 001 shows. Its 50 steps of " +
		"0.01 end at t = 0.5, where the mixed moment E[x1^2 x2^2] of the cross is 1.96 (target 2.62). Mean and " +
		"covariance do not show this, because the start N(0, I) shares them with the target. By t = 20 the " +
		"chain has converged to its own stationary distribution. That distribution is slightly too wide: on " +
		"N(0, v) data, steps of length delta give the variance v/(1 - delta/(2v)) instead of v. Accepting each " +
		"step by a Metropolis test removes the bias."}
	chain, err := runFigureChain(l)
	if err != nil {
		return nil, err
	}
	return kit.InTurn(l, r, chain.asDrawn, chain.converged, twoNotations, stationaryBias, adjusted, chain.draw)
}

const (
	chainSteps = 2000 // of the chain: to t = 20
	drawnSteps = 50   // of the document's figure: to t = 0.5
)

// figureChain is the chain of 001's third figure, measured on its way from N(0, I) to t = 20.
type figureChain struct {
	n          int
	times      []float64
	m22, trace []metrics.Summary      // E[x1^2 x2^2] and the trace of the covariance at the times
	snapshots  map[int]metrics.Points // by step
}

// chainStops are the steps after which the chain is measured: dense at first, where it changes fast.
func chainStops() (stops []int) {
	for s := 1; s <= chainSteps; s++ {
		if s <= 100 || s <= 400 && s%20 == 0 || s%100 == 0 {
			stops = append(stops, s)
		}
	}
	return stops
}

// runFigureChain runs unadjusted Langevin dynamics on the cross, with the step of the document, and measures it.
func runFigureChain(l *suite.Lab) (*figureChain, error) {
	c := &figureChain{n: l.Size(10_000, 100_000), snapshots: map[int]metrics.Points{}}
	grid, err := diffusion.Uniform(0, kit.LangevinFigureStep*float64(chainSteps), chainSteps)
	if err != nil {
		return nil, err
	}
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("start"), c.n)
	if err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.Langevin),
		Grid:  grid,
		Noise: l.Key("chain")}
	for s, err := range plan.Trace(l.Backend, start, chainStops()...) {
		if err != nil {
			return nil, err
		}
		if err := c.add(s.Step, s.Time, kit.Points(s.X)); err != nil {
			return nil, err
		}
		if err := l.Progress(.6*float64(s.Step)/chainSteps, "Langevin dynamics"); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// add measures the chain after a step.
func (c *figureChain) add(step int, t float64, p metrics.Points) error {
	m22, err := metrics.M22(p)
	if err != nil {
		return err
	}
	trace, err := metrics.TraceCovariance(p)
	if err != nil {
		return err
	}
	c.times, c.m22, c.trace, c.snapshots[step] = append(c.times, t), append(c.m22, m22), append(c.trace, trace), p
	return nil
}

// References with their own standard errors: an independent chain of 4 million samples.
const trace17, trace50, traceEnd, traceSE = 1.7708, 1.8290, 2.005, .002

const whyM22 = "5 standard errors of x1^2 x2^2, whose variance under the cross is 76.2; reference from an " +
	"independent computation"

// nearM22 checks E[x1^2 x2^2] of n samples against a reference.
func nearM22(metric string, got metrics.Summary, want float64, n int) suite.Between {
	half := 5 * math.Sqrt(76.202/float64(n)) // Var x1^2 x2^2 under the cross
	return suite.Between{Claim: claims.D001LangevinFigure, Metric: metric, Got: got, Lo: want - half, Hi: want + half,
		Alpha: metrics.Miss, Why: whyM22}
}

// asDrawn measures the chain where the document's figure stops.
func (c *figureChain) asDrawn(_ *suite.Lab, r *suite.Report) error {
	few := metrics.Points{N: 1000, D: 2, X: c.snapshots[drawnSteps].X[:2000]}
	m22few, err := metrics.M22(few)
	if err != nil {
		return err
	}
	fewer := nearM22("E[x1^2 x2^2] as drawn (t = 0.5), 1,000 samples; the target has 2.62", m22few, 1.96, few.N)
	all := nearM22("E[x1^2 x2^2] as drawn (t = 0.5), all samples; the target has 2.62", c.m22[drawnSteps], 1.96, c.n)
	fewer.Shows, all.Shows = suite.Qualified, suite.Qualified
	r.Add(fewer, all,
		kit.NearReference{Claim: claims.D001LangevinFigure, Metric: "trace of the covariance after 17 steps: it dips " +
			"before it recovers to 2", Got: c.trace[17], Want: trace17, SE: traceSE,
			Why: kit.WhyLongRun, Shows: suite.Qualified},
		kit.NearReference{Claim: claims.D001LangevinFigure, Metric: "trace of the covariance after 50 steps",
			Got: c.trace[drawnSteps], Want: trace50, SE: traceSE, Why: kit.WhyLongRun, Shows: suite.Qualified})
	return nil
}

// converged measures the chain at t = 20.
func (c *figureChain) converged(l *suite.Lab, r *suite.Report) error {
	exact, err := density.Cross().Sample(l.Backend, l.Key("exact"), c.n)
	if err != nil {
		return err
	}
	sw2, err := metrics.SlicedW2(c.snapshots[chainSteps], kit.Points(exact), metrics.Projections)
	if err != nil {
		return err
	}
	last := len(c.times) - 1
	m22 := nearM22("E[x1^2 x2^2] at t = 20; the target has 2.62", c.m22[last], 2.62, c.n)
	m22.Claim = claims.D001LangevinConverges
	scale := math.Sqrt(1e4 / float64(c.n)) // of the floor of SW2
	r.Add(m22,
		suite.Between{Claim: claims.D001LangevinConverges, Metric: "sliced W2 between the chain at t = 20 and exact " +
			"samples", Got: sw2, Lo: .010 * scale, Hi: .060 * scale, Alpha: 1e-5, Why: kit.WhyFloor},
		kit.NearReference{Claim: claims.D003NoiseExplores,
			Metric: "trace of the covariance at t = 20, where the flow without noise has 0",
			Got:    c.trace[last], Want: traceEnd, SE: traceSE, Why: kit.WhyLongRun})
	r.Tables = append(r.Tables, suite.Table{Name: "relaxation", Caption: "E[x1^2 x2^2] and trace of the covariance " +
		"against time",
		Header: []string{"t", "m22", "m22 lo", "m22 hi", "trace", "trace lo", "trace hi"},
		Rows: kit.Rows(c.times, kit.Centers(c.m22), kit.Lows(c.m22), kit.Highs(c.m22), kit.Centers(c.trace),
			kit.Lows(c.trace), kit.Highs(c.trace))})
	return nil
}

// twoNotations runs the chain in the notation of 002, with alpha = 2 delta. Both must give the same bits.
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
		plan := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: sampler, Grid: grid,
			Noise: l.Key("notation")}
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
