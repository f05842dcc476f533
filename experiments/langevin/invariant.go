package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var invariantDistribution = suite.Experiment{
	ID:     "invariant-distribution",
	Stream: "E04-invariant-law",
	Title:  "Every start converges to one invariant distribution, at a rate set by the spectral gap",
	Question: "Does the distribution of Langevin dynamics converge to its target from every start, and how long " +
		"does that take?",
	Sources: []string{"001, Fokker-Planck Equation", "004, Langevin Dynamics Convergence Theorem"},
	Run:     runInvariantDistribution,
}

const (
	relaxStep = .01
	relaxEnd  = 60
)

// relaxStarts are the starts of the dynamics on G1: between its modes, outside of them, and beside the lighter one.
var relaxStarts = []struct {
	name  string
	start *density.Mixture
}{
	{"N(0, 1)", kit.Normal([]float64{0}, 1)},
	{"N(4, 0.1)", kit.Normal([]float64{4}, .1)},
	{"N(-2.5, 0.1)", kit.Normal([]float64{-2.5}, .1)},
}

// dynamics is Langevin dynamics on G1 as a Fokker-Planck equation on a grid: its generator, its target, its slowest
// modes, and what it does from each start.
type dynamics struct {
	*fokkerplanck.Generator
	target []float64
	modes  []fokkerplanck.Mode
	shots  []int // the steps of the film
	runs   []relaxation
}

// relaxation is the solution from one start: KL(p_t, p) after every step, the densities at the steps of the film,
// the number of steps at which KL did not fall, and the largest change of mass.
type relaxation struct {
	kl    []float64
	shots [][]float64
	rises int
	leak  float64
}

func runInvariantDistribution(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. The target is stationary to rounding. The eigenvalue 0 of the dynamics is " +
		"simple, so no other distribution is stationary. The divergence KL(p_t, p) from the target p falls at " +
		"every step, and in the end like exp(-2 gap t) from each start. The gap is the second eigenvalue, and " +
		"the proof of stationarity says nothing about it. The relaxation time 1/gap is 15 for the bimodal G1, " +
		"and 22 million for two unit modes that are 12 apart."}
	g, q, err := kit.LangevinLine(l, density.Bimodal(), fokkerplanck.Line{Lo: -6, Hi: 6, N: 1201})
	if err != nil {
		return nil, err
	}
	d := &dynamics{Generator: g, target: q, shots: relaxShots()}
	if err := d.invariance(r); err != nil {
		return nil, err
	}
	for i, s := range relaxStarts {
		run, err := d.relaxFrom(l, s.start)
		if err != nil {
			return nil, err
		}
		if err := d.checkRelaxation(r, s.name, run); err != nil {
			return nil, err
		}
		d.runs = append(d.runs, run)
		if err := l.Progress(.1*float64(i+1), "relaxing"); err != nil {
			return nil, err
		}
	}
	if err := d.relaxReference(l, r); err != nil {
		return nil, err
	}
	pairs, err := separatedModes(l, r)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.6, "drawing"); err != nil {
		return nil, err
	}
	return r, relaxFigures(r, d, pairs)
}

// invariance checks that the target is stationary, and that nothing else is.
func (d *dynamics) invariance(r *suite.Report) error {
	change, err := d.Apply(d.target)
	if err != nil {
		return err
	}
	modes, err := d.Spectrum(4)
	if err != nil {
		return err
	}
	d.modes = modes
	r.Add(
		suite.Below{Claim: claims.D004UniqueInvariantLaw, Metric: "largest |dp/dt| at p = the target G1",
			Got: kit.LargestAbs(change), Bound: 1e-10,
			Why: "rounding in float64: a cell of density 0.5 exchanges its mass 20,000 times per unit of time: about " +
				"1e-12 per flux, with room"},
		suite.Below{Claim: claims.D004UniqueInvariantLaw,
			Metric: "slowest rate of the generator, that of the invariant law",
			Got:    math.Abs(modes[0].Rate), Bound: 1e-9,
			Why: "rounding in float64 of the largest jump rate, 20,000, times the square root of 1,201 cells, " +
				"with room"})
	for k, what := range []string{"second rate, the spectral gap; it is not 0, so no other law is invariant",
		"third rate", "fourth rate"} {
		r.Add(suite.Equals{Claim: claims.D004UniqueInvariantLaw, Metric: what,
			Got: modes[k+1].Rate, Want: []float64{.065924, 2.9209, 5.8924}[k], Tol: 1e-4,
			Why: "an independent computation to that many digits"})
	}
	table := suite.Table{Name: "modes", Caption: "The target q of Langevin dynamics on G1, and its slowest " +
		"modes, scaled so that the integral of mode^2/q is 1",
		Header: []string{"x", "target", "mode 2", "mode 3", "mode 4"}}
	for i := 0; i < d.N; i += 5 {
		table.Rows = append(table.Rows, []any{d.At(float64(i)), d.target[i], modes[1].Shape[i], modes[2].Shape[i],
			modes[3].Shape[i]})
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// relaxFrom runs the equation from one start with backward Euler.
func (d *dynamics) relaxFrom(l *suite.Lab, start *density.Mixture) (run relaxation, err error) {
	p, err := kit.LineDensity(l, start, d.Line)
	if err != nil {
		return run, err
	}
	step, err := d.Stepper(fokkerplanck.BackwardEuler, relaxStep)
	if err != nil {
		return run, err
	}
	for s := 0; ; s++ {
		kl, err := fokkerplanck.KL(d, p, d.target)
		if err != nil {
			return run, err
		}
		if s > 0 && kl >= run.kl[s-1] {
			run.rises++
		}
		run.leak = math.Max(run.leak, math.Abs(fokkerplanck.Mass(d, p)-1))
		run.kl = append(run.kl, kl)
		if len(run.shots) < len(d.shots) && d.shots[len(run.shots)] == s {
			run.shots = append(run.shots, append([]float64(nil), p...))
		}
		if s == relaxEnd/relaxStep {
			return run, nil
		}
		if err := step.Advance(p, 1); err != nil {
			return run, err
		}
	}
}

// checkRelaxation checks that KL falls, that mass is kept, and the late rate.
func (d *dynamics) checkRelaxation(r *suite.Report, name string, run relaxation) error {
	var times, logs []float64
	for s := 40 / relaxStep; s <= relaxEnd/relaxStep; s += 100 {
		times, logs = append(times, relaxStep*s), append(logs, math.Log(run.kl[int(s)]))
	}
	slope, err := metrics.Slope(times, logs)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claims.D004LangevinConvergence,
			Metric: "steps of 6,000 in which KL(p_t, p) does not fall, from " + name,
			Got:    float64(run.rises), Want: 0, Tol: 0,
			Why: "a theorem for backward Euler: each step is a Markov chain with the target as its stationary " +
				"distribution"},
		suite.Below{Claim: claims.D004LangevinConvergence, Metric: "largest change of mass, from " + name,
			Got: run.leak, Bound: 1e-12, Why: "rounding in float64 over 6,000 steps"},
		suite.Equals{Claim: claims.D004LangevinConvergence, Metric: "late slope of log KL over -2 gap, from " + name,
			Got: slope.Center / (-2 * d.modes[1].Rate), Want: 1, Tol: .02,
			Why: "the next term of KL falls by exp(-3 gap t). From the most distant start it is 3 % of the " +
				"first at t = 40, and bends the slope by half of that", Shows: suite.Qualified})
	return nil
}

// relaxReference compares KL at five times with an independent computation, and one of them with a scheme of second
// order.
func (d *dynamics) relaxReference(l *suite.Lab, r *suite.Report) error {
	run := d.runs[0]
	for i, want := range []float64{.009527, .007235, .005526, .003235, .001898} {
		t := []float64{1, 2, 4, 8, 12}[i]
		r.Add(suite.Equals{Claim: claims.D004LangevinConvergence, Metric: fmt.Sprintf("KL(p_t, p) at t = %g from "+
			"N(0, 1), backward Euler, dt = 0.01", t),
			Got: run.kl[int(math.Round(t/relaxStep))], Want: want, Tol: 5e-7,
			Why: "the last digit of an independent computation of the same scheme"})
	}
	p, err := kit.LineDensity(l, relaxStarts[0].start, d.Line)
	if err != nil {
		return err
	}
	const dt = .001
	step, err := d.Stepper(fokkerplanck.CrankNicolson, dt)
	if err != nil {
		return err
	}
	if err := step.Advance(p, 1/dt); err != nil {
		return err
	}
	kl, err := fokkerplanck.KL(d, p, d.target)
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D004LangevinConvergence, Metric: "KL(p_t, p) at t = 1 from N(0, 1), " +
		"Crank-Nicolson, dt = 0.001", Got: kl, Want: .009425, Tol: 5e-7,
		Why: "the last digit of an independent computation. At dt = 0.01, backward Euler is 1 % above, and " +
			"Crank-Nicolson has the digits but is negative in the tails"})
	table := suite.Table{Name: "kl", Caption: "KL(p_t, p) of Langevin dynamics on G1 against time, from N(0, " +
		"1), by backward Euler with dt = 0.01", Header: []string{"t", "kl"}}
	for s := 0; s < len(run.kl); s += 50 {
		table.Rows = append(table.Rows, []any{relaxStep * float64(s), run.kl[s]})
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// relaxShots are the steps of the film: dense at first, when the modes form, and ever wider later.
func relaxShots() []int {
	shots := []int{0}
	for t := .03; t < relaxEnd; t *= 1.17 {
		if s := int(math.Round(t / relaxStep)); s > shots[len(shots)-1] {
			shots = append(shots, s)
		}
	}
	return shots
}
