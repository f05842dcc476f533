package learning

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// energyFigures draws the learned log density beside the exact one.
func energyFigures(r *suite.Report, c energyCase, f *energyFields) error {
	if c.target.Dim() == 1 {
		return energyLine(r, c, f)
	}
	return energyPlane(r, c, f)
}

func energyLine(r *suite.Report, c energyCase, f *energyFields) error {
	exact, learned := figure.Line{Label: "exact", Color: figure.Gray, Width: 5}, figure.Line{Label: "learned energy",
		Color: figure.Vermillion}
	var off []figure.Layer
	var part figure.Line
	end := func() {
		if len(part.X) > 0 {
			part.Color = figure.Vermillion
			off = append(off, part)
		}
		part = figure.Line{}
	}
	for i, x := range f.x {
		if x > -4.5 && x < 4 {
			exact.X, exact.Y = append(exact.X, x), append(exact.Y, f.exact[i])
			learned.X, learned.Y = append(learned.X, x), append(learned.Y, f.learned[i])
		}
		if !f.region[1][i] {
			end()
			continue
		}
		part.X, part.Y = append(part.X, x), append(part.Y, f.learned[i]-f.exact[i])
	}
	end()
	g, err := kit.PNG("line", fmt.Sprintf("G1 noised with σ = %g. Left: log density of the energy learned by "+
		"denoising, normalized by quadrature, over the exact one; dashed, the border of the region with 99 %% of the "+
		"mass. Right: learned minus exact log density in that region, a few hundredths of a nat.", c.sigma),
		figure.Row("", figure.Panel{Title: "log density", X: figure.Axis{Label: "x", Min: -4.5, Max: 4},
			Y: figure.Axis{Label: "log p, nats", Min: -12, Max: 4},
			Layers: []figure.Layer{exact, learned, figure.HLine{At: f.edge[1], Dashed: true, Color: figure.Gray,
				Width: 1}}, Legend: figure.TopRight},
			figure.Panel{Title: "learned - exact", X: figure.Axis{Label: "x", Min: -4.5, Max: 4},
				Y:      figure.Axis{Label: "difference of log p, nats"},
				Layers: append(off, figure.HLine{At: 0, Color: figure.Gray, Width: 1})}))
	r.Figures = append(r.Figures, g)
	return err
}

func energyPlane(r *suite.Report, c energyCase, f *energyFields) error {
	const side, low, most = 4.4, -12., .3
	first := 0
	for f.x[2*first*c.nodes] < -side {
		first++
	}
	n := c.nodes - 2*first
	edge := -f.x[2*first*c.nodes]
	field := func(of func(i int) float64) figure.Field {
		out := figure.Field{X0: -edge, X1: edge, Y0: -edge, Y1: edge, NX: n, NY: n, Z: make([]float64, n*n)}
		for i := range n {
			for j := range n {
				out.Z[j*n+i] = of((first+i)*c.nodes + first + j)
			}
		}
		return out
	}
	exact := field(func(i int) float64 { return math.Max(low, f.exact[i]) })
	learned := field(func(i int) float64 { return math.Max(low, f.learned[i]) })
	off := field(func(i int) float64 { return math.Max(-most, math.Min(most, f.learned[i]-f.exact[i])) })
	panel := func(title string, ground figure.Heat) figure.Panel {
		return kit.Plane(title, side, ground, figure.Contour{Field: exact, Levels: []float64{f.edge[1]},
			Color: figure.Ink})
	}
	g, err := kit.PNG("plane", fmt.Sprintf("The cross noised with σ = %g: log density, exact and of the energy "+
		"learned by denoising, normalized by quadrature, and their difference in nats, cut at ±%g. The line is the "+
		"border of the region with 99 %% of the mass. Errors inside it are largest between the arms.", c.sigma, most),
		figure.Row("", panel("log p, exact", figure.Heat{Field: exact, Colors: figure.Viridis, Lo: low, Hi: 0}),
			panel("log p, learned", figure.Heat{Field: learned, Colors: figure.Viridis, Lo: low, Hi: 0,
				Bar: "log p, nats"}),
			panel("learned - exact", figure.Heat{Field: off, Colors: figure.Diverging, Lo: -most, Hi: most,
				Bar: "nats"})))
	r.Figures = append([]suite.Figure{g}, r.Figures...)
	return err
}
