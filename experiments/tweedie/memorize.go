package tweedie

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// flowSteps is the number of deterministic steps from noise to a digit.
const flowSteps = 40

// memorise runs the probability flow of the training digits' exact score and looks where it lands.
func memorise(l *suite.Lab, r *suite.Report, digits kit.DigitSet) error {
	n := l.Size(32, 256)
	noise, err := kit.Normal(make([]float64, 1), digitNoise.SigmaMax*digitNoise.SigmaMax).Sample(l.Backend,
		l.Key("flow start"), n*784)
	if err != nil {
		return err
	}
	start := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](noise), n, 784)
	grid, err := diffusion.Uniform(1, 0, flowSteps)
	if err != nil {
		return err
	}
	plan := diffusion.Plan{Build: density.EmpiricalBuild(digitNoise), Inputs: []*tensors.Tensor{digits.Train},
		Sampler: diffusion.DDIM(0), Grid: grid}
	shown := min(n, 12)
	var frames []figure.Figure
	var end metrics.Points
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return err
		}
		end = kit.Points(s.X)
		_, sigma, err := diffusion.PathAt(l.Backend, digitNoise, s.Time)
		if err != nil {
			return err
		}
		if s.Step%2 == 1 {
			continue // half the frames are enough
		}
		scale := 1 / math.Sqrt(1+sigma*sigma)
		view := metrics.Points{N: shown, D: 784, X: kit.Map(end.X[:shown*784], func(v float64) float64 {
			return v * scale
		})}
		frames = append(frames, figure.Images{Title: fmt.Sprintf("σ = %.2f", sigma), Rows: [][]figure.Picture{
			kit.Pictures(view, shown)[:shown/2], kit.Pictures(view, shown)[shown/2:]}, Lo: -1, Hi: 1, Scale: 2})
		if err := l.Progress(.6+.3*float64(s.Step)/flowSteps, "probability flow"); err != nil {
			return err
		}
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		// the last step, to sigma = 0
		landed := density.Empirical(digitNoise, in[0]).Denoise(in[1], kit.ScalarLike(in[1], 0))
		index, nearest, squared := density.Nearest(in[0], landed)
		_, _, heldSquared := density.Nearest(in[0], in[2])
		return []*Node{landed, index, nearest, squared, heldSquared}
	}, digits.Train, tensors.FromFlatDataAndDimensions(end.X, n, 784), kit.FirstRows(digits.Held, l.Size(200, 1000)))
	if err != nil {
		return err
	}
	rms := func(squared []float64) []float64 {
		return kit.Map(squared, func(v float64) float64 { return math.Sqrt(v / 784) })
	}
	landed, nearest := metrics.Points{N: n, D: 784, X: out[0]}, metrics.Points{N: n, D: 784, X: out[2]}
	copies, distinct := 0, map[float64]bool{}
	for i, v := range rms(out[3]) {
		if v < kit.CopyRMS {
			copies++
		}
		distinct[out[1][i]] = true
	}
	heldCopies := 0
	for _, v := range rms(out[4]) {
		if v < kit.CopyRMS {
			heldCopies++
		}
	}
	held, err := metrics.Mean(rms(out[4]))
	if err != nil {
		return err
	}
	share := func(k, n int) metrics.Summary {
		return metrics.Summary{Center: float64(k) / float64(n), Lo: float64(k) / float64(n), Hi: float64(k) /
			float64(n), N: n}
	}
	r.Add(
		suite.Between{Claim: claims.D000SamplingGivesData,
			Metric: "share of flow samples that are copies of a training digit (within 1/256 of a pixel's range)",
			Got:    share(copies, n), Lo: 1 - 1.5/float64(n), Hi: 1, Alpha: 1e-6,
			Why:   "a sample between two digits needs distances that agree to 1e-4 of their spread: once in 10^4",
			Shows: suite.Qualified},
		suite.Between{Claim: claims.D000SamplingGivesData, Metric: "share of distinct digits among the flow samples",
			Got: share(len(distinct), n), Lo: .85, Hi: 1, Alpha: 1e-6,
			Why: "draws from 9,000 digits, some of which attract more noise than others", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D000SamplingGivesData, Metric: "share of held-out digits that are copies of a " +
			"training digit", Got: float64(heldCopies) / float64(len(out[4])), Want: 0, Tol: 0,
			Why: "real digits are not"},
		suite.Check{Claim: claims.D000SamplingGivesData, Metric: "distance per pixel of a held-out digit to its " +
			"nearest training digit, RMS", Got: held, Want: .37, Tol: .1,
			Why: "fixed data: a plausible range, so that the copies above mean something"})
	r.Tables = append(r.Tables, suite.Table{Name: "memorised", Caption: "Where the probability flow lands",
		Header: []string{"sample", "nearest training digit", "RMS distance"},
		Rows:   kit.Rows(indices(n), out[1], rms(out[3]))})
	sheet := figure.Images{Rows: [][]figure.Picture{kit.Pictures(landed, shown), kit.Pictures(nearest, shown)},
		RowLabels: []string{"generated", "nearest"}, Lo: -1, Hi: 1}
	still, err := kit.PNG("memorised", "Samples of the probability flow with the exact score of 9,000 digits, above "+
		"the training digit nearest to each: copies.", sheet)
	if err != nil {
		return err
	}
	film, err := kit.GIF("flow", "The flow from noise to training digits; pictures are scaled to unit spread.", frames)
	r.Figures = append(r.Figures, still, film)
	return err
}

func indices(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}

// ridge keeps pixels that are blank in every digit from making the covariance singular.
const ridge = 1e-6

// covariance is that of the rows about their mean, plus ridge I, as one matrix product.
func covariance(p metrics.Points, mean []float64) [][]float64 {
	centred := mat.NewDense(p.N, p.D, nil)
	for i := range p.N {
		for j, v := range p.Row(i) {
			centred.Set(i, j, v-mean[j])
		}
	}
	var sum mat.SymDense
	sum.SymOuterK(1/float64(p.N), centred.T())
	cov := make([][]float64, p.D)
	for i := range cov {
		cov[i] = make([]float64, p.D)
		for j := range cov[i] {
			cov[i][j] = sum.At(i, j)
		}
		cov[i][i] += ridge
	}
	return cov
}
