package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var fisherVersusKL = suite.Experiment{
	ID:     "fisher-vs-kl",
	Stream: "E22-fisher-vs-kl",
	Title:  "A score is almost independent of the weights of distant modes",
	Question: "How much does score matching depend on the weights of two modes, and why do many noise levels " +
		"recover what one misses?",
	Sources: []string{"003, Fisher Divergence and Score Matching", "003, Noise Levels and Multi-Scale Scores",
		"002, section 5"},
	Run: runFisherVersusKL,
}

// The left mode has evenWeight in the data, and wrongWeight in a model that is otherwise right.
const (
	evenWeight  = .5
	wrongWeight = .2
)

// bimodal is w N(-m, 1) + (1-w) N(m, 1).
func bimodal(m, w float64) (*density.Mixture, error) {
	unit := [][]float64{{1}}
	return density.NewMixture("two modes",
		density.Component{Weight: w, Mean: []float64{-m}, Cov: unit},
		density.Component{Weight: 1 - w, Mean: []float64{m}, Cov: unit, Class: 1})
}

// difference measures the wrong weights against the even ones at one time of a process.
type difference struct {
	g2, kl, fisher float64
	loss           float64 // excess of Hyvarinen's loss E[s^2/2 + s'] of the wrong score
	blur           float64 // KL divergence of the data from the noised data
	// Numbers of samples after which the mean log-likelihood ratio, and the mean difference of Hyvarinen's losses, are
	// five standard errors above 0.
	byLikelihood, byScore float64
}

// modePair evaluates a difference at any time of a process, by the trapezoidal rule over exact densities and scores.
type modePair struct {
	exec  *exec.Exec
	nodes *tensors.Tensor
}

// newModePair compiles the evaluation for modes at m. Callers finalize its exec.
func newModePair(l *suite.Lab, m float64, p diffusion.Process) (modePair, error) {
	even, err := bimodal(m, evenWeight)
	if err != nil {
		return modePair{}, err
	}
	wrong, err := bimodal(m, wrongWeight)
	if err != nil {
		return modePair{}, err
	}
	nodes, cell, err := density.Grid(-1, 1, 3001, 1)
	if err != nil {
		return modePair{}, err
	}
	exec, err := exec.New(l.Backend, func(nodes, t *Node) *Node {
		c := p.At(t)
		// Nine standard deviations beyond the modes leave out a mass of 1e-18.
		half := AddScalar(MulScalar(Sqrt(Add(Square(c.Alpha), Square(c.Sigma))), 9), m)
		x := Mul(half, nodes)
		data, model := even.Model(p), wrong.Model(p)
		log, s, other := data.LogDensity(x, t), Squeeze(data.Score(x, t), 1), Squeeze(model.Score(x, t), 1)
		ratio := Sub(log, model.LogDensity(x, t))
		loss := Add(MulScalar(Sub(Square(other), Square(s)), .5), Sub(model.Divergence(x, t), data.Divergence(x, t)))
		clean := even.Model(diffusion.OU{}).LogDensity(x, kit.ScalarLike(x, 0))
		mean := func(log, v *Node) *Node { return MulScalar(Mul(half, ReduceAllSum(Mul(Exp(log), v))), cell) }
		_, g2 := c.Rates()
		return Stack([]*Node{g2, mean(log, ratio), mean(log, Square(Sub(s, other))), mean(log, loss),
			mean(clean, Sub(clean, log)),
			mean(log, Square(ratio)), mean(log, Square(loss)), mean(log, OnesLike(log)), mean(clean, OnesLike(clean))},
			0)
	})
	return modePair{exec, nodes}, err
}

// at evaluates the difference at time t. It fails if the quadrature misses some of the mass.
func (m modePair) at(t float64) (difference, error) {
	out, err := m.exec.Call1(m.nodes, t)
	if err != nil {
		return difference{}, err
	}
	v := tensors.MustCopyFlatData[float64](out)
	for _, mass := range v[7:] {
		if err := density.CheckSum(fmt.Sprintf("two modes at t = %g", t), []float64{mass}, 1); err != nil {
			return difference{}, err
		}
	}
	needed := func(mean, square float64) float64 { return metrics.Width * metrics.Width * (square/(mean*mean) - 1) }
	return difference{g2: v[0], kl: v[1], fisher: v[2], loss: v[3], blur: v[4], byLikelihood: needed(v[1], v[5]),
		byScore: needed(v[3], v[6])}, nil
}

func runFisherVersusKL(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It depends on the weights only where the modes overlap. Take unit Gaussians at -m " +
		"and m, with weights 0.2, 0.8 in the model and 0.5, 0.5 in the data. The Fisher divergence is 0 at m = 0, " +
		"peaks near m = 1.15, and then decays like (1/4) sqrt(pi/2) m exp(-m^2/2). The KL divergence rises to ln " +
		"1.25. At m = 6 the likelihood detects the wrong weights at five standard errors with 241 samples; score " +
		"matching needs thirty billion. Noise makes the modes overlap. Along any diffusion the KL divergence falls " +
		"at the rate g^2/2 times the Fisher divergence. So it is an integral of Fisher divergences over all noise " +
		"levels, and many noise levels recover the weights that a single one misses."}
	return kit.InTurn(l, r, separations, noisedModes, sumOfLevels, modeFigures)
}

const (
	whyModes   = "rounding, relative: trapezoidal rule on both sides"
	blindClaim = claims.D003GradientsNotProbabilities
	levelClaim = claims.D003FisherAndKL
)

// widest is the largest m. The Ornstein-Uhlenbeck process keeps the width of the modes and moves them to
// widest exp(-t), so it passes through every smaller m.
const widest = 6.

// closeness is the time at which the modes are at m.
func closeness(m float64) float64 { return math.Max(0, math.Log(widest/m)) }

// separations compares both divergences at m = 0..6 with closed forms.
func separations(l *suite.Lab, r *suite.Report) error {
	table := suite.Table{Name: "separation", Caption: "Weights 0.2, 0.8 in place of 0.5, 0.5 on N(-m, 1) and N(m, " +
		"1): KL and Fisher divergence, the limit (1/4) sqrt(pi/2) m exp(-m^2/2) of the latter for large m, and the " +
		"samples that show the wrong weights at 5 standard errors. From m = 2 on the Fisher divergence dies, the KL " +
		"does not",
		Header: []string{"m", "KL", "Fisher", "Fisher law", "samples, likelihood", "samples, score matching"}}
	same, err := oneMode(l, r)
	if err != nil {
		return err
	}
	table.Rows = append(table.Rows, []any{0., same.kl, same.fisher, 0., "-", "-"})
	pair, err := newModePair(l, widest, diffusion.OU{})
	if err != nil {
		return err
	}
	defer pair.exec.Finalize()
	for m := 1.; m <= widest; m++ {
		a, err := pair.at(closeness(m))
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{m, a.kl, a.fisher, fisherLimit(m), a.byLikelihood, a.byScore})
		fisherAt(r, m, a)
		if m >= 3 {
			fisherTail(r, m, a)
		}
		if m == widest {
			farApart(r, m, a)
		}
	}
	r.Tables = append(r.Tables, table)
	return l.Progress(.3, "noise levels")
}

// oneMode checks that the weights make no difference at m = 0.
func oneMode(l *suite.Lab, r *suite.Report) (difference, error) {
	one, err := newModePair(l, 0, diffusion.OU{})
	if err != nil {
		return difference{}, err
	}
	defer one.exec.Finalize()
	same, err := one.at(0)
	if err != nil {
		return difference{}, err
	}
	r.Add(
		suite.Below{Claim: blindClaim, Metric: "Fisher divergence at m = 0, where both laws are one",
			Got: same.fisher, Bound: 1e-28, Why: "rounding of scores, squared"},
		suite.Below{Claim: blindClaim, Metric: "KL divergence at m = 0", Got: same.kl, Bound: 1e-14,
			Why: kit.WhyRounding})
	return same, nil
}

// fisherAt compares the Fisher divergence with its closed form and with the excess of Hyvarinen's loss.
func fisherAt(r *suite.Report, m float64, a difference) {
	byHand := modesFisher(m)
	r.Add(
		suite.Equals{Claim: blindClaim, Metric: fmt.Sprintf("Fisher divergence at m = %g", m),
			Got: a.fisher, Want: byHand, Tol: 1e-9 * byHand, Why: whyModes + "; by hand from the two tanh",
			Shows: suite.Qualified},
		suite.Equals{Claim: blindClaim, Metric: fmt.Sprintf("what the wrong weights cost in Hyvarinen's loss at "+
			"m = %g: half the Fisher divergence", m), Got: a.loss, Want: a.fisher / 2, Tol: 1e-12,
			Why: "rounding in float64 of losses up to m^2", Shows: suite.Qualified})
}

// fisherTail compares the Fisher divergence with its limit for large m.
func fisherTail(r *suite.Report, m float64, a difference) {
	// mean u^2 at the saddle
	spread := overSaddle(func(u float64) float64 { return u * u * atSaddle(u) }) / overSaddle(atSaddle)
	short := spread / (2 * m * m)
	r.Add(suite.Equals{Claim: blindClaim, Metric: fmt.Sprintf("Fisher divergence over its law (1/4) sqrt(pi/2) m "+
		"exp(-m^2/2) at m = %g", m), Got: a.fisher / fisherLimit(m), Want: 1 - short/2, Tol: short / 2,
		Why: "1 - u^2/(2m^2) <= exp(-u^2/(2m^2)) <= 1 under the integral", Shows: suite.Qualified})
}

// farApart compares the KL divergence and the numbers of samples with their limits for large m.
func farApart(r *suite.Report, m float64, a difference) {
	// The KL divergence still to come is the integral of Fisher/mu beyond m; the limit bounds it.
	left := (math.Cosh(tilt) - 1) * math.Pi / 2 * math.Erfc(m/math.Sqrt2)
	r.Add(
		suite.Equals{Claim: blindClaim, Metric: "KL divergence at m = 6; far apart it is ln 1.25",
			Got: a.kl, Want: farKL - left/2, Tol: left/2 + 1e-13,
			Why:   "between ln 1.25 and ln 1.25 minus the integral of the Fisher divergence over all larger m",
			Shows: suite.Qualified},
		suite.Equals{Claim: blindClaim, Metric: "samples by which the likelihood shows the wrong weights at m = 6",
			Got: a.byLikelihood, Want: farSamples(), Tol: 1e-4 * farSamples(),
			Why: "for large m the likelihood ratio takes two values; here it is within 1e-6 of them except for 1e-9 " +
				"of the mass", Shows: suite.Qualified},
		suite.Equals{Claim: blindClaim, Metric: "samples by which score matching shows them at m = 6, over the " +
			"law for modes far apart", Got: a.byScore / scoreSamplesLimit(m), Want: 1, Tol: 5 / (m * m),
			Why: "the next term of the expansion is of order 1/m^2", Shows: suite.Qualified})
}

// noisedModes measures the divergences after noise sigma. In units of their width, the modes are then at
// m/sqrt(1 + sigma^2).
func noisedModes(l *suite.Lab, r *suite.Report) error {
	const m = widest
	pair, err := newModePair(l, m, diffusion.EDM{})
	if err != nil {
		return err
	}
	defer pair.exec.Finalize()
	start, err := pair.at(0)
	if err != nil {
		return err
	}
	for _, sigma := range []float64{.1, .5, 1, 2, 4, 8} {
		a, err := pair.at(sigma)
		if err != nil {
			return err
		}
		v := 1 + sigma*sigma
		byHand := modesFisher(m/math.Sqrt(v)) / v
		r.Add(suite.Equals{Claim: claims.D002SingleSigma, Metric: fmt.Sprintf("Fisher divergence at m = 6 after "+
			"noise sigma = %g", sigma), Got: a.fisher, Want: byHand, Tol: 1e-9 * byHand,
			Why: whyModes + "; by hand: that of modes at m/sqrt(1 + sigma^2), divided by 1 + sigma^2"})
		if sigma != 2 {
			continue
		}
		own := (1/v - 1 + math.Log(v)) / 2
		r.Add(
			suite.Equals{Claim: claims.D002SingleSigma, Metric: "KL divergence of the data from the data noised by " +
				"sigma = 2, where score matching starts to see the weights; these are off by ln 1.25",
				Got: a.blur, Want: own,
				Tol: math.Exp(-2 * m * m / v * (1 - 1/v)),
				Why: "KL divergence of one mode from the same mode with noise; the tail of the other mode is below " +
					"the tolerance"},
			suite.Between{Claim: claims.D003MultiScale, Metric: "share of the KL divergence of the weights at m = 6 " +
				"that lies in noise levels above sigma = 2, twice the width of a mode",
				Got: metrics.Exactly(a.kl / start.kl), Lo: .95, Hi: 1, Alpha: 0,
				Why: "the claim: large noise resolves the coarse structure; by de Bruijn's identity the KL " +
					"divergence at sigma is the integral over all larger noise levels"})
	}
	return l.Progress(.5, "the sum over noise levels")
}

// sumOfLevels checks dKL/dt = -(g^2/2) Fisher, de Bruijn's identity for two distributions under one diffusion, between
// the two ends of four processes. On the Ornstein-Uhlenbeck process time only reduces m, so it reads
// KL(m) = int_0^m Fisher(mu)/mu dmu.
func sumOfLevels(l *suite.Lab, r *suite.Report) error {
	const m = 4.
	for _, spec := range []struct {
		name string
		diffusion.Process
	}{{"VP", diffusion.VP{}}, {"VE", diffusion.VE{}}, {"the path of flow matching", diffusion.Linear{}}} {
		tMin, tMax := spec.Horizon()
		grid, err := diffusion.InRatio(l.Backend, spec.Process, tMin, tMax, 30, diffusion.Geometric)
		if err != nil {
			return err
		}
		fallen, integral, err := dissipated(l, m, spec.Process, grid)
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: levelClaim, Metric: "int (g^2/2) Fisher dt over " + spec.name + ", against the KL " +
			"divergence lost, modes 0.2, 0.8 for 0.5, 0.5 at m = 4", Got: integral, Want: fallen, Tol: 1e-11,
			Why: whyLevels, Shows: suite.Qualified})
	}
	// To t = 12, where the modes have closed in to m exp(-12) and less than 1e-9 of the divergence is left.
	grid, err := diffusion.Uniform(0, 12, 30)
	if err != nil {
		return err
	}
	fallen, integral, err := dissipated(l, widest, diffusion.OU{}, grid)
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: levelClaim, Metric: "int Fisher(mu)/mu dmu over all separations up to 6, against the " +
		"KL divergence at m = 6", Got: integral, Want: fallen, Tol: 1e-11, Why: whyLevels, Shows: suite.Qualified})
	return l.Progress(.7, "drawing")
}

const whyLevels = "Gauss-Legendre with 8 points on each of 30 stretches equal in log noise level (in t on the OU " +
	"process), trapezoidal in space: rounding"

// dissipated returns the KL divergence lost from one end of a grid to the other, and the integral of (g^2/2) Fisher dt
// between them.
func dissipated(l *suite.Lab, m float64, p diffusion.Process, grid []float64) (fallen, integral float64, err error) {
	pair, err := newModePair(l, m, p)
	if err != nil {
		return 0, 0, err
	}
	defer pair.exec.Finalize()
	first, err := pair.at(grid[0])
	if err != nil {
		return 0, 0, err
	}
	last, err := pair.at(grid[len(grid)-1])
	if err != nil {
		return 0, 0, err
	}
	const points = 8
	t, weights := make([]float64, points), make([]float64, points)
	for k := range len(grid) - 1 {
		quad.Legendre{}.FixedLocations(t, weights, grid[k], grid[k+1])
		for i := range t {
			a, err := pair.at(t[i])
			if err != nil {
				return 0, 0, err
			}
			integral += weights[i] * a.g2 / 2 * a.fisher
		}
	}
	return first.kl - last.kl, integral, nil
}
