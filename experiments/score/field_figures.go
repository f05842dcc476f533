package score

import (
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// fieldFigure draws the scores s of the cross at the points x, and the score of G1 on a line.
func fieldFigure(l *suite.Lab, r *suite.Report, x, s metrics.Points) error {
	field, err := kit.DensityField(l, density.Cross(), 4.3, 121)
	if err != nil {
		return err
	}
	arrows := figure.Arrows{Power: .5, X: x.Col(0), Y: x.Col(1), U: s.Col(0), V: s.Col(1)}
	line := make([]float64, 241)
	for i := range line {
		line[i] = -3.75 + .03*float64(i)
	}
	logs, scores, err := profile(l, density.Bimodal(), line)
	if err != nil {
		return err
	}
	densities := kit.Map(logs, func(v float64) float64 { return 10 * math.Exp(v) })
	f, err := kit.PNG("field", "Left: the score of the cross X2 (arrows; their lengths are square roots) points "+
		"uphill on its density (shaded). Right: the score of the one-dimensional mixture G1 is zero three times, at "+
		"its two modes and at the minimum of the density between them.",
		figure.Row("", kit.Plane("score of the cross X2", 4.3, figure.Heat{Field: field}, figure.Contour{Field: field},
			arrows),
			figure.Panel{Title: "score and density of G1", X: figure.Axis{Label: "x", Min: -3.75, Max: 3.45},
				Y: figure.Axis{Label: "score, density × 10", Min: -8, Max: 12},
				Layers: []figure.Layer{
					figure.Line{X: line, Y: densities, Label: "density × 10", Color: figure.Sky},
					figure.Line{X: line, Y: scores, Label: "score", Color: figure.Vermillion},
					figure.HLine{At: 0, Color: figure.Gray, Width: 1},
				}, Legend: figure.TopRight}))
	r.Figures = append(r.Figures, f)
	return err
}
