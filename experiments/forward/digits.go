package forward

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"

	"gonum.org/v1/gonum/stat/distuv"

	"scorelab/lib/random"
)

var dissolve = suite.Experiment{
	ID:       "digits-forward",
	Title:    "Real digits dissolve, on five paths",
	Question: "What do the forward processes do to real images, and how much of a digit is left when?",
	Sources:  []string{"000, 2.1", "002, section 5", "004, Rewriting the Score Function"},
	Run:      runDissolve,
}

// shares of the horizon at which the digits are shown and measured.
var shares = []float64{0, .1, .2, .3, .4, .5, .6, .8, 1}

func runDissolve(l *suite.Lab) (*suite.Report, error) {
	digits, err := kit.LoadDigits()
	if err != nil {
		return nil, err
	}
	n := l.Size(200, 1000)
	clean := kit.FirstRows(digits.Held, n)
	power := kit.SignalPower(kit.Points(digits.Held)) // of the data, however many of them are noised
	r := &suite.Report{Answer: "Every path ends in noise with less than -25 dB of digit left, at its own pace. " +
		"Jumped from time to time, the noise in each picture is standard normal, independent of the digit, and as " +
		"strong as sigma(t) says."}
	sheet := figure.Images{Lo: -1, Hi: 1, ColLabels: kit.Map(shares, func(s float64) string {
		return fmt.Sprintf("%g T", s)
	})}
	table := suite.Table{Name: "snr", Caption: "Signal-to-noise ratio of the held-out digits",
		Header: []string{"process", "t", "alpha", "sigma", "SNR dB, exact", "SNR dB, measured", "lo", "hi"}}
	frames := make([]figure.Images, len(shares))
	for i, process := range diffusion.Processes {
		row, err := dissolveOn(l, r, &table, process, clean, power)
		if err != nil {
			return nil, err
		}
		sheet.Rows, sheet.Labels, sheet.RowLabels = append(sheet.Rows, row.pictures), append(sheet.Labels, row.labels),
			append(sheet.RowLabels, process.Name)
		for k := range frames {
			frames[k].Rows, frames[k].Labels = append(frames[k].Rows, row.crowd[k]), append(frames[k].Labels, nil)
			frames[k].RowLabels = append(frames[k].RowLabels, process.Name)
		}
		if err := l.Progress(float64(i+1)/float64(len(diffusion.Processes)+1), process.Name); err != nil {
			return nil, err
		}
	}
	still, err := kit.PNG("forward", "A held-out digit on each path, at equal shares of the path's horizon T; below "+
		"each picture its signal-to-noise ratio.", sheet)
	if err != nil {
		return nil, err
	}
	var movie []figure.Figure
	for k := range frames {
		frames[k].Title, frames[k].Lo, frames[k].Hi, frames[k].Scale = fmt.Sprintf("t = %.1f T", shares[k]), -1, 1, 2
		movie = append(movie, frames[k])
	}
	film, err := kit.GIF("forward", "Five digits on each path.", movie)
	r.Figures, r.Tables = append(r.Figures, still, film), append(r.Tables, table)
	return r, err
}

// dissolved is one process's row of the figures.
type dissolved struct {
	pictures []figure.Picture
	labels   []string
	crowd    [][]figure.Picture // [time][digit]
}

// dissolveOn carries the digits along one process, by one exact jump from each time to the next, and measures the
// noise that they have then.
func dissolveOn(l *suite.Lab, r *suite.Report, table *suite.Table, process diffusion.ProcessSpec, clean *tensors.Tensor,
	power float64) (dissolved, error) {
	p := process.Process
	lo, hi := p.Horizon()
	grid := kit.Map(shares, func(s float64) float64 { return lo + s*(hi-lo) })
	// Time tMin is not quite data: the path law puts the digits there.
	start, err := exec.Once(l.Backend, func(x *Node) *Node {
		eps := random.New(x.Graph(), l.Key(process.Name+" start")).Normal(x)
		return p.At(kit.ScalarLike(x, lo)).Forward(x, eps)
	}, clean)
	if err != nil {
		return dissolved{}, err
	}
	build := diffusion.Fixed(func() diffusion.Model { return diffusion.Model{Process: p} })
	plan := diffusion.Plan{Build: build, Sampler: diffusion.OneStep(diffusion.Jump), Grid: grid,
		Noise: l.Key(process.Name)}
	digits := kit.Points(clean)
	var d dissolved
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return dissolved{}, err
		}
		alpha, sigma, err := diffusion.PathAt(l.Backend, p, s.Time)
		if err != nil {
			return dissolved{}, err
		}
		x := kit.Points(s.X)
		snr := kit.Decibel(alpha * alpha * power / (sigma * sigma))
		measured, err := noiseChecks(r, process.Name, shares[s.Step], digits, x, alpha, sigma, power)
		if err != nil {
			return dissolved{}, err
		}
		table.Rows = append(table.Rows, []any{process.Name, s.Time, alpha, sigma, snr, measured.Center, measured.Lo,
			measured.Hi})
		// VE's pictures are scaled back to unit spread, or they would be black and white only.
		scale := 1 / math.Sqrt(alpha*alpha+sigma*sigma)
		shown := metrics.Points{N: x.N, D: x.D, X: kit.Map(x.X, func(v float64) float64 { return v * scale })}
		d.pictures, d.labels = append(d.pictures, kit.Picture(shown, 3)), append(d.labels, fmt.Sprintf("%.0f dB", snr))
		d.crowd = append(d.crowd, kit.Pictures(shown, 5))
	}
	return d, nil
}

// noiseChecks takes x = alpha x0 + sigma eps apart: eps must be standard normal and know nothing of x0. It returns the
// measured signal-to-noise ratio in dB.
func noiseChecks(r *suite.Report, process string, share float64, clean, x metrics.Points, alpha, sigma, power float64) (
	metrics.Summary, error) {
	eps, product, square := make([]float64, len(x.X)), make([]float64, x.N), make([]float64, x.N)
	for i := range eps {
		eps[i] = (x.X[i] - alpha*clean.X[i]) / sigma
		product[i/x.D] += eps[i] * clean.X[i] / float64(x.D)
		square[i/x.D] += eps[i] * eps[i] / float64(x.D)
	}
	noise, err := metrics.Mean(square)
	if err != nil {
		return metrics.Summary{}, err
	}
	snr := kit.Decibel(alpha * alpha * power / (sigma * sigma))
	measured := metrics.Summary{
		Center: snr - kit.Decibel(noise.Center), Lo: snr - kit.Decibel(noise.Hi), Hi: snr - kit.Decibel(noise.Lo),
		N: noise.N}
	at := fmt.Sprintf("%s at t = %g T", process, share)
	if share == .5 || share == 1 {
		ks, err := kit.KSCheck(claims.D002ClosedFormMarginal,
			"KS distance of (x_t - alpha x_0)/sigma from N(0, 1), "+at, eps, distuv.UnitNormal.CDF, 0, "")
		if err != nil {
			return metrics.Summary{}, err
		}
		independent, err := metrics.Mean(product)
		if err != nil {
			return metrics.Summary{}, err
		}
		r.Add(
			suite.Near{Claim: claims.D002ClosedFormMarginal, Metric: "signal-to-noise ratio in dB, " + at,
				Got: measured, Want: snr,
				Why: kit.WhySE + "; exact: alpha^2 / sigma^2 times the variance of the pixels"},
			ks,
			suite.Near{Claim: claims.D002ClosedFormMarginal, Metric: "mean of noise times pixel, " + at,
				Got: independent, Want: 0, Why: kit.WhySE})
	}
	if share == 1 && process == "vp" {
		ks, err := kit.KSCheck(claims.D000ForwardToNoise, "KS distance of the pixels at the end from N(0, 1), vp", x.X,
			distuv.UnitNormal.CDF, .003,
			", and what is left of the mean pixel: 0.0066 times -0.74 shifts the distribution by 0.002")
		if err != nil {
			return metrics.Summary{}, err
		}
		r.Add(ks,
			suite.Below{Claim: claims.D000ForwardToNoise, Metric: "share of a digit's amplitude left at the end, vp",
				Got: alpha, Bound: .01, Why: "alpha(1) = exp(-10.05/2) = 0.0066"})
	}
	return measured, nil
}
