package matching

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// comparisonFigure draws the errors at the end, and those of five objectives against work.
func comparisonFigure(r *suite.Report, c *comparison, work []float64) error {
	f, err := kit.PNG("race", "The same network, initial weights and batches under nine objectives. Left: errors at "+
		"the end. The three that denoise are further from the score of the data (orange), by their bias. Right: error "+
		"against work; denoising at σ = 0.3 leads all objectives that do not use the true score.",
		figure.Grid{RowHeight: 420, Rows: [][]figure.Panel{{endPanel(c), workErrorPanel(c, work)}}})
	r.Figures = append(r.Figures, f)
	return err
}

// endPanel draws the errors at the end, one row an objective.
func endPanel(c *comparison) figure.Panel {
	all, last := candidates(), len(c.steps)-1
	own := figure.Points{Color: figure.Blue, Size: 8, Alpha: 1, Label: "to the minimizer of the objective"}
	clean := figure.Points{Color: figure.Orange, Size: 8, Alpha: 1, Label: "to the score of the data"}
	var names []figure.Layer
	for i, k := range all {
		row := float64(len(all) - i)
		own.X, own.Y = append(own.X, c.own[i][last]), append(own.Y, row)
		if k.sigma > 0 {
			clean.X, clean.Y = append(clean.X, c.clean[i][last]), append(clean.Y, row)
		}
		names = append(names, figure.Note{X: c.own[i][last], Y: row + .4, Text: k.name, Align: .5})
	}
	return figure.Panel{Title: "error at the end", Legend: figure.BottomRight,
		X:      figure.Axis{Label: "relative squared error", Log: true, Min: 3e-4, Max: .4},
		Y:      figure.Axis{Min: -1.2, Max: float64(len(all)) + 1, Hide: true},
		Layers: append([]figure.Layer{clean, own}, names...)}
}

// workErrorPanel draws the errors of the objectives that have a color against work.
func workErrorPanel(c *comparison, work []float64) figure.Panel {
	panel := figure.Panel{Title: "error after the same work",
		X:      figure.Axis{Label: "evaluations of the network on a batch", Log: true},
		Y:      figure.Axis{Label: "E|s_{net} - s_{σ}|^{2} / E|s_{σ}|^{2}", Log: true, Min: 3e-4, Max: 2},
		Legend: figure.BottomLeft}
	for i, k := range candidates() {
		if k.color != 0 {
			spent := kit.Map(c.steps, func(s int) float64 { return float64(s) * work[i] })
			panel.Layers = append(panel.Layers, figure.Line{X: spent, Y: c.own[i], Color: k.color, Label: k.name})
		}
	}
	return panel
}
