package tweedie

import (
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

// memorize runs the probability flow of the exact score of the training digits, and compares its end with those
// digits.
func memorize(l *suite.Lab, r *suite.Report, digits kit.DigitSet) error {
	end, frames, err := runDigitFlow(l, digits)
	if err != nil {
		return err
	}
	land, err := landing(l, digits, end)
	if err != nil {
		return err
	}
	if err := land.check(r); err != nil {
		return err
	}
	r.Tables = append(r.Tables, suite.Table{Name: "memorised", Caption: "End of the probability flow: the " +
		"nearest training digit of each sample, and the root mean squared distance per pixel",
		Header: []string{"sample", "nearest training digit", "RMS distance"},
		Rows:   kit.Rows(indices(end.N), land.index, land.distance)})
	return land.draw(r, frames)
}

// runDigitFlow carries noise down to the least noise level, and draws some of the pictures on their way.
func runDigitFlow(l *suite.Lab, digits kit.DigitSet) (end metrics.Points, frames []figure.Figure, err error) {
	n := l.Size(32, 256)
	noise, err := kit.Normal(make([]float64, 1), digitNoise.SigmaMax*digitNoise.SigmaMax).Sample(l.Backend,
		l.Key("flow start"), n*784)
	if err != nil {
		return end, nil, err
	}
	start := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](noise), n, 784)
	grid, err := diffusion.Uniform(1, 0, flowSteps)
	if err != nil {
		return end, nil, err
	}
	read, err := diffusion.CoefficientsAt(l.Backend, digitNoise, grid)
	if err != nil {
		return end, nil, err
	}
	plan := diffusion.Plan{Build: density.EmpiricalBuild(digitNoise), Inputs: []*tensors.Tensor{digits.Train},
		Sampler: diffusion.DDIM(0), Grid: grid}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return end, nil, err
		}
		end = kit.Points(s.X)
		if s.Step%2 == 1 {
			continue // half the frames are enough
		}
		frames = append(frames, flowFrame(end, read[0].Sigma[s.Step]))
		if err := l.Progress(.6+.3*float64(s.Step)/flowSteps, "probability flow"); err != nil {
			return end, nil, err
		}
	}
	return end, frames, nil
}

// landed is the end of the flow: its pictures, [n, 784]; the training digit nearest to each, with index and
// distance; and the distance of held-out digits to theirs. Distances are root mean squares over the pixels.
type landed struct {
	pictures, nearest     metrics.Points
	index, distance, held []float64
}

// landing takes the last step, to sigma = 0, and finds the nearest digits.
func landing(l *suite.Lab, digits kit.DigitSet, end metrics.Points) (landed, error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		pictures := density.Empirical(digitNoise, in[0]).Denoise(in[1], kit.ScalarLike(in[1], 0))
		index, nearest, squared := density.Nearest(in[0], pictures)
		_, _, heldSquared := density.Nearest(in[0], in[2])
		return []*Node{pictures, index, nearest, squared, heldSquared}
	}, digits.Train, tensors.FromFlatDataAndDimensions(end.X, end.N, 784),
		kit.FirstRows(digits.Held, l.Size(200, 1000)))
	if err != nil {
		return landed{}, err
	}
	rms := func(squared []float64) []float64 {
		return kit.Map(squared, func(v float64) float64 { return math.Sqrt(v / 784) })
	}
	pictures := func(x []float64) metrics.Points { return metrics.Points{N: end.N, D: 784, X: x} }
	return landed{pictures: pictures(out[0]), nearest: pictures(out[2]), index: out[1], distance: rms(out[3]),
		held: rms(out[4])}, nil
}

// copies counts distances below kit.CopyRMS.
func copies(distances []float64) (n int) {
	for _, v := range distances {
		if v < kit.CopyRMS {
			n++
		}
	}
	return n
}

// check counts copies among the samples and, for comparison, among held-out digits.
func (land landed) check(r *suite.Report) error {
	n, distinct := len(land.distance), map[float64]bool{}
	for _, i := range land.index {
		distinct[i] = true
	}
	held, err := metrics.Mean(land.held)
	if err != nil {
		return err
	}
	share := func(k int) metrics.Summary {
		v := float64(k) / float64(n)
		return metrics.Summary{Center: v, Lo: v, Hi: v, N: n}
	}
	r.Add(
		suite.Between{Claim: claims.D000SamplingGivesData,
			Metric: "share of flow samples that are copies of a training digit (within 1/256 of a pixel's range)",
			Got:    share(copies(land.distance)), Lo: 1 - 1.5/float64(n), Hi: 1, Alpha: 1e-6,
			Why:   "a sample between two digits needs distances that agree to 1e-4 of their spread: once in 10^4",
			Shows: suite.Qualified},
		suite.Between{Claim: claims.D000SamplingGivesData, Metric: "share of distinct digits among the flow samples",
			Got: share(len(distinct)), Lo: .85, Hi: 1, Alpha: 1e-6,
			Why: "draws from 9,000 digits, some of which attract more noise than others", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D000SamplingGivesData, Metric: "share of held-out digits that are copies of a " +
			"training digit", Got: float64(copies(land.held)) / float64(len(land.held)), Want: 0, Tol: 0,
			Why: "real digits are not copies of one another"},
		suite.Check{Claim: claims.D000SamplingGivesData, Metric: "distance per pixel of a held-out digit to its " +
			"nearest training digit, RMS", Got: held, Want: .37, Tol: .1,
			Why: "fixed data: a plausible range, so that the copies above mean something"})
	return nil
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

// covariance is that of the rows of p about their mean, [d][d], plus ridge I, as one matrix product.
func covariance(p metrics.Points, mean []float64) [][]float64 {
	centered := mat.NewDense(p.N, p.D, nil)
	for i := range p.N {
		for j, v := range p.Row(i) {
			centered.Set(i, j, v-mean[j])
		}
	}
	var sum mat.SymDense
	sum.SymOuterK(1/float64(p.N), centered.T())
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
