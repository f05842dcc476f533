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
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var idealDenoiser = suite.Experiment{
	ID:    "digits-tweedie",
	Title: "The exact score of a data set denoises it, and generates nothing else",
	Question: "How well does the ideal denoiser of 9,000 real digits clean digits it has never seen, and what does " +
		"its flow generate?",
	Sources: []string{"000, section 5", "001, Denoising as inverse problem", "002, section 4",
		"004, one step denoising"},
	Run: runIdealDenoiser,
}

// digitNoise covers noise from far below the distance of neighbouring digits to far above their spread.
var digitNoise = diffusion.VE{SigmaMin: .02, SigmaMax: 100}

// noiseCount is the number of noise levels, geometric over digitNoise.
const noiseCount = 10

func runIdealDenoiser(l *suite.Lab) (*suite.Report, error) {
	digits, err := kit.LoadDigits()
	if err != nil {
		return nil, err
	}
	r := &suite.Report{Answer: "On the digits it is made of, the ideal denoiser obeys the law of the best estimator. " +
		"On unseen digits it does not: as the noise falls its error stays at the distance to the nearest training " +
		"digit, and a plain linear filter beats it. Its probability flow lands on training digits, every time: what " +
		"sampling with the exact score of the data gives is the data, and a network generalises only by missing that " +
		"score."}
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
	return r, memorise(l, r, digits)
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

// levels are the noise levels and their times.
func levels() (sigmas, times []float64) {
	for i := range noiseCount {
		t := float64(i) / (noiseCount - 1)
		times = append(times, t)
		sigmas = append(sigmas, digitNoise.SigmaMin*math.Pow(digitNoise.SigmaMax/digitNoise.SigmaMin, t))
	}
	return sigmas, times
}

// level is what one noise level does to digits: per image, the squared errors per pixel of the estimators, and what
// shows them.
type level struct {
	noisy, ideal, linear, nearest metrics.Points
	errIdeal, errLinear, errNear  []float64
	overlap                       []float64 // (D - x0).(D - x) per pixel: mean zero where D is the posterior mean
}

// denoiser compiles the estimators once for all levels.
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
	sigmas, times := levels()
	table := suite.Table{Name: "mse", Caption: "Mean squared error per pixel and PSNR (peak 2) against the noise",
		Header: []string{"sigma", "noisy PSNR dB", "ideal, held out", "lo", "hi", "PSNR dB", "ideal, training digits",
			"lo", "hi", "linear, held out", "lo", "hi"}}
	sheet := figure.Images{Lo: -1, Hi: 1, RowLabels: []string{"noisy", "ideal", "nearest", "linear"},
		Rows: make([][]figure.Picture, 4), Labels: make([][]string, 4)}
	series := map[string][]metrics.Summary{}
	var unseenAt []level
	for i, t := range times {
		unseen, err := run(held, t, fmt.Sprintf("noise on held out %d", i))
		if err != nil {
			return err
		}
		unseenAt = append(unseenAt, unseen)
		trained, err := run(seen, t, fmt.Sprintf("noise on training %d", i))
		if err != nil {
			return err
		}
		s := map[string]metrics.Summary{}
		for name, values := range map[string][]float64{"ideal": unseen.errIdeal, "linear": unseen.errLinear,
			"seen": trained.errIdeal, "overlap": trained.overlap} {
			if s[name], err = metrics.Mean(values); err != nil {
				return err
			}
			series[name] = append(series[name], s[name])
		}
		at := fmt.Sprintf("sigma = %.3g", sigmas[i])
		switch {
		case sigmas[i] < .2:
			r.Add(suite.Below{Claim: claims.D002MMSE, Metric: "training digits: MSE of the ideal denoiser, " + at,
				Got: s["seen"].Center, Bound: 1e-6,
				Why: "even twins at a squared distance of 1.5 are told apart: their log odds are 42 +- 9"})
		case sigmas[i] > 2: // between, errors are rare events and their mean has no normal interval
			r.Add(suite.Near{Claim: claims.D002MMSE, Metric: "training digits: E (D - x0).(D - x) per pixel, " + at,
				Got: s["overlap"], Want: 0,
				Why: kit.WhySE + "; the error of a posterior mean is orthogonal to all that can be computed from x"})
		}
		psnr, err := metrics.PSNR(s["ideal"], 2)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{sigmas[i], kit.Decibel(4 / (sigmas[i] * sigmas[i])), s["ideal"].Center,
			s["ideal"].Lo, s["ideal"].Hi, psnr.Center,
			s["seen"].Center, s["seen"].Lo, s["seen"].Hi, s["linear"].Center, s["linear"].Lo, s["linear"].Hi})
		const shown = 2
		for k, p := range []metrics.Points{unseen.noisy, unseen.ideal, unseen.nearest, unseen.linear} {
			pic := kit.Picture(p, shown)
			sheet.Rows[k] = append(sheet.Rows[k], pic)
			sheet.Labels[k] = append(sheet.Labels[k], psnrLabel(p, held, shown))
		}
		sheet.ColLabels = append(sheet.ColLabels, fmt.Sprintf("%.3g", sigmas[i]))
	}
	if err := limits(r, unseenAt, kit.Points(held), linear.Mean()); err != nil {
		return err
	}
	still, err := kit.PNG("denoise", "A held-out digit at ten noise levels (sigma above), cleaned by the ideal "+
		"denoiser of 9,000 others, beside the training digit nearest to the noisy picture and the linear "+
		"filter. Below each picture its PSNR in dB.", sheet)
	if err != nil {
		return err
	}
	curve := func(name, label string, color figure.Color) figure.Line {
		s, from := series[name], 0
		for s[from].Center < 1e-6 { // training digits at low noise come back exactly: below any logarithmic axis
			from++
		}
		s = s[from:]
		return figure.Line{X: sigmas[from:], Y: kit.Centers(s), Lo: kit.Lows(s), Hi: kit.Highs(s), Label: label,
			Color: color, Markers: true}
	}
	identity := figure.Line{X: sigmas[:5], Y: kit.Map(sigmas[:5], func(s float64) float64 { return s * s }),
		Label: "noisy: σ^{2}", Color: figure.Gray, Dashed: true}
	curves, err := kit.PNG("mse", "Squared error per pixel against the noise, with 5 standard errors. On unseen "+
		"digits the ideal denoiser loses to a linear filter below σ = 2, and to doing nothing below σ = 0.34.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "σ", Log: true, Min: .015, Max: 150},
			Y: figure.Axis{Label: "MSE per pixel", Log: true, Min: 1e-4, Max: 1},
			Layers: []figure.Layer{curve("ideal", "ideal denoiser, held-out digits", figure.Vermillion),
				curve("seen", "ideal denoiser, training digits", figure.Orange),
				curve("linear", "linear filter, held-out digits", figure.Blue), identity}, Legend: figure.BottomRight}))
	r.Figures, r.Tables = append(r.Figures, still, curves), append(r.Tables, table)
	return err
}

// psnrLabel is the PSNR of picture i of p against the clean one.
func psnrLabel(p metrics.Points, clean *tensors.Tensor, i int) string {
	sum := 0.0
	for j, v := range kit.Points(clean).Row(i) {
		sum += (v - p.Row(i)[j]) * (v - p.Row(i)[j]) / float64(p.D)
	}
	return fmt.Sprintf("%.1f", kit.Decibel(4/sum))
}

// limits holds the ends of the curves against what they must tend to, the nearest digit and the mean digit, and their
// middle against the linear filter.
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
			"D leaves the mean by Cov (x - mean)/sigma^2, 1 % of the error at this noise", suite.Confirmed},
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
