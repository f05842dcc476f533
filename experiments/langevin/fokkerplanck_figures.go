package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// lineFilm shows particles of the Ornstein-Uhlenbeck process from G1 as a histogram under the equation's solution, and
// as paths over the solution in space and time.
func lineFilm(r *suite.Report, line fokkerplanck.Line, times []float64, clouds, laws [][]float64) error {
	const end, side, paths = 2., 4., 10
	shown := kit.Until(times, end+1e-9)
	xs := line.Nodes()
	first := int(math.Round((-side - line.Lo) / line.Cell()))
	var nodes []int
	for i := first; i <= line.N-1-first; i += 8 {
		nodes = append(nodes, i)
	}
	field := figure.Field{X0: 0, X1: end, Y0: -side, Y1: side, NX: len(shown), NY: len(nodes)}
	for _, i := range nodes {
		for k := range shown {
			field.Z = append(field.Z, laws[k][i])
		}
	}
	gauss := figure.Line{X: xs, Color: figure.Gray, Dashed: true, Width: 1.2, Label: "N(0, 1)"}
	for _, x := range xs {
		gauss.Y = append(gauss.Y, math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
	}
	histogram := func(title string, k int) figure.Panel {
		bars := figure.Histogram(clouds[k], -side, side, 64)
		bars.Color, bars.Label = figure.Orange, fmt.Sprintf("%d particles", len(clouds[k]))
		return figure.Panel{Title: title, X: figure.Axis{Label: "x", Min: -side, Max: side},
			Y: figure.Axis{Label: "density", Min: 0, Max: .62}, Legend: figure.TopLeft,
			Layers: []figure.Layer{bars, gauss, figure.Line{X: xs, Y: laws[k], Color: figure.Blue, Label: "equation"}}}
	}
	var frames []figure.Figure
	for k, t := range shown {
		spacetime := figure.Panel{Title: "in space and time", X: figure.Axis{Label: "t", Min: 0, Max: end},
			Y:      figure.Axis{Label: "x", Min: -side, Max: side},
			Layers: []figure.Layer{figure.Heat{Field: field, Lo: 0, Hi: .47}}}
		for i := range paths {
			path := figure.Line{X: shown[:k+1], Color: figure.Vermillion, Width: 1}
			for _, cloud := range clouds[:k+1] {
				path.Y = append(path.Y, cloud[i])
			}
			spacetime.Layers = append(spacetime.Layers, path)
		}
		spacetime.Layers = append(spacetime.Layers, figure.VLine{At: t, Color: figure.Ink, Width: 1})
		frames = append(frames, figure.Row("", histogram(fmt.Sprintf("t = %.2f", t), k), spacetime))
	}
	film, err := kit.GIF("particles", "The forward process from G1. Left: a histogram of particles and the solution "+
		"of the Fokker-Planck equation. Right: the solution in space and time (shaded), and ten of the particles.",
		frames)
	r.Figures = append(r.Figures, film)
	return err
}

// orderFigure is the error against the size of the cells.
func orderFigure(r *suite.Report, lineH, lineErrors, planeH, planeErrors []float64) error {
	panel := figure.Panel{X: figure.Axis{Label: "size h of a cell", Min: .008, Max: .3, Log: true},
		Y:      figure.Axis{Label: "L_{1} distance to the exact density", Min: 2e-6, Max: 1e-2, Log: true},
		Legend: figure.TopLeft}
	// second is the slope 2 through the finest grid.
	second := func(h, errs []float64) figure.Line {
		end := len(h) - 1
		ratio := h[0] / h[end]
		return figure.Line{X: []float64{h[end], h[0]}, Y: []float64{errs[end], errs[end] * ratio * ratio},
			Color: figure.Gray, Dashed: true, Width: 1.2}
	}
	labelled := second(planeH, planeErrors)
	labelled.Label = "order 2"
	panel.Layers = []figure.Layer{second(lineH, lineErrors),
		figure.Points{X: lineH, Y: lineErrors, Size: 8, Color: figure.Blue, Label: "the line: G1 at t = 1"},
		figure.Points{X: planeH, Y: planeErrors, Size: 8, Color: figure.Vermillion, Label: "the plane: cross at t " +
			"= 0.5"},
		labelled}
	f, err := kit.PNG("order", "The Fokker-Planck equation of the forward process, solved on a grid, against the "+
		"exact noised densities.",
		figure.Single(panel, 600))
	r.Figures = append(r.Figures, f)
	return err
}
