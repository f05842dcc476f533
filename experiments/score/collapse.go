package score

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var odeCollapse = suite.Experiment{
	ID:       "ode-collapse",
	Stream:   "E02-ode-collapse",
	Title:    "Without noise, every sample converges to the mode",
	Question: "Is it enough to follow the score uphill, dx/dt = s(x), to sample from a density?",
	Sources:  []string{"001, Generative Modeling with Scores (second figure)", "004, Sampling: Naive Idea"},
	Run:      runOdeCollapse,
}

// The Euler step of 001's figure, and the end of the run.
const (
	odeStep = .01
	odeEnd  = 10
)

func runOdeCollapse(l *suite.Lab) (*suite.Report, error) {
	grid, err := diffusion.Uniform(0, odeEnd, int(odeEnd/odeStep))
	if err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.GradientAscent),
		Grid: grid}
	c, err := followScore(l, plan)
	if err != nil {
		return nil, err
	}
	exact, err := quadratureTrace(l, plan)
	if err != nil {
		return nil, err
	}
	r := &suite.Report{Answer: "No. All samples of the cross converge to its mode. Their spread, the trace of " +
		"their covariance, falls from 2 to 0.82 at t = 0.5 and to 0.05 at t = 2, while the target's is 2. Close to " +
		"the mode, distances shrink at the rate 5.26, the curvature of the log density there. The flow finds where " +
		"the density is highest. It does not reproduce the density."}
	c.checkSpread(r, exact)
	if err := c.checkRate(r); err != nil {
		return nil, err
	}
	r.Tables = append(r.Tables, suite.Table{Name: "trace", Caption: "Trace of the covariance of the samples against " +
		"time: the target keeps 2",
		Header: []string{"t", "trace", "lo", "hi"}, Rows: kit.Rows(c.times, kit.Centers(c.traces), kit.Lows(c.traces),
			kit.Highs(c.traces))})
	return r, collapseFigures(l, r, c)
}

// collapse records samples from N(0, I) that follow the score of the cross, at some of the steps.
type collapse struct {
	steps  []int
	times  []float64
	traces []metrics.Summary      // of the covariance
	clouds map[int]metrics.Points // by step
}

// followScore runs the plan and records it at the steps of frameMarks.
func followScore(l *suite.Lab, plan diffusion.Plan) (collapse, error) {
	c := collapse{clouds: map[int]metrics.Points{}}
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("start"), l.Size(10_000, 100_000))
	if err != nil {
		return c, err
	}
	steps := len(plan.Grid) - 1
	for s, err := range plan.Trace(l.Backend, start, frameMarks(steps)...) {
		if err != nil {
			return c, err
		}
		if err := l.Progress(.5*float64(s.Step)/float64(steps), "following the score"); err != nil {
			return c, err
		}
		p := kit.Points(s.X)
		trace, err := metrics.TraceCovariance(p)
		if err != nil {
			return c, err
		}
		c.steps, c.times = append(c.steps, s.Step), append(c.times, s.Time)
		c.traces, c.clouds[s.Step] = append(c.traces, trace), p
	}
	return c, nil
}

// checkSpread compares the spread with exact, its value by time, while it is large, and with 0 later.
func (c collapse) checkSpread(r *suite.Report, exact map[float64]float64) {
	whyQuadrature := kit.WhySE + "; exact by quadrature over the start N(0, I), whose points the flow moves " +
		"without noise"
	for i, t := range c.times {
		switch t {
		case .5, 2:
			r.Add(suite.Near{Claim: claims.D001ODECollapses,
				Metric: fmt.Sprintf("trace of the covariance at t = %g", t),
				Got:    c.traces[i], Want: exact[t], Why: whyQuadrature})
		case 5:
			r.Add(suite.Below{Claim: claims.D004ODEOnlyModes, Metric: "trace of the covariance at t = 5",
				Got: c.traces[i].Center, Bound: 1e-9,
				Why: "distances shrink at the rate 5.26 near the mode: even a start 5 standard deviations out is " +
					"within 1e-5 by then"})
		case odeEnd:
			r.Add(suite.Below{Claim: claims.D004ODEOnlyModes, Metric: "trace of the covariance at t = 10",
				Got: c.traces[i].Center, Bound: 1e-30,
				Why: "the same rate for twice the time"})
		}
	}
	// The wanted values come from a simulation outside this code.
	r.Add(
		suite.Equals{Claim: claims.D001ODECollapses, Metric: "trace at t = 0.5, by quadrature",
			Got: exact[.5], Want: .819, Tol: .03,
			Why: "an independent simulation of 10,000 samples: its own 5 standard errors"},
		suite.Equals{Claim: claims.D001ODECollapses, Metric: "trace at t = 2, by quadrature",
			Got: exact[2], Want: .049, Tol: .01,
			Why: "an independent simulation of 10,000 samples: its own 5 standard errors"})
}

// checkRate compares the late rate of contraction with the curvature of the log density at the mode.
func (c collapse) checkRate(r *suite.Report) error {
	rate, err := c.lateRate()
	if err != nil {
		return err
	}
	curvature := (1/1.9 + 10) / 2
	want := math.Log1p(-odeStep*curvature) / odeStep
	r.Add(suite.Equals{Claim: claims.D001ODECollapses, Metric: "rate of log |x| between t = 6 and 10",
		Got: rate, Want: want, Tol: 1e-3 * math.Abs(want),
		Why: "one Euler step multiplies by 1 - 5.263158 delta; higher terms of the log density are of order |x|^2, " +
			"1e-20 by then"})
	return nil
}

// frameMarks are the steps that the animation and the table show: every second up to t = 1, then coarser.
func frameMarks(steps int) []int {
	var marks []int
	for s := 4; s <= steps; {
		marks = append(marks, s)
		switch {
		case s < 100:
			s += 2
		case s < 200:
			s += 10
		default:
			s += 50
		}
	}
	return marks
}

// quadratureTrace returns E|x_t|^2 at t = 0.5 and 2, by quadrature over the start N(0, I). It is the trace of the
// covariance, since x_t is an odd map of x_0 and has mean 0.
func quadratureTrace(l *suite.Lab, plan diffusion.Plan) (map[float64]float64, error) {
	nodes, cell, err := density.Grid(-6.5, 6.5, l.Size(261, 521), 2)
	if err != nil {
		return nil, err
	}
	from := kit.Points(nodes)
	trace := map[float64]float64{}
	for s, err := range plan.Trace(l.Backend, nodes, 50, 200) {
		if err != nil {
			return nil, err
		}
		to, sum, mass := kit.Points(s.X), 0.0, 0.0
		for i := range to.N {
			a, b := from.Row(i), to.Row(i)
			weight := cell * math.Exp(-(a[0]*a[0]+a[1]*a[1])/2) / (2 * math.Pi)
			sum += weight * (b[0]*b[0] + b[1]*b[1])
			mass += weight
		}
		if err := density.CheckSum("N(0, I) at the start", []float64{mass}, 1); err != nil {
			return nil, err
		}
		trace[s.Time] = sum
	}
	return trace, l.Progress(.6, "quadrature")
}

// lateRate is the slope of the mean of log |x| against time, from t = 6 on.
func (c collapse) lateRate() (float64, error) {
	var t, logs []float64
	for _, step := range c.steps {
		if step < 600 {
			continue
		}
		p, sum := c.clouds[step], 0.0
		for i := range p.N {
			sum += math.Log(math.Hypot(p.Row(i)[0], p.Row(i)[1]))
		}
		t, logs = append(t, odeStep*float64(step)), append(logs, sum/float64(p.N))
	}
	fit, err := metrics.Slope(t, logs)
	return fit.Center, err
}
