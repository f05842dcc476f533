package learning

import (
	"fmt"
	"slices"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// contoured is a cloud under the lines of constant density of its target.
func contoured(l *suite.Lab, m *density.Mixture, title string, side float64, cloudOf metrics.Points,
	color figure.Color) (figure.Panel, error) {
	const shown = 1500
	field, err := kit.DensityField(l, m, side, 121)
	if err != nil {
		return figure.Panel{}, err
	}
	top := slices.Max(field.Z)
	levels := kit.Map([]float64{.02, .1, .3, .6, .9}, func(share float64) float64 { return share * top })
	return kit.Plane(title, side, kit.Cloud(cloudOf, shown, color), figure.Contour{Field: field, Levels: levels,
		Color: figure.Ink, Width: .9}), nil
}

// learnedFigures shows the cross beside its data, where the learned scores err, and the log density that they give.
func learnedFigures(l *suite.Lab, r *suite.Report, runs []crossTraining, times, exact []float64) error {
	x2 := density.Cross()
	data, err := contoured(l, x2, "data", 3.6, runs[0].data, figure.Blue)
	if err != nil {
		return err
	}
	samples, err := contoured(l, x2, fmt.Sprintf("samples of the learned model, %d evaluations", kit.LearnedNFE), 3.6,
		runs[0].samples, figure.Vermillion)
	if err != nil {
		return err
	}
	f, err := kit.PNG("cross", "The cross: 1,500 points of data and 1,500 samples of a network trained on data "+
		"alone, over contours of the exact density. The two clouds look alike.", figure.Row("", data, samples))
	if err != nil {
		return err
	}
	r.Figures = append(r.Figures, f)

	errors := figure.Panel{Title: "error of the learned score", X: figure.Axis{Label: "noise level σ", Log: true},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true}, Legend: figure.TopRight}
	colors := []figure.Color{figure.Blue, figure.Vermillion, figure.Green}
	for k, run := range runs {
		errors.Layers = append(errors.Layers, figure.Line{X: kit.Map(times, levelOf),
			Y: kit.Centers(run.errors), Color: colors[k], Markers: true, Label: fmt.Sprint("training ", k+1)})
	}
	const lo = -9.
	nats := figure.Panel{Title: "log density of held-out points", X: figure.Axis{Label: "exact log p, nats", Min: lo,
		Max: 0},
		Y: figure.Axis{Label: "learned log p, nats", Min: lo, Max: 0}, EqualAspect: true,
		Layers: []figure.Layer{figure.Points{X: exact, Y: runs[0].nats, Color: figure.Vermillion},
			figure.Line{X: []float64{lo, 0}, Y: []float64{lo, 0}, Color: figure.Ink, Width: 1}}}
	if f, err = kit.PNG("score-and-likelihood", "Left: relative squared error of the learned score of the cross by "+
		"noise level, for three trainings; it rises toward low noise. Right: log density of held-out points by the "+
		"probability flow of the first network against the exact value. They agree on the diagonal where the density "+
		"is high, and scatter where data are rare.",
		figure.Row("", errors, nats)); err != nil {
		return err
	}
	r.Figures = append(r.Figures, f)
	return nil
}

// learnedRingFigure is the ring beside its data, with the weights of its modes.
func learnedRingFigure(l *suite.Lab, r *suite.Report, samples metrics.Points, count ringCount) error {
	r8 := density.Ring()
	x, err := r8.Sample(l.Backend, l.Key("ring data"), 4000)
	if err != nil {
		return err
	}
	data, err := contoured(l, r8, "data", 2.9, kit.Points(x), figure.Blue)
	if err != nil {
		return err
	}
	learned, err := contoured(l, r8, "samples of the learned model", 2.9, samples, figure.Vermillion)
	if err != nil {
		return err
	}
	var modes []float64
	for k := range count.shares {
		modes = append(modes, float64(k+1))
	}
	weights := figure.Panel{Title: "weights of the modes", X: figure.Axis{Label: "mode", Min: .5, Max: 8.5},
		Y: figure.Axis{Label: "share of the samples", Min: .1, Max: .15},
		Layers: []figure.Layer{figure.HLine{At: .125, Label: "exact"}, figure.ErrorBars{X: modes,
			Y: kit.Centers(count.shares), Lo: kit.Lows(count.shares), Hi: kit.Highs(count.shares),
			Color: figure.Vermillion}}}
	f, err := kit.PNG("ring", "The ring of eight Gaussians: data and samples of the learned model over contours of "+
		"the exact density, and the share of each mode in 20,000 samples (±5 s.e.). All intervals hold the exact "+
		"1/8; a few samples of the model lie between neighboring modes.",
		figure.Row("", data, learned, weights))
	r.Figures = append(r.Figures, f)
	return err
}
