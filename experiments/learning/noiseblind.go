package learning

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var noiseBlind = suite.Experiment{
	ID:       "noise-blind",
	Long:     true,
	Stream:   "E37-blind-to-t",
	Title:    "A network without the noise level as an input",
	Question: "What does a network learn when the noise level is not an input, and what does that cost?",
	Sources: []string{"003, Practical Implications for Diffusion Training",
		"003, Noise Levels and Multi-Scale Scores"},
	Run: runNoiseBlind,
}

const conditioningClaim = claims.D003TimeConditioning

// levelNodes is the number of nodes of the quadrature over noise levels.
const levelNodes = 24

// scoreModel is one of the models that are compared, with its errors against the exact score.
type scoreModel struct {
	name    string
	build   diffusion.Build
	weights *model.Store
	errors  []metrics.Summary
	samples metrics.Points
	m22     metrics.Summary // E[x1^2 x2^2] of its samples, less that of those of the exact score
	stray   float64         // root mean square distance of its samples from those of the exact score
}

func runNoiseBlind(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It learns the mean of the targets over all noise levels that could have produced its " +
		"input. For a network that outputs the score, this is the score of the density averaged over the levels. The " +
		"trained network agrees with this mean, which is exact here, to 1 % of its mean square. On the cross, the " +
		"cost is an error of 10 to 20 % of the score's mean square at noise 0.1 to 0.5. At all levels from 0.1 to " +
		"10, this is at least 7 times, and up to hundreds of times, the error of the same network with the level as " +
		"an input. Its samples spill out of the arms: E[x1^2 x2^2], which is 2.62 for the data, falls by 0.57 ± 0.14 " +
		"(5 s.e.). More training cannot help, because the best possible network without the level does the same. In " +
		"eight dimensions, the input does not reveal the level either where the noise is far below the width of the " +
		"data."}
	if err := averagedIdentity(l, r); err != nil {
		return nil, err
	}
	models, err := noiseBlindModels(l)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.8, "errors"); err != nil {
		return nil, err
	}
	for _, part := range []func(*suite.Lab, *suite.Report, []scoreModel) error{errorsOfModels, distanceFromBest,
		sampleModels} {
		if err := part(l, r, models); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// averagedIdentity checks that the posterior mean of the scores over the levels is the score of the density averaged
// over the levels.
func averagedIdentity(l *suite.Lab, r *suite.Report) error {
	for _, m := range []*density.Mixture{density.Cross(), density.Bimodal(), density.Mixture8D()} {
		x, err := m.Sample(l.Backend, l.Key("averaged "+m.Name()), 200)
		if err != nil {
			return err
		}
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			x := MulScalar(in[0], 1.5)
			score := averagedScore(m, x, levelNodes)
			gradient := Gradient(ReduceAllSum(averagedLogDensity(m, x, levelNodes)), x)[0]
			u := MulScalar(in[0], .8)
			none := Scalar(x.Graph(), x.DType(), 0)
			coarse, fine := bestBlindNet(m, levelNodes)(u, none, nil), bestBlindNet(m, 2*levelNodes)(u, none, nil)
			return []*Node{Sub(score, gradient), Sub(coarse, fine)}
		}, x)
		if err != nil {
			return err
		}
		r.Add(
			suite.Below{Claim: conditioningClaim, Metric: "posterior mean of the scores of all levels, less the " +
				"gradient of the log of the averaged density, " + m.Name(), Got: kit.LargestAbs(out[0]), Bound: 1e-9,
				Why: kit.WhyRounding + ", scores up to 1/sigma^2 times x"},
			suite.Below{Claim: conditioningClaim, Metric: "best blind network with 24 levels less that with 48, " +
				m.Name(), Got: kit.LargestAbs(out[1]), Bound: 1e-6,
				Why: "Gauss-Legendre quadrature over ln sigma; the errors of training are ten thousand times larger"})
	}
	return nil
}

// noiseBlindModels are the exact score, the same network with and without the noise level, trained alike, and the best
// possible network without the level.
func noiseBlindModels(l *suite.Lab) ([]scoreModel, error) {
	x2, head := density.Cross(), diffusion.EDMHead(1)
	models := []scoreModel{{name: "exact", build: x2.Build(kit.NoiseLevels)}, {name: "told the level"}, {name: "blind"},
		{name: "best blind", build: bestBlindModel(x2, levelNodes)}}
	steps := l.Size(6000, 20_000)
	for i, frequencies := range []int{16, 0} {
		m := &models[i+1]
		net := network.MLP{Hidden: []int{64, 64, 64}, Condition: network.Condition{Frequencies: frequencies},
			Key: l.Key("network")}
		objective := diffusion.Denoising(head, diffusion.EDMWeight(1), diffusion.LevelTimes(diffusion.LowDiscrepancy))
		plan := timedPlan(l, objective, kit.NoiseLevels, net, x2, steps)
		weights, err := kit.Train(l, plan, steps, func(_ *train.Trainer, r train.Report) error {
			return l.Progress(.05+.375*(float64(i)+float64(r.Step)/float64(steps)), "training: "+m.name)
		})
		if err != nil {
			return nil, err
		}
		m.build, m.weights = network.Trained(kit.NoiseLevels, net, head), weights
	}
	return models, nil
}

// noiseBlindLevels are the noise levels at which errors are measured.
var noiseBlindLevels = []float64{9.9, 5, 2, 1, .5, .2, .1, .0501}

func errorsOfModels(l *suite.Lab, r *suite.Report, models []scoreModel) error {
	times, err := diffusion.AtRatios(l.Backend, kit.NoiseLevels, noiseBlindLevels)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "errors", Caption: "Fisher error E|s_net - s|^2 relative to E|s|^2 by noise level, " +
		"with five-standard-error limits; on the cross unless the name says M8. Blind: without the noise level as an " +
		"input; told: with it",
		Header: []string{"network", "sigma", "error", "lo", "hi"}}
	score := func(m *scoreModel, target *density.Mixture, n int) error {
		var err error
		if m.errors, err = kit.ScoreErrors(l, target, m.build, m.weights, n, times...); err != nil {
			return err
		}
		for k, e := range m.errors {
			table.Rows = append(table.Rows, []any{m.name, noiseBlindLevels[k], e.Center, e.Lo, e.Hi})
		}
		return nil
	}
	for i := range models[1:] {
		if err := score(&models[i+1], density.Cross(), l.Size(10_000, 100_000)); err != nil {
			return err
		}
	}
	averaged := scoreModel{name: "score of the averaged density", build: averagedModel(density.Cross())}
	if err := score(&averaged, density.Cross(), l.Size(5000, 50_000)); err != nil {
		return err
	}
	eight := scoreModel{name: "best blind, M8", build: bestBlindModel(density.Mixture8D(), levelNodes)}
	if err := score(&eight, density.Mixture8D(), l.Size(2000, 20_000)); err != nil {
		return err
	}
	r.Tables = append(r.Tables, table)
	told, blind := models[1], models[2]
	worst, least := 0., math.Inf(1)
	for k, sigma := range noiseBlindLevels {
		if sigma >= .1 {
			worst = math.Max(worst, told.errors[k].Center)
			least = math.Min(least, blind.errors[k].Center/told.errors[k].Center)
		}
	}
	r.Add(
		suite.Between{Claim: conditioningClaim, Metric: "largest Fisher error at sigma = 0.1 .. 10 relative to " +
			"E|s|^2, network told the level", Got: metrics.Exactly(worst), Lo: 0, Hi: .1, Alpha: 0,
			Why: "the limit of one-network; seven seeds give 0.015 to 0.024", OfTraining: true},
		suite.Between{Claim: conditioningClaim, Metric: "Fisher error of the blind network over that of the same " +
			"network told the level, the least at sigma = 0.1 .. 10", Got: metrics.Exactly(least), Lo: 3, Hi: 1e4,
			Alpha: 0, Why: "the least of seven levels; seven seeds give 7 to 10 at sigma = 0.1, and hundreds at 5 " +
				"and 10", OfTraining: true})
	f, err := noiseBlindErrors(told, blind, models[3], averaged, eight)
	r.Figures = append(r.Figures, f)
	return err
}

// distanceFromBest compares the trained network without the level with the best one, over all levels in the weights of
// training. Its squared error to the target is the error of the best plus its squared distance from the best: the two
// parts are orthogonal for any network that reads u alone.
func distanceFromBest(l *suite.Lab, r *suite.Report, models []scoreModel) error {
	x2, n := density.Cross(), l.Size(20_000, 200_000)
	x0, err := x2.Sample(l.Backend, l.Key("best"), n)
	if err != nil {
		return err
	}
	blind := models[2]
	exec, err := exec.NewModel(l.Backend, blind.weights, func(scope *model.Scope, x0 *Node) []*Node {
		rnd := random.New(x0.Graph(), l.Key("best noise"))
		t := rnd.Uniform(Slice(x0, AxisRange(), AxisElem(0)))
		c := kit.NoiseLevels.At(t)
		x := c.Forward(x0, rnd.Normal(x0))
		skip, out, in := diffusion.EDMHead(1)(c)
		u := Mul(in, x)
		got := Div(Sub(blind.build(scope, nil).Denoise(x, t), Mul(skip, x)), out)
		best, level := bestBlindNet(x2, levelNodes)(u, c.LogSNR(), nil), exactNet(x2)(u, c.LogSNR(), nil)
		norm := func(x *Node) *Node { return ReduceSum(Square(x), 1) }
		return []*Node{norm(Sub(got, level)), norm(Sub(best, level)), norm(Sub(got, best)), norm(best)}
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	out, err := exec.Call(x0)
	if err != nil {
		return err
	}
	parts := kit.Map(out, tensors.MustCopyFlatData[float64])
	cross, err := metrics.Mean(kit.Differences(parts[0], sums(parts[1], parts[2])))
	if err != nil {
		return err
	}
	missed, err := metrics.Ratio(parts[2], parts[3])
	if err != nil {
		return err
	}
	r.Add(
		suite.Near{Claim: conditioningClaim, Metric: "blind network: its squared error, less the best blind " +
			"network's, less its squared distance from the best", Got: cross, Want: 0,
			Why: kit.WhySE + "; the output of any network that reads u alone is uncorrelated with the rest of the " +
				"target"},
		suite.Between{Claim: conditioningClaim, Metric: "squared distance of the blind network from the posterior " +
			"mean over the levels, relative", Got: missed, Lo: 0, Hi: .05, Alpha: 0,
			Why: "seven seeds give 0.011 to 0.014", OfTraining: true})
	return nil
}

// sums adds two columns of equal length.
func sums(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

// sampleModels draws samples with each model, from the same noise, and compares them.
func sampleModels(l *suite.Lab, r *suite.Report, models []scoreModel) error {
	start, err := noisedCross(l, kit.NoiseLevels.SigmaMax, "start")
	if err != nil {
		return err
	}
	end, err := noisedCross(l, kit.NoiseLevels.SigmaMin, "reference")
	if err != nil {
		return err
	}
	reference := kit.Points(end)
	table := suite.Table{Name: "samples", Caption: "Samples of the probability flow by 40 Heun steps from the noised " +
		"data, against as many exact samples: sliced Wasserstein distance SW2, E[x1^2 x2^2], and that minus its " +
		"value for the exact score. Astray: root mean square distance to the samples of the exact score from the " +
		"same noise",
		Header: []string{"model", "SW2", "lo", "hi", "E[x1^2 x2^2]", "lo", "hi", "less the exact score's", "lo", "hi",
			"astray"}}
	for i := range models {
		m := &models[i]
		if err := m.sample(l, start, models[0]); err != nil {
			return err
		}
		sw2, err := metrics.SlicedW2(m.samples, reference, 64)
		if err != nil {
			return err
		}
		m22, err := metrics.M22(m.samples)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{m.name, sw2.Center, sw2.Lo, sw2.Hi, m22.Center, m22.Lo, m22.Hi,
			m.m22.Center, m.m22.Lo, m.m22.Hi, m.stray})
	}
	r.Tables = append(r.Tables, table)
	sampleChecks(r, models)
	samples, err := noiseBlindSamples(l, models)
	if err != nil {
		return err
	}
	guess, err := levelPosterior(l)
	r.Figures = append(r.Figures, samples, guess)
	return err
}

// noisedCross are samples of the cross noised by sigma.
func noisedCross(l *suite.Lab, sigma float64, purpose string) (*tensors.Tensor, error) {
	m, err := density.Cross().Noised(1, sigma)
	if err != nil {
		return nil, err
	}
	return m.Sample(l.Backend, l.Key(purpose), l.Size(10_000, 50_000))
}

// sample carries noise along the probability flow of the model, and compares the ends with those of the exact score.
// The first model is the exact one: it compares itself.
func (m *scoreModel) sample(l *suite.Lab, start *tensors.Tensor, exact scoreModel) error {
	const steps = 40
	grid, err := diffusion.Uniform(1, 0, steps)
	if err != nil {
		return err
	}
	out, err := diffusion.Plan{Build: m.build, Sampler: diffusion.Flow(diffusion.HeunMethod), Grid: grid,
		Store: m.weights}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	m.samples = kit.Points(out)
	if exact.samples.N == 0 {
		exact = *m
	}
	m.stray = math.Sqrt(meanSquare(kit.Differences(m.samples.X, exact.samples.X)) * float64(density.Cross().Dim()))
	m.m22, err = metrics.Mean(kit.Differences(mixedSquares(m.samples), mixedSquares(exact.samples)))
	return err
}

func sampleChecks(r *suite.Report, models []scoreModel) {
	told, blind, best := models[1], models[2], models[3]
	r.Add(
		suite.Between{Claim: conditioningClaim, Metric: "E[x1^2 x2^2] of samples of the network told the level, less " +
			"that of the exact score's samples from the same noise; the data has 2.625",
			Got: told.m22, Lo: -.25, Hi: .25, Alpha: 0, Why: "seven seeds give -0.10 to -0.04", OfTraining: true},
		suite.Between{Claim: conditioningClaim, Metric: "the same of the blind network",
			Got: blind.m22, Lo: -1, Hi: -.35, Alpha: 0, Why: "seven seeds give -0.62 to -0.54", OfTraining: true},
		suite.Between{Claim: conditioningClaim, Metric: "how far samples of the blind network end from the exact " +
			"flow's, over the same of the network told the level", Got: metrics.Exactly(blind.stray / told.stray),
			Lo: 2, Hi: 100, Alpha: 0, Why: "seven seeds give 3.8 to 5.4", OfTraining: true},
		suite.Between{Claim: conditioningClaim, Metric: "the same over that of the best blind network",
			Got: metrics.Exactly(blind.stray / best.stray), Lo: .9, Hi: 1.2, Alpha: 0,
			Why: "seven seeds give 0.98 to 1.04", OfTraining: true})
}

// mixedSquares are x1^2 x2^2.
func mixedSquares(p metrics.Points) []float64 {
	out := make([]float64, p.N)
	for i := range out {
		x := p.Row(i)
		out[i] = x[0] * x[0] * x[1] * x[1]
	}
	return out
}

// meanSquare is the mean of the squares.
func meanSquare(xs []float64) float64 {
	sum := 0.
	for _, x := range xs {
		sum += x * x
	}
	return sum / float64(len(xs))
}
