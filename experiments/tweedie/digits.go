package tweedie

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

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

var idealDenoiser = suite.Experiment{
	ID:    "digits-tweedie",
	Title: "The exact score of a data set reproduces the data set",
	Question: "The ideal denoiser has the exact score of 9,000 training digits. How well does it denoise digits " +
		"that are not among them, and what does its probability flow generate?",
	Sources: []string{"000, section 5", "001, Denoising as inverse problem", "002, section 4",
		"004, one step denoising"},
	Run: runIdealDenoiser,
}

// digitNoise covers noise from far below the distance of neighboring digits to far above their spread.
var digitNoise = diffusion.VE{SigmaMin: .02, SigmaMax: 100}

// noiseCount is the number of noise levels, geometric over digitNoise.
const noiseCount = 10

func runIdealDenoiser(l *suite.Lab) (*suite.Report, error) {
	digits, err := kit.LoadDigits()
	if err != nil {
		return nil, err
	}
	r := &suite.Report{Answer: "It denoises unseen digits badly, and generates only copies. On its own digits " +
		"the ideal denoiser is the best estimator, as theory says. On unseen digits its error does not fall " +
		"with the noise: it stays at the distance to the nearest training digit. A plain linear filter is " +
		"better below sigma = 2. Its probability flow ends at a training digit every time. Sampling with the " +
		"exact score of the data returns the data; a network generalizes only because its score differs from it."}
	linear, err := linearFilter(kit.Points(digits.Train))
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.1, "denoising"); err != nil {
		return nil, err
	}
	if err := denoiseLevels(l, r, digits, linear); err != nil {
		return nil, err
	}
	if err := l.Progress(.6, "probability flow"); err != nil {
		return nil, err
	}
	return r, memorize(l, r, digits)
}

// linearFilter is the Gaussian with the mean and covariance of the data: its denoiser is the best linear one.
func linearFilter(p metrics.Points) (*density.Mixture, error) {
	mean := make([]float64, p.D)
	for i := range p.N {
		for j, v := range p.Row(i) {
			mean[j] += v / float64(p.N)
		}
	}
	return density.NewMixture("Gaussian fit", density.Component{Weight: 1, Mean: mean, Cov: covariance(p, mean)})
}

// levels are the noise levels and their times on digitNoise.
func levels() (sigmas, times []float64) {
	for i := range noiseCount {
		t := float64(i) / (noiseCount - 1)
		times = append(times, t)
		sigmas = append(sigmas, digitNoise.SigmaMin*math.Pow(digitNoise.SigmaMax/digitNoise.SigmaMin, t))
	}
	return sigmas, times
}

// level is one noise level: the pictures of the estimators, and per image their squared errors per pixel.
type level struct {
	noisy, ideal, linear, nearest metrics.Points
	errIdeal, errLinear, errNear  []float64
	overlap                       []float64 // (D - x0).(D - x) per pixel: its mean is 0 if D is the posterior mean
}

// denoiser compiles the estimators once for all levels. It returns what adds noise to clean digits and denoises
// them, and what frees the program.
func denoiser(l *suite.Lab, data *tensors.Tensor, linear *density.Mixture) (
	func(clean *tensors.Tensor, t float64, purpose string) (level, error), func(), error) {
	step, err := exec.New(l.Backend, func(data, clean, eps, t *Node) []*Node {
		x := digitNoise.At(t).Forward(clean, eps)
		ideal := density.Empirical(digitNoise, data).Denoise(x, t)
		filtered := linear.Model(digitNoise).Denoise(x, t)
		_, nearest, _ := density.Nearest(data, x)
		perPixel := func(a, b *Node) *Node { return ReduceMean(Square(Sub(a, b)), 1) }
		overlap := ReduceMean(Mul(Sub(ideal, clean), Sub(ideal, x)), 1)
		return []*Node{x, ideal, filtered, nearest, perPixel(ideal, clean), perPixel(filtered, clean),
			perPixel(nearest, clean), overlap}
	})
	if err != nil {
		return nil, nil, err
	}
	run := func(clean *tensors.Tensor, t float64, purpose string) (level, error) {
		eps, err := exec.Once(l.Backend, func(x *Node) *Node { return random.New(x.Graph(), l.Key(purpose)).Normal(x) },
			clean)
		if err != nil {
			return level{}, err
		}
		out, err := step.Call(data, clean, eps, t)
		if err != nil {
			return level{}, err
		}
		flat := kit.Map(out, func(t *tensors.Tensor) metrics.Points { return kit.Points(t) })
		return level{flat[0], flat[1], flat[2], flat[3], flat[4].X, flat[5].X, flat[6].X, flat[7].X}, nil
	}
	return run, step.Finalize, nil
}

// denoising is what the estimators do at all noise levels.
type denoising struct {
	clean         metrics.Points // the held-out digits
	sigmas, times []float64
	unseen        []level // held-out digits
	// Squared errors by level: of the ideal denoiser on held-out and on training digits, and of the linear filter; and
	// the overlap on training digits.
	ideal, seen, linear, overlap []metrics.Summary
}

// denoiseLevels measures the denoisers on training and on held-out digits.
func denoiseLevels(l *suite.Lab, r *suite.Report, digits kit.DigitSet, linear *density.Mixture) error {
	n := l.Size(200, 1000)
	held := kit.FirstRows(digits.Held, n)
	seen, err := kit.DrawRows(l, digits.Train, "training digits", n)
	if err != nil {
		return err
	}
	run, finalize, err := denoiser(l, digits.Train, linear)
	if err != nil {
		return err
	}
	defer finalize()
	d := &denoising{clean: kit.Points(held)}
	d.sigmas, d.times = levels()
	for i, t := range d.times {
		unseen, err := run(held, t, fmt.Sprintf("noise on held out %d", i))
		if err != nil {
			return err
		}
		trained, err := run(seen, t, fmt.Sprintf("noise on training %d", i))
		if err != nil {
			return err
		}
		if err := d.add(unseen, trained); err != nil {
			return err
		}
	}
	d.checkTraining(r)
	if err := limits(r, d.unseen, d.clean, linear.Mean()); err != nil {
		return err
	}
	table, err := d.table()
	if err != nil {
		return err
	}
	r.Tables = append(r.Tables, table)
	return d.draw(r)
}

// add averages over the digits of one level.
func (d *denoising) add(unseen, trained level) error {
	d.unseen = append(d.unseen, unseen)
	for _, s := range []struct {
		to     *[]metrics.Summary
		values []float64
	}{{&d.ideal, unseen.errIdeal}, {&d.linear, unseen.errLinear}, {&d.seen, trained.errIdeal},
		{&d.overlap, trained.overlap}} {
		mean, err := metrics.Mean(s.values)
		if err != nil {
			return err
		}
		*s.to = append(*s.to, mean)
	}
	return nil
}

// checkTraining checks that the ideal denoiser is the posterior mean on its own training digits.
func (d *denoising) checkTraining(r *suite.Report) {
	for i, sigma := range d.sigmas {
		at := fmt.Sprintf("sigma = %.3g", sigma)
		switch {
		case sigma < .2:
			r.Add(suite.Below{Claim: claims.D002MMSE, Metric: "training digits: MSE of the ideal denoiser, " + at,
				Got: d.seen[i].Center, Bound: 1e-6,
				Why: "even digits at a squared distance of 1.5 are separated: their log odds are 42 +- 9"})
		case sigma > 2: // between, errors are rare events and their mean has no normal interval
			r.Add(suite.Near{Claim: claims.D002MMSE, Metric: "training digits: E (D - x0).(D - x) per pixel, " + at,
				Got: d.overlap[i], Want: 0,
				Why: kit.WhySE + "; the error of a posterior mean is orthogonal to all that can be computed from x"})
		}
	}
}

func (d *denoising) table() (suite.Table, error) {
	table := suite.Table{Name: "mse", Caption: "Mean squared error per pixel of the estimators, and PSNR in dB " +
		"(peak 2), by noise level sigma",
		Header: []string{"sigma", "noisy PSNR dB", "ideal, held out", "lo", "hi", "PSNR dB", "ideal, training digits",
			"lo", "hi", "linear, held out", "lo", "hi"}}
	for i, sigma := range d.sigmas {
		ideal, seen, linear := d.ideal[i], d.seen[i], d.linear[i]
		psnr, err := metrics.PSNR(ideal, 2)
		if err != nil {
			return table, err
		}
		table.Rows = append(table.Rows, []any{sigma, kit.Decibel(4 / (sigma * sigma)), ideal.Center,
			ideal.Lo, ideal.Hi, psnr.Center,
			seen.Center, seen.Lo, seen.Hi, linear.Center, linear.Lo, linear.Hi})
	}
	return table, nil
}

// limits compares the ends of the curves with their limits, the nearest digit and the mean digit, and their middle with
// the linear filter.
func limits(r *suite.Report, levels []level, held metrics.Points, mean []float64) error {
	toMean := make([]float64, held.N)
	for i := range held.N {
		for j, v := range held.Row(i) {
			toMean[i] += (v - mean[j]) * (v - mean[j]) / float64(held.D)
		}
	}
	first, last, low := levels[0], levels[len(levels)-1], levels[2]
	for _, c := range []struct {
		claim     suite.ClaimID
		metric    string
		a, b      []float64
		want, tol float64
		why       string
		shows     suite.Verdict
	}{
		{claims.D001Tweedie, "held out, sigma = 0.02: error of the ideal denoiser over that of the nearest training " +
			"digit", first.errIdeal, first.errNear, 1, .01,
			"the weight of the second nearest digit is exp(-gap/(2 sigma^2)), with gaps of order 1 against 0.0008",
			suite.Qualified},
		{claims.D001Tweedie, "held out, sigma = 100: error of the ideal denoiser over that of the mean digit",
			last.errIdeal, toMean, 1, .02,
			"D differs from the mean by Cov (x - mean)/sigma^2, 1 % of the error at this noise", suite.Confirmed},
		{claims.D004OneStepDenoising, "held out, sigma = 0.13: error of the ideal denoiser over that of the linear " +
			"filter", low.errIdeal, low.errLinear, 13, 7,
			"more than 6: the distance to the nearest digit against noise that a filter halves", suite.Qualified},
	} {
		ratio, err := metrics.Ratio(c.a, c.b)
		if err != nil {
			return err
		}
		r.Add(suite.Check{Claim: c.claim, Metric: c.metric, Got: ratio, Want: c.want, Tol: c.tol,
			Why: c.why, Shows: c.shows})
	}
	return nil
}
