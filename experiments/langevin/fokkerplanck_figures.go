package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

const (
	filmEnd  = 2.
	filmSide = 4. // half the width of what the film shows
)

// film shows particles of the Ornstein-Uhlenbeck process from G1 as a histogram under the equation's solution, and
// as paths over the solution in space and time.
func (path *linePath) film(r *suite.Report) error {
	shown := kit.Until(path.times, filmEnd+1e-9)
	field := path.spacetime(len(shown))
	gauss := figure.Line{X: path.line.Nodes(), Color: figure.Gray, Dashed: true, Width: 1.2, Label: "N(0, 1)"}
	for _, x := range gauss.X {
		gauss.Y = append(gauss.Y, math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
	}
	var frames []figure.Figure
	for k := range shown {
		frames = append(frames, figure.Row("", path.histogram(k, gauss), path.lines(k, field)))
	}
	film, err := kit.GIF("particles", "The forward process from G1. Left: the histogram of particles follows "+
		"the solution of the Fokker-Planck equation to N(0, 1). Right: the solution in space and time (shaded), "+
		"and ten of the particles.",
		frames)
	r.Figures = append(r.Figures, film)
	return err
}

// spacetime is the solution over t and x, at the first n times.
func (path *linePath) spacetime(n int) figure.Field {
	first := int(math.Round((-filmSide - path.line.Lo) / path.line.Cell()))
	field := figure.Field{X0: 0, X1: filmEnd, Y0: -filmSide, Y1: filmSide, NX: n}
	for i := first; i <= path.line.N-1-first; i += 8 {
		field.NY++
		for k := range n {
			field.Z = append(field.Z, path.densities[k][i])
		}
	}
	return field
}

// histogram is the particles at the k-th time, with the solution and the limit.
func (path *linePath) histogram(k int, limit figure.Line) figure.Panel {
	bars := figure.Histogram(path.clouds[k], -filmSide, filmSide, 64)
	bars.Color, bars.Label = figure.Orange, fmt.Sprintf("%d particles", len(path.clouds[k]))
	return figure.Panel{Title: fmt.Sprintf("t = %.2f", path.times[k]),
		X: figure.Axis{Label: "x", Min: -filmSide, Max: filmSide},
		Y: figure.Axis{Label: "density", Min: 0, Max: .62}, Legend: figure.TopLeft,
		Layers: []figure.Layer{bars, limit,
			figure.Line{X: path.line.Nodes(), Y: path.densities[k], Color: figure.Blue, Label: "equation"}}}
}

// lines is the solution in space and time, with ten particles up to the k-th time.
func (path *linePath) lines(k int, field figure.Field) figure.Panel {
	panel := figure.Panel{Title: "density and paths over time", X: figure.Axis{Label: "t", Min: 0, Max: filmEnd},
		Y:      figure.Axis{Label: "x", Min: -filmSide, Max: filmSide},
		Layers: []figure.Layer{figure.Heat{Field: field, Lo: 0, Hi: .47}}}
	for i := range 10 {
		line := figure.Line{X: path.times[:k+1], Color: figure.Vermillion, Width: 1}
		for _, cloud := range path.clouds[:k+1] {
			line.Y = append(line.Y, cloud[i])
		}
		panel.Layers = append(panel.Layers, line)
	}
	panel.Layers = append(panel.Layers, figure.VLine{At: path.times[k], Color: figure.Ink, Width: 1})
	return panel
}

// orderFigure is the error against the size of the cells.
func orderFigure(r *suite.Report, line, plane ordered) error {
	panel := figure.Panel{X: figure.Axis{Label: "cell size h", Min: .008, Max: .3, Log: true},
		Y:      figure.Axis{Label: "L_{1} distance to the exact density", Min: 2e-6, Max: 1e-2, Log: true},
		Legend: figure.TopLeft}
	// second is the slope 2 through the finest grid.
	second := func(o ordered) figure.Line {
		end := len(o.h) - 1
		ratio := o.h[0] / o.h[end]
		return figure.Line{X: []float64{o.h[end], o.h[0]}, Y: []float64{o.err[end], o.err[end] * ratio * ratio},
			Color: figure.Gray, Dashed: true, Width: 1.2}
	}
	labeled := second(plane)
	labeled.Label = "order 2"
	panel.Layers = []figure.Layer{second(line),
		figure.Points{X: line.h, Y: line.err, Size: 8, Color: figure.Blue, Label: "line: G1 at t = 1"},
		figure.Points{X: plane.h, Y: plane.err, Size: 8, Color: figure.Vermillion, Label: "plane: cross at t = 0.5"},
		labeled}
	f, err := kit.PNG("order", "Error of the Fokker-Planck equation of the forward process, solved on a grid, "+
		"against the exact noised densities. It falls as h^2 on the line and in the plane.",
		figure.Single(panel, 600))
	r.Figures = append(r.Figures, f)
	return err
}
