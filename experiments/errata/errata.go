package errata

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var callouts = suite.Experiment{
	ID:    "errata",
	Long:  true,
	Title: "Statements of the documents that need a condition or a correction",
	Question: "Which statements of the documents need a condition or a correction, and how large is the " +
		"difference?",
	Sources: []string{"001, Denoising Score Matching", "001, Incorporating time", "001, Probing the learning " +
		"objective", "001, We took an different approach", "004, Sampling: Insights from Physics",
		"004, Summary so Far"},
	Run: runCallouts,
}

func runCallouts(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Eight statements, each measured below. Denoising score matching learns the " +
		"score of the noised density, not that of the data. Its loss over all times is infinite without a " +
		"weight. Noise of standard deviation sigma has the covariance sigma^2 I. A chain is driven by the " +
		"increment of Brownian motion, not by its value. Mean and covariance cannot show that a sampler of the " +
		"cross works. The frames of the forward figure come from Langevin dynamics. The reversed equation is " +
		"driven by reverse-time Brownian motion, not by the forward one. The loss at time t averages over x_t, " +
		"not over the data."}
	if _, err := kit.InTurn(l, r, blindMoments, reversedFrames, clampedScore, noiseCovariance, brownianValue,
		noisedScore, endlessLoss, reversedNoise, timeObjective); err != nil {
		return nil, err
	}
	r.Tables = append(r.Tables, calloutTable(r.Checks))
	return r, nil
}

// calloutTable puts the statement of a document beside the exact and the measured value.
func calloutTable(checks []suite.Check) suite.Table {
	says := map[suite.ClaimID]string{}
	for _, c := range claims.Claims {
		says[c.ID] = c.Statement
	}
	table := suite.Table{Name: "callouts", Caption: "Statements of the documents, with the measured and the " +
		"exact value",
		Header: []string{"claim", "the document says", "measured", "value", "lo", "hi", "exact", "verdict"}}
	for _, c := range checks {
		table.Rows = append(table.Rows, []any{string(c.Claim), says[c.Claim], c.Metric, c.Got.Center, c.Got.Lo,
			c.Got.Hi, c.Want, string(c.Verdict())})
	}
	return table
}

// blindMoments: the cross of 001's figures has the mean and covariance of the start N(0, I).
func blindMoments(_ *suite.Lab, r *suite.Report) error {
	cov := density.Cross().Covariance()
	worst := math.Max(math.Max(math.Abs(cov[0][0]-1), math.Abs(cov[1][1]-1)), math.Abs(cov[0][1]))
	r.Add(suite.Below{Claim: claims.D001LangevinFigure, Metric: "distance of the cross's covariance from that of the " +
		"start N(0, I)", Got: worst, Bound: 1e-15, Why: "rounding", Shows: suite.Qualified})
	return nil
}

// reversedFrames: the companion code of 001's forward figure runs Langevin dynamics toward the data and plays its 50
// frames backwards. So its first frame is the chain after t = 0.5, not the data.
func reversedFrames(l *suite.Lab, r *suite.Report) error {
	n := l.Size(10_000, 100_000)
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("reversed start"), n)
	if err != nil {
		return err
	}
	grid, err := diffusion.Uniform(0, 50*kit.LangevinFigureStep, 50)
	if err != nil {
		return err
	}
	first, err := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.Langevin),
		Grid: grid, Noise: l.Key("reversed")}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	m22, err := metrics.M22(kit.Points(first))
	if err != nil {
		return err
	}
	moment := 5 * math.Sqrt(76.202/float64(n))
	r.Add(suite.Between{Claim: claims.D001ForwardFigure, Metric: "E[x1^2 x2^2] of the figure's first frame, as its " +
		"code makes it; the forward process starts at the data's 2.62", Got: m22, Lo: 1.96 - moment, Hi: 1.96 + moment,
		Alpha: metrics.Miss,
		Why:   "5 standard errors under the cross; reference from 4 million samples", Shows: suite.Refuted})
	return nil
}

// clampedScore: the companion code of 001 clamps log densities at -20, which changes its score far out.
func clampedScore(l *suite.Lab, r *suite.Report) error {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node { return []*Node{kit.StaticScore(density.Cross(), in[0])} },
		[][]float64{{4, 0}})
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D001ScoreUphill, Metric: "exact score of the cross at (4, 0), first coordinate; " +
		"the companion code clamps the components' log densities at -20", Got: out[0][0], Want: -4 / .19, Tol: 1e-12,
		Why: "by hand: both components pull by 4/(1 - 0.81) there"})
	return nil
}

// noiseCovariance: 001 writes N(x~; x, sigma I).
func noiseCovariance(l *suite.Lab, r *suite.Report) error {
	const sigma = .2
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		eps := random.New(in[0].Graph(), l.Key("pairs")).Normal(in[0])
		noisy := Add(in[0], MulScalar(eps, sigma))
		return []*Node{Reshape(Sub(noisy, in[0]), in[0].Shape().Size())}
	}, tensors.FromShape(shapes.Make(dtypes.Float64, l.Size(20_000, 200_000), 2)))
	if err != nil {
		return err
	}
	variance, err := metrics.Variance(out[0])
	if err != nil {
		return err
	}
	r.Add(suite.Near{Claim: claims.D001NoiseKernel, Metric: "variance of x~ - x at sigma = 0.2; the document's " +
		"kernel has 0.2", Got: variance, Want: sigma * sigma, Why: kit.WhySE, Shows: suite.Qualified})
	return nil
}

// brownianValue: 004 writes sqrt(2) B_t for sqrt(2) dB_t. Summed over N steps to t = 1, the increments have variance
// 2. The values have 2 sum_jk min(t_j, t_k), which grows like 2 N^2/3.
func brownianValue(l *suite.Lab, r *suite.Report) error {
	const steps = 20
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		z := random.New(in[0].Graph(), l.Key("Brownian motion")).Normal(in[0])
		dB := MulScalar(z, math.Sqrt(1./steps))
		B := CumSum(dB, 1)
		return []*Node{MulScalar(ReduceSum(dB, 1), math.Sqrt2), MulScalar(ReduceSum(B, 1), math.Sqrt2)}
	}, tensors.FromShape(shapes.Make(dtypes.Float64, l.Size(20_000, 200_000), steps)))
	if err != nil {
		return err
	}
	for i, c := range []struct {
		metric  string
		want    float64
		verdict suite.Verdict
	}{
		{"variance of the noise that 20 steps to t = 1 add, with increments", 2, suite.Confirmed},
		{"variance of the noise that 20 steps to t = 1 add, with values as printed; it grows without bound as the " +
			"step falls", 2 * (steps + 1) * (2*steps + 1) / 6., suite.Qualified},
	} {
		variance, err := metrics.Variance(out[i])
		if err != nil {
			return err
		}
		r.Add(suite.Near{Claim: claims.D004BrownianTerm, Metric: c.metric, Got: variance, Want: c.want,
			Why: kit.WhySE, Shows: c.verdict})
	}
	return nil
}

// noisedScore: denoising score matching of s = -theta x on N(0, v) has its minimum at theta = 1/(v + sigma^2), the
// score of the noised density.
func noisedScore(l *suite.Lab, r *suite.Report) error {
	const v = 2.
	n := l.Size(50_000, 500_000)
	sigmas, slopes := []float64{.25, .5, 1, 1.5}, []metrics.Summary{}
	for _, sigma := range sigmas {
		data, err := kit.Normal([]float64{0}, v).Sample(l.Backend, l.Key(fmt.Sprint("linear model ", sigma)), n)
		if err != nil {
			return err
		}
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			eps := random.New(in[0].Graph(), l.Key(fmt.Sprint("noise ", sigma))).Normal(in[0])
			noisy := Add(in[0], MulScalar(eps, sigma))
			// The quadratic loss E|-theta x~ + eps/sigma|^2 is least at E[x~ eps/sigma] / E[x~^2].
			return []*Node{Reshape(Mul(noisy, DivScalar(eps, sigma)), n), Reshape(Square(noisy), n)}
		}, data)
		if err != nil {
			return err
		}
		theta, err := metrics.Ratio(out[0], out[1])
		if err != nil {
			return err
		}
		r.Add(suite.Near{Claim: claims.D001DSMUnbiased, Metric: fmt.Sprintf("slope of the linear score that J_D "+
			"learns on N(0, 2) at sigma = %g; the true score has 0.5", sigma), Got: theta, Want: 1 / (v + sigma*sigma),
			Why: kit.WhySE, Shows: suite.Qualified})
		slopes = append(slopes, theta)
	}
	fisher, err := kit.FisherDistancesOfCross(l, []float64{.2})
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D001DSMUnbiased, Metric: "E|score - score noised by 0.2|^2 over the cross, by " +
		"quadrature", Got: fisher[0], Want: .647428, Tol: 6e-7, Why: "six decimals of an independent computation",
		Shows: suite.Qualified})
	f, err := slopesFigure(v, sigmas, slopes)
	r.Figures = append(r.Figures, f)
	return err
}

// endlessLoss: the time-dependent loss of 001 weights all times equally. Its floor contains E|eps/sigma_t|^2. For
// the Ornstein-Uhlenbeck path from tMin to 1 that is (d/2) ln((e^2 - 1)/(e^(2 tMin) - 1)), which has no limit as
// tMin falls.
func endlessLoss(l *suite.Lab, r *suite.Report) error {
	const d = 2
	n := l.Size(100_000, 1_000_000)
	for _, tMin := range []float64{.1, .01, .001} {
		out, err := exec.OnceN(l.Backend, func(g *Graph) []*Node {
			rnd := random.New(g, l.Key(fmt.Sprint("times ", tMin)))
			t := AddScalar(MulScalar(rnd.Uniform(Zeros(g, shapes.Make(dtypes.Float64, n, 1))), 1-tMin), tMin)
			eps := rnd.Normal(Zeros(g, shapes.Make(dtypes.Float64, n, d)))
			target := Div(eps, diffusion.OU{}.At(t).Sigma)
			return []*Node{MulScalar(ReduceSum(Square(target), 1), 1-tMin)}
		})
		if err != nil {
			return err
		}
		loss, err := metrics.Mean(kit.Points(out[0]).X)
		if err != nil {
			return err
		}
		r.Add(suite.Near{Claim: claims.D001TimeDSM, Metric: fmt.Sprintf("E|eps/sigma_t|^2 over t in [%g, 1]: every "+
			"decade adds %.2f", tMin, d/2*math.Ln10), Got: loss,
			Want: float64(d) / 2 * math.Log(math.Expm1(2)/math.Expm1(2*tMin)), Why: kit.WhySE, Shows: suite.Qualified})
	}
	return nil
}
