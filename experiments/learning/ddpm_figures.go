package learning

import (
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// trainedFigure shows the samples with the variance beta, where each comes from, and where the network errs.
func trainedFigure(l *suite.Lab, r *suite.Report, times []float64, errors []metrics.Summary, exact,
	learned []float64) error {
	line := fokkerplanck.Line{Lo: -4, Hi: 4, N: 241}
	densities, err := kit.LineDensities(l, density.Bimodal(), diffusion.OU{}, line, 0)
	if err != nil {
		return err
	}
	bars := figure.Histogram(learned, -4, 4, 80)
	bars.Color, bars.Label = figure.Orange, "samples, learned ε"
	const shown = 1500
	f, err := kit.PNG("trained", "A network trained and sampled by the two loops of document 000 on G1, reverse "+
		"variance beta. Left: its samples follow the exact density, with slightly too many in the gap. Middle: each "+
		"sample against that of the exact noise prediction from the same noise; they differ in the gap between the "+
		"modes. Right: relative error of the noise prediction by step; above the line it is worse than predicting "+
		"zero.",
		figure.Row("",
			figure.Panel{Title: "samples", X: figure.Axis{Label: "x", Min: -4, Max: 4},
				Y: figure.Axis{Label: "density", Min: 0, Max: .65}, Legend: figure.TopLeft,
				Layers: []figure.Layer{bars, figure.Line{X: line.Nodes(), Y: densities[0], Color: figure.Blue,
					Label: "exact density"}}},
			figure.Panel{Title: "paired by noise", X: figure.Axis{Label: "sample, exact ε", Min: -4, Max: 4},
				Y: figure.Axis{Label: "sample, learned ε", Min: -4, Max: 4}, EqualAspect: true,
				Layers: []figure.Layer{figure.Line{X: []float64{-4, 4}, Y: []float64{-4, 4}, Color: figure.Gray,
					Width: 1}, figure.Points{X: exact[:shown], Y: learned[:shown], Color: figure.Vermillion}}},
			figure.Panel{Title: "error of the learned ε", X: figure.Axis{Label: "step t", Log: true},
				Y: figure.Axis{Label: "relative squared error", Log: true},
				Layers: []figure.Layer{figure.Line{X: times, Y: kit.Centers(errors), Color: figure.Blue,
					Markers: true}, figure.HLine{At: 1, Dashed: true, Width: 1, Label: "predicting zero"}},
				Legend: figure.BottomLeft}))
	r.Figures = append(r.Figures, f)
	return err
}
