package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var likelihood = suite.Experiment{
	ID:     "likelihood",
	Stream: "E17-likelihood",
	Title:  "How likely is a sample? Log densities by the probability flow",
	Question: "Does the probability flow give the exact log density of data, and does learning the score maximize " +
		"the likelihood?",
	Sources: []string{"002, section 6, table", "003, Probability Flow ODEs", "003, Fisher Divergence and Score " +
		"Matching", "004, Denoising Score Matching"},
	Run: runLikelihood,
}

// dataTime is the time at which the flows of this experiment end: log p_t equals log p_0 to 2e-7 there.
const dataTime = 1e-7

func runLikelihood(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "The flow's log density is exact within 100 times the solver's tolerance, in either " +
		"direction of time, given the exact score and the exact p_T at the noise end. Each shortcut has a cost. The " +
		"prior N(0, sigma^2) in place of p_T moves log p by up to 0.003 nats here; stopping at t > 0 moves it in " +
		"proportion to t; random trace probes add variance. The Fisher divergence integrated over all noise levels " +
		"is the KL divergence. So score matching at all levels bounds the KL divergence from the data to the reverse " +
		"SDE. It does not bound that to the flow: with the same wrong score the flow exceeds the bound 7 to 42 times " +
		"here."}
	// XLA would compile each of these small integrations for seconds; the interpreter runs them in a tenth of a second.
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		return nil, err
	}
	small := *l
	small.Backend = b
	if err := onBackend(l, &small, r); err != nil {
		return nil, err
	}
	return kit.InTurn(&small, r, exactLikelihood, wholeLine, limitOfTime, bothDirections, crossLikelihood,
		probedLikelihood, klIsFisher, wrongScore, flowLines)
}

// flowOf is the likelihood of a target along VP, from data to noise, at a tolerance.
func flowOf(m *density.Mixture, tol float64) diffusion.Plan {
	return diffusion.Plan{Build: m.Build(diffusion.VP{}), Sampler: diffusion.FlowLikelihood{
		Method: diffusion.DormandPrince{RTol: tol}}, Grid: []float64{dataTime, 1}}
}

const whySolver = "100 times the tolerance: about ten steps' errors, which the flow amplifies where it separates the " +
	"modes"

// onBackend computes one likelihood on the chosen backend and compares it with that of the interpreter.
func onBackend(l, small *suite.Lab, r *suite.Report) error {
	var nats [2][]float64
	for i, b := range []compute.Backend{l.Backend, small.Backend} {
		x, _, err := density.Grid(-3, 3, 29, 1) // each its own: a tensor belongs to one backend
		if err != nil {
			return err
		}
		got, err := flowOf(density.Bimodal(), 1e-8).LogLikelihood(b, x, diffusion.ExactPrior)
		if err != nil {
			return err
		}
		nats[i] = got.Nats
	}
	r.Add(suite.Below{Claim: claims.D003ExactLikelihood, Metric: "log p of G1 on the chosen backend less that of the " +
		"interpreter", Got: kit.LargestDifference(nats[0], nats[1]), Bound: 1e-9,
		Why: "a tenth of the tolerance: rounding changes a step by a small part of its own error"})
	return l.Progress(.3, "tolerances")
}

// solve is a likelihood with its setting (a tolerance or a number of steps), the most evaluations of a sample, and its
// errors.
type solve struct {
	diffusion.Likelihood
	setting, cost float64
	errors        []float64
}

// exactLikelihood compares the flow's log density of G1 with the exact one, at decreasing tolerances and with
// increasing numbers of steps of a fixed method.
func exactLikelihood(l *suite.Lab, r *suite.Report) error {
	x, _, err := density.Grid(-3, 3, 29, 1)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, density.Bimodal(), diffusion.VP{}, dataTime, x)
	if err != nil {
		return err
	}
	s := solves{l: l, x: x, exact: exact}
	adaptive, err := s.adaptive(r)
	if err != nil {
		return err
	}
	fixed, err := s.fixed(r)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "cost", Caption: "Largest error of log p of G1 at 29 points, in nats, and the model " +
		"evaluations that it took", Header: []string{"method", "tolerance or steps", "evaluations", "worst error"}}
	for _, v := range adaptive {
		table.Rows = append(table.Rows, []any{"Dormand-Prince", v.setting, v.cost, kit.LargestAbs(v.errors)})
	}
	for _, v := range fixed {
		table.Rows = append(table.Rows, []any{"Runge-Kutta 4", int(v.setting), v.cost, kit.LargestAbs(v.errors)})
	}
	tight := adaptive[5]
	mismatch, err := s.shortcuts(r, tight)
	if err != nil {
		return err
	}
	r.Tables = append(r.Tables, table)
	return likelihoodFigures(r, likelihoodCurves{kit.Points(x).X, exact, tight.Nats, mismatch, adaptive, fixed})
}

// solves are likelihoods of G1 at the same points.
type solves struct {
	l     *suite.Lab
	x     *tensors.Tensor // [29, 1]
	exact []float64       // log p there, at dataTime
}

// with solves by one plan.
func (s solves) with(plan diffusion.Plan, setting float64) (solve, error) {
	got, err := plan.LogLikelihood(s.l.Backend, s.x, diffusion.ExactPrior)
	if err != nil {
		return solve{}, err
	}
	cost := kit.LargestAbs(kit.Map(got.Evaluations, func(n int) float64 { return float64(n) }))
	return solve{got, setting, cost, kit.Differences(got.Nats, s.exact)}, nil
}

// adaptive solves at falling tolerances.
func (s solves) adaptive(r *suite.Report) (out []solve, err error) {
	for _, tol := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10} {
		v, err := s.with(flowOf(density.Bimodal(), tol), tol)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		r.Add(suite.Below{Claim: claims.D003ExactLikelihood, Metric: fmt.Sprintf("error of log p of G1 at 29 points "+
			"on [-3, 3], tolerance %.0e", tol), Got: kit.LargestAbs(v.errors), Bound: 100 * tol,
			Why: whySolver})
	}
	return out, nil
}

// fixed solves with more and more steps of Runge-Kutta 4.
func (s solves) fixed(r *suite.Report) (out []solve, err error) {
	for _, n := range []int{20, 40, 80, 160, 320} {
		plan := flowOf(density.Bimodal(), 0)
		plan.Sampler = diffusion.FlowLikelihood{Method: diffusion.ClassicMethod}
		if plan.Grid, err = diffusion.Uniform(dataTime, 1, n); err != nil {
			return nil, err
		}
		v, err := s.with(plan, float64(n))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	order := math.Log2(kit.LargestAbs(out[1].errors)/kit.LargestAbs(out[3].errors)) / 2
	r.Add(suite.Equals{Claim: claims.D003ExactLikelihood, Metric: "order of the error of log p with Runge-Kutta 4, " +
		"from 40 to 160 steps", Got: order, Want: 4, Tol: .4,
		Why: "theory: order 4; a tenth for terms of higher order"})
	return out, nil
}

// shortcuts measures how much stopping at t > 0 and the prior N(0, sigma^2) in place of p_T change log p. It returns
// the latter at each point.
func (s solves) shortcuts(r *suite.Report, tight solve) (mismatch []float64, err error) {
	data, err := kit.LogDensity(s.l, density.Bimodal(), diffusion.VP{}, 0, s.x)
	if err != nil {
		return nil, err
	}
	noise, err := flowOf(density.Bimodal(), 0).LogPrior(s.l.Backend, tight.End, diffusion.NoisePrior)
	if err != nil {
		return nil, err
	}
	mismatch = kit.Differences(noise, tight.Prior)
	r.Add(
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "error of log p of G1 at t = 0, from a flow that " +
			"starts at t = 1e-7, tolerance 1e-08", Got: kit.LargestDifference(tight.Nats, data), Bound: 1e-6,
			Why: whySolver + "; the start adds 2e-7"},
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "what the prior N(0, sigma^2) in place of p_T moves " +
			"log p by, on [-3, 3]", Got: kit.LargestAbs(mismatch), Bound: .004,
			Why:   "a signal of alpha = 0.0066 is left at t = 1; an independent computation has 0.0025 for N(0, 1)",
			Shows: suite.Qualified})
	return mismatch, nil
}

// entropyG1 is the entropy of G1 in nats, from an independent computation.
const entropyG1 = 1.3934888893

// wholeLine integrates over the line. The flow's density has mass 1, and its cross-entropy is the entropy of G1. With
// the prior N(0, sigma^2) the cross-entropy is larger by KL(p_T || prior), since the flow is a bijection.
func wholeLine(l *suite.Lab, r *suite.Report) error {
	sums, err := integrateLine(l)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claims.D003ExactLikelihood, Metric: "integral of the flow's density of G1 over the line",
			Got: sums.mass, Want: 1, Tol: 1e-6, Why: whySolver},
		suite.Equals{Claim: claims.D003ExactLikelihood, Metric: "cross-entropy of G1 and the flow, in nats: the " +
			"entropy", Got: sums.entropy, Want: entropyG1, Tol: 1e-6, Why: whySolver},
		suite.Equals{Claim: claims.D003ExactLikelihood, Metric: "the same in bits per dimension",
			Got: diffusion.BitsPerDim(-sums.entropy, 1), Want: entropyG1 / math.Ln2, Tol: 2e-6, Why: whySolver},
		suite.Equals{Claim: claims.D003ExactLikelihood,
			Metric: "what the prior N(0, sigma^2) adds to the cross-entropy: KL(p_T || prior)",
			Got:    sums.cross - sums.entropy, Want: sums.prior, Tol: 1e-8,
			Why:   "both by the trapezoidal rule; the flow's own error cancels in the difference",
			Shows: suite.Qualified})
	return heldOut(l, r)
}

// flowSums are integrals over the line of the flow's density of G1.
type flowSums struct {
	mass           float64
	entropy, cross float64 // E[-log p] by the flow, with the exact prior and with N(0, sigma^2)
	prior          float64 // KL(p_T || N(0, sigma^2))
}

// integrateLine computes the integrals by the trapezoidal rule.
func integrateLine(l *suite.Lab) (sums flowSums, err error) {
	g1 := density.Bimodal()
	x, cell, err := density.Grid(-6, 6, 241, 1)
	if err != nil {
		return sums, err
	}
	exact, err := kit.LogDensity(l, g1, diffusion.VP{}, dataTime, x)
	if err != nil {
		return sums, err
	}
	plan := flowOf(g1, 1e-8)
	flow, err := plan.LogLikelihood(l.Backend, x, diffusion.ExactPrior)
	if err != nil {
		return sums, err
	}
	noise, err := plan.LogPrior(l.Backend, flow.End, diffusion.NoisePrior)
	if err != nil {
		return sums, err
	}
	// The divergence at the noise end, directly, on the same grid.
	p, err := plan.LogPrior(l.Backend, x, diffusion.ExactPrior)
	if err != nil {
		return sums, err
	}
	q, err := plan.LogPrior(l.Backend, x, diffusion.NoisePrior)
	if err != nil {
		return sums, err
	}
	for what, logs := range map[string][]float64{"G1": exact, "G1 at the noise's end": p} {
		if err := density.CheckSum(what, kit.Map(logs, math.Exp), cell); err != nil {
			return sums, err
		}
	}
	for i, log := range exact {
		sums.mass += math.Exp(flow.Nats[i]) * cell
		sums.entropy -= math.Exp(log) * flow.Nats[i] * cell
		sums.cross -= math.Exp(log) * (flow.Volume[i] + noise[i]) * cell
		sums.prior += math.Exp(p[i]) * (p[i] - q[i]) * cell
	}
	return sums, nil
}

// heldOut estimates the negative log likelihood from samples, as a user would.
func heldOut(l *suite.Lab, r *suite.Report) error {
	g1 := density.Bimodal()
	samples, err := g1.Sample(l.Backend, l.Key("held out"), l.Size(2000, 20_000))
	if err != nil {
		return err
	}
	held, err := flowOf(g1, 1e-6).LogLikelihood(l.Backend, samples, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	mean, err := metrics.Mean(kit.Map(held.Nats, func(nats float64) float64 { return -nats }))
	if err != nil {
		return err
	}
	r.Add(suite.Near{Claim: claims.D003ExactLikelihood, Metric: "mean negative log likelihood of samples of G1, " +
		"in nats", Got: mean, Want: entropyG1, Why: kit.WhySE})
	return l.Progress(.5, "the limit t -> 0")
}

// limitOfTime measures the effect of ending the flow at t > 0. By the Fokker-Planck equation log p_t - log p_0 is t
// beta_0/2 (d + x.s + div s + |s|^2) to first order.
func limitOfTime(l *suite.Lab, r *suite.Report) error {
	g1 := density.Bimodal()
	x, _, err := density.Grid(-3, 3, 29, 1)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, g1, diffusion.VP{}, 0, x)
	if err != nil {
		return err
	}
	rate, err := kit.Evaluate(l, func(in []*Node) []*Node {
		m, x, t := g1.Model(diffusion.VP{}), in[0], kit.ScalarLike(in[0], 0)
		_, g2 := m.At(t).Rates()
		s := m.Score(x, t)
		return []*Node{Mul(MulScalar(g2, .5), OnePlus(Add(m.Divergence(x, t), Squeeze(Mul(s, Add(x, s)), 1))))}
	}, x)
	if err != nil {
		return err
	}
	var times, gaps []float64
	for _, t := range []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, dataTime} {
		stopped, err := kit.LogDensity(l, g1, diffusion.VP{}, t, x)
		if err != nil {
			return err
		}
		times, gaps = append(times, t), append(gaps, kit.LargestDifference(stopped, exact))
	}
	r.Add(suite.Equals{Claim: claims.D003ExactLikelihood, Metric: "largest |log p_t - log p_0|/t of G1 at t = 1e-7, " +
		"where the flows here end", Got: gaps[len(gaps)-1] / dataTime, Want: kit.LargestAbs(rate[0]), Tol: .01,
		Why: "the rate by the Fokker-Planck equation; rounding of log p adds 1e-15/1e-7", Shows: suite.Qualified})
	r.Tables = append(r.Tables, suite.Table{Name: "limit", Caption: "Largest change of log p of G1 at 29 points, in " +
		"nats, when the flow stops at t > 0; it is proportional to t", Header: []string{"t", "nats"},
		Rows: kit.Rows(times, gaps)})
	return nil
}

// bothDirections checks that the likelihood computed while sampling is that of the finished samples, and that the flow
// back returns to the initial noise.
func bothDirections(l *suite.Lab, r *suite.Report) error {
	const tol = 1e-8
	g1 := density.Bimodal()
	plan := flowOf(g1, tol)
	start, err := kit.FromPrior(l, g1, "latents", 200)
	if err != nil {
		return err
	}
	up := plan.Grid
	plan.Grid = []float64{up[1], up[0]}
	down, err := plan.LogLikelihood(l.Backend, start, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, g1, diffusion.VP{}, dataTime, down.End)
	if err != nil {
		return err
	}
	plan.Grid = up
	back, err := plan.LogLikelihood(l.Backend, down.End, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	r.Add(
		suite.Below{Claim: claims.D003ExactLikelihood,
			Metric: "error of the log likelihood that comes with sampling G1",
			Got:    kit.LargestDifference(down.Nats, exact), Bound: 100 * tol, Why: whySolver},
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "log likelihood while sampling less that of the " +
			"finished samples", Got: kit.LargestDifference(down.Nats, back.Nats), Bound: 100 * tol, Why: whySolver},
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "noise to sample to noise: the latents come back",
			Got: kit.LargestDifference(kit.Points(start).X, kit.Points(back.End).X), Bound: 100 * tol, Why: whySolver})
	return l.Progress(.6, "the cross")
}
