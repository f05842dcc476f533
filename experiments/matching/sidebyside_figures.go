package matching

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// raceFigure draws the errors against steps, against work, and as errors to the score of the data.
func raceFigure(r *suite.Report, c *race, work []float64) error {
	errors := figure.Axis{Label: "E|s_{net} - s_{σ}|^{2} / E|s_{σ}|^{2}", Log: true, Min: 3e-4, Max: 2}
	bySteps := figure.Panel{Title: "error after the same steps", X: figure.Axis{Label: "steps", Log: true},
		Y: errors, Legend: figure.NoLegend}
	byWork := figure.Panel{Title: "error after the same work", X: figure.Axis{Label: "evaluations of the network",
		Log: true},
		Y: figure.Axis{Log: true, Min: errors.Min, Max: errors.Max}, Legend: figure.NoLegend}
	clean := figure.Panel{Title: "error to the score of the data", X: figure.Axis{Label: "steps", Log: true},
		Y:      figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: errors.Min, Max: errors.Max},
		Legend: figure.NoLegend}
	names := figure.Panel{HideAxes: true, X: figure.Axis{Min: 0, Max: 1, Hide: true},
		Y: figure.Axis{Min: 0, Max: 1, Hide: true}, Legend: figure.TopLeft}
	steps := kit.Map(c.steps, func(s int) float64 { return float64(s) })
	for i, k := range contenders() {
		spent := kit.Map(steps, func(s float64) float64 { return s * work[i] })
		bySteps.Layers = append(bySteps.Layers, figure.Line{X: steps, Y: c.own[i], Color: k.color})
		byWork.Layers = append(byWork.Layers, figure.Line{X: spent, Y: c.own[i], Color: k.color})
		clean.Layers = append(clean.Layers, figure.Line{X: steps, Y: c.clean[i], Color: k.color})
		if k.sigma > 0 {
			clean.Layers = append(clean.Layers, figure.HLine{At: c.bias[i], Color: k.color, Dashed: true})
		}
		names.Layers = append(names.Layers, figure.Line{X: []float64{-2, -1}, Y: []float64{0, 0}, Color: k.color,
			Label: k.name})
	}
	f, err := kit.PNG("race", "The same network, initial weights and batches under nine objectives. Left: error to "+
		"the minimizer of each objective against steps. Right: against work, where denoising at σ = 0.3 leads all "+
		"that do not use the true score. Below: error to the score of the data; denoising stops at its bias "+
		"(dashed, exact).",
		figure.Grid{RowHeight: 300, Rows: [][]figure.Panel{{bySteps, byWork}, {clean, names}}})
	r.Figures = append(r.Figures, f)
	return err
}
