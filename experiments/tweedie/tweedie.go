package tweedie

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gomlx/compute/dtypes"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var tweedie = suite.Experiment{
	ID:     "tweedie",
	Stream: "E12-tweedie",
	Title:  "The score gives the best denoiser",
	Question: "A noisy sample is x = x0 + sigma eps. Is x + sigma^2 score(x) the posterior mean of x0, and does " +
		"anything denoise better?",
	Sources: []string{"001, Denoising as inverse problem", "002, section 4", "003, Denoising as Score Estimation",
		"004, Why is this viewpoint useful?"},
	Run: runTweedie,
}

func runTweedie(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It is the posterior mean, and nothing has a smaller squared error. The identity " +
		"holds to rounding at every noise level, in 1 to 8 dimensions, and on scaled paths. The divergence of " +
		"the score gives the posterior variance in the same way. The squared error per coordinate is sigma^2 - " +
		"sigma^4 E|s|^2/d, with s the score and d the dimension. The noisy sample itself, the best linear " +
		"filter and a shifted denoiser all have larger errors, by the amounts that theory predicts."}
	eight, err := eightDimensional()
	if err != nil {
		return nil, err
	}
	for _, m := range []*density.Mixture{density.Bimodal(), density.Cross(), density.FarModes(), eight} {
		if err := identities(l, r, m); err != nil {
			return nil, err
		}
	}
	if err := l.Progress(.4, "mean squared errors"); err != nil {
		return nil, err
	}
	c, err := mmse(l, r)
	if err != nil {
		return nil, err
	}
	return r, tweedieFigures(l, r, c)
}

// eightDimensional is a fixed mixture of three correlated Gaussians in R^8.
func eightDimensional() (*density.Mixture, error) {
	const d = 8
	var components []density.Component
	for k, weight := range []float64{.5, .3, .2} {
		mean, cov := make([]float64, d), make([][]float64, d)
		for i := range d {
			mean[i] = 2 * math.Sin(float64(3*k+i))
			cov[i] = make([]float64, d)
			for j := range d {
				cov[i][j] = .8 * math.Pow(.2+.2*float64(k), math.Abs(float64(i-j))) // autoregressive: positive definite
			}
		}
		components = append(components, density.Component{Weight: weight, Mean: mean, Cov: cov, Class: k})
	}
	return density.NewMixture("8-D", components...)
}

// identities draws pairs of data and noise, each at its own time. It compares the closed-form denoiser and posterior
// covariance, which come from the posteriors of the components, with score and divergence.
func identities(l *suite.Lab, r *suite.Report, m *density.Mixture) error {
	const n = 2000
	data, err := m.Sample(l.Backend, l.Key(m.Name()+" data"), n)
	if err != nil {
		return err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		rnd := random.New(in[0].Graph(), l.Key(m.Name()+" noise"))
		u, eps := rnd.Uniform(Slice(in[0], AxisRange(), AxisElem(0))), rnd.Normal(in[0])
		narrow := func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }
		var worst []*Node
		for _, gap := range slices.Concat(identityGaps(m, kit.NoiseLevels, in[0], u, eps),
			identityGaps(m, diffusion.VP{}, in[0], u, eps),
			identityGaps(m, kit.NoiseLevels, narrow(in[0]), narrow(u), narrow(eps))) {
			worst = append(worst, ReduceAllMax(Abs(gap)))
		}
		return worst
	}, data)
	if err != nil {
		return err
	}
	whyExact := "rounding in float64, relative to 1 + |x|; |x|/sigma reaches 10^3 in S2"
	what := fmt.Sprintf("%s (d = %d)", m.Name(), m.Dim())
	r.Add(
		suite.Below{Claim: claims.D001Tweedie, Metric: "|E[x0|x] - (x + sigma^2 score)|, sigma = 0.05 .. 10, " + what,
			Got: out[0][0], Bound: 1e-12, Why: whyExact},
		suite.Below{Claim: claims.D002Tweedie, Metric: "sigma |score - (E[x0|x] - x)/sigma^2|, " + what,
			Got: out[1][0], Bound: 1e-12, Why: whyExact},
		suite.Below{Claim: claims.D001Tweedie, Metric: "|tr Cov[x0|x]/sigma^2 - (d + sigma^2 div score)|, " + what,
			Got: out[2][0], Bound: 1e-10, Why: whyExact + ", squared here"},
		suite.Below{Claim: claims.D004OneStepDenoising, Metric: "the same identity on VP, with sqrt(abar), " + what,
			Got: out[3][0], Bound: 1e-12, Why: whyExact},
		suite.Below{Claim: claims.D001Tweedie, Metric: "the same in float32, " + what, Got: out[6][0], Bound: 1e-5,
			Why: "rounding in float32, relative to 1 + |x|"})
	return nil
}

// identityGaps are the errors of three identities at data x0 with noise eps, each at the time that u in [0, 1] chooses:
// denoiser from score, score from denoiser, and trace of the posterior covariance from divergence.
func identityGaps(m *density.Mixture, p diffusion.Process, x0, u, eps *Node) []*Node {
	lo, hi := p.Horizon()
	t := AddScalar(MulScalar(u, hi-lo), lo)
	c, model := p.At(t), m.Model(p)
	x := c.Forward(x0, eps)
	score, d := model.Score(x, t), model.Denoise(x, t)
	size := AddScalar(ReduceAndKeep(Abs(x), ReduceMax, 1), 1)
	trace := ReduceSum(
		Mul(m.PosteriorCov(p, x, t), InsertAxes(ConvertDType(Diagonal(x.Graph(), m.Dim()), x.DType()), 0)), 1, 2)
	s2 := Squeeze(Square(c.Sigma), 1)
	second := AddScalar(Mul(s2, model.Divergence(x, t)), float64(m.Dim()))
	return []*Node{
		Div(Mul(c.Alpha, Sub(d, c.Tweedie(score, x))), size),
		Div(Mul(c.Sigma, Sub(score, c.Score(d, x))), size),
		Sub(Div(trace, Square(Squeeze(c.Ratio(), 1))), second),
	}
}

// estimator is a way to estimate x0 from x, with its exact mean squared error per coordinate on the cross. guess
// takes x and the posterior mean d, [n, 2] each.
type estimator struct {
	name  string
	color figure.Color
	guess func(x, d *Node, sigma float64) *Node
	exact func(sigma, fisher float64) float64
}

// offset is how much the deliberately biased denoiser adds.
const offset = .05

var estimators = []estimator{
	{"Tweedie", figure.Vermillion, func(_, d *Node, _ float64) *Node { return d },
		func(s, fisher float64) float64 { return s*s - math.Pow(s, 4)*fisher/2 }},
	{"best linear filter", figure.Blue, func(x, _ *Node, s float64) *Node { return DivScalar(x, 1+s*s) },
		func(s, _ float64) float64 { return s * s / (1 + s*s) }},
	{"the noisy sample", figure.Gray, func(x, _ *Node, _ float64) *Node { return x },
		func(s, _ float64) float64 { return s * s }},
	{"Tweedie + 0.05", figure.Green, func(_, d *Node, _ float64) *Node { return AddScalar(d, offset) },
		func(s, fisher float64) float64 { return s*s - math.Pow(s, 4)*fisher/2 + offset*offset }},
}

// mmseSigmas are the noise levels at which the estimators are compared.
var mmseSigmas = []float64{.05, .1, .2, .5, 1, 2, 5, 10}

// comparison is the squared error of every estimator at mmseSigmas, exact and measured on pairs.
type comparison struct {
	fisher   []float64           // E|s|^2 at each level
	measured [][]metrics.Summary // by estimator and level
	aligned  []metrics.Summary   // E[(x0 - x).s]/sigma^2 at each level
}

// mmse compares the estimators.
func mmse(l *suite.Lab, r *suite.Report) (*comparison, error) {
	c := &comparison{measured: make([][]metrics.Summary, len(estimators))}
	var err error
	if c.fisher, err = kit.FisherInformationOfCross(l, mmseSigmas); err != nil {
		return nil, err
	}
	catalogue := []float64{7.925955, 7.370500, 5.771028, 2.471799, 1.065383} // computed apart from this code
	for i, want := range catalogue {
		r.Add(suite.Equals{Claim: claims.D003ScoreDefinition, Metric: fmt.Sprintf("E|s|^2 of the cross at sigma = "+
			"%g, by quadrature", mmseSigmas[i]), Got: c.fisher[i], Want: want, Tol: 6e-7,
			Why: "six decimals of an independent computation"})
	}
	data, err := density.Cross().Sample(l.Backend, l.Key("pairs"), l.Size(50_000, 500_000))
	if err != nil {
		return nil, err
	}
	table := suite.Table{Name: "mse", Caption: "Mean squared error per coordinate of four estimators of x0 on " +
		"the cross: measured on pairs, and exact",
		Header: []string{"sigma", "estimator", "measured", "lo", "hi", "exact"}}
	for i, sigma := range mmseSigmas {
		if err := c.measure(l, data, sigma); err != nil {
			return nil, err
		}
		if err := c.check(r, i); err != nil {
			return nil, err
		}
		for k, e := range estimators {
			got := c.measured[k][i]
			table.Rows = append(table.Rows, []any{sigma, e.name, got.Center, got.Lo, got.Hi, c.exact(k, i)})
		}
	}
	r.Tables = append(r.Tables, table)
	return c, nil
}

// exact is the error of estimator k at level i.
func (c *comparison) exact(k, i int) float64 { return estimators[k].exact(mmseSigmas[i], c.fisher[i]) }

// measure draws pairs at a noise level.
func (c *comparison) measure(l *suite.Lab, data *tensors.Tensor, sigma float64) error {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		eps := random.New(in[0].Graph(), l.Key(fmt.Sprintf("noise %g", sigma))).Normal(in[0])
		x := Add(in[0], MulScalar(eps, sigma))
		m, t := density.Cross().Model(kit.NoiseLevels), kit.ScalarLike(x, kit.TimeOfSigma(sigma))
		d := m.Denoise(x, t)
		errors := kit.Map(estimators, func(e estimator) *Node {
			return ReduceMean(Square(Sub(e.guess(x, d, sigma), in[0])), 1)
		})
		direction := DivScalar(Sub(in[0], x), sigma*sigma) // from the noisy sample to the clean one
		return append(errors, ReduceSum(Mul(direction, m.Score(x, t)), 1))
	}, data)
	if err != nil {
		return err
	}
	for k := range estimators {
		mean, err := metrics.Mean(out[k])
		if err != nil {
			return err
		}
		c.measured[k] = append(c.measured[k], mean)
	}
	aligned, err := metrics.Mean(out[len(estimators)])
	c.aligned = append(c.aligned, aligned)
	return err
}

// check compares the measured errors with the exact ones at level i.
func (c *comparison) check(r *suite.Report, i int) error {
	sigma := mmseSigmas[i]
	r.Add(suite.Near{Claim: claims.D003DenoisingIsScore, Metric: fmt.Sprintf("E[(x0 - x).score]/sigma^2 over "+
		"pairs at sigma = %g: if the mean denoising direction is the score, E|s|^2", sigma),
		Got: c.aligned[i], Want: c.fisher[i], Why: kit.WhySE})
	for k, e := range estimators {
		r.Add(suite.Near{Claim: claims.D002MMSE, Metric: fmt.Sprintf("MSE of %s at sigma = %g", e.name, sigma),
			Got: c.measured[k][i], Want: c.exact(k, i), Why: kit.WhySE})
		if k > 0 && c.exact(k, i) <= c.exact(0, i) {
			return fmt.Errorf("%s beats the posterior mean by %g at sigma = %g", e.name, c.exact(0, i)-c.exact(k, i),
				sigma)
		}
	}
	return nil
}
