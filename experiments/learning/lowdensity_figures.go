package learning

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// thinFigures draws where the errors are, and how they depend on the density.
func thinFigures(l *suite.Lab, r *suite.Report, data *tensors.Tensor, single, alone, all thinNet) error {
	const side, nodes = 3.6, 81
	lattice, _, err := density.Lattice(-side, side, nodes, 2)
	if err != nil {
		return err
	}
	shades, err := kit.DensityFields(l, density.X2(), diffusion.EDM{}, side, nodes, thinSigma, 2)
	if err != nil {
		return err
	}
	p := kit.Points(data)
	panel := func(n thinNet, title string, sigma float64, shade figure.Field, bar string) (figure.Panel, error) {
		wrong, _, err := n.squares(l, sigma, lattice)
		if err != nil {
			return figure.Panel{}, err
		}
		field := figure.Field{X0: -side, X1: side, Y0: -side, Y1: side, NX: nodes, NY: nodes,
			Z: make([]float64, nodes*nodes)}
		for i := range nodes { // the lattice runs over x first, the field over y
			for j := range nodes {
				k := i*nodes + j
				field.Z[j*nodes+i] = math.Log10(math.Max(1e-8, wrong[k])) / 2
			}
		}
		top := 0.
		for _, v := range shade.Z {
			top = math.Max(top, v)
		}
		layers := []figure.Layer{
			figure.Heat{Field: field, Colors: figure.Viridis, Lo: -2.5, Hi: 1, Bar: bar},
			figure.Contour{Field: shade, Levels: []float64{top * .02, top * .1, top * .4}, Color: figure.White},
		}
		if sigma == thinSigma {
			layers = append(layers, figure.Points{X: p.Col(0)[:250],
				Y: p.Col(1)[:250], Size: 2, Color: figure.Vermillion, Alpha: .8})
		}
		return kit.Plane(title, side, layers...), nil
	}
	one, err := panel(single, "001's network, σ = 0.2", thinSigma, shades[0], "")
	if err != nil {
		return err
	}
	same, err := panel(all, "all levels, σ = 0.2", thinSigma, shades[0], "")
	if err != nil {
		return err
	}
	large, err := panel(all, "all levels, σ = 2", 2, shades[1], "log_{10} |s_{net} - s|")
	if err != nil {
		return err
	}
	maps, err := kit.PNG("map", "Where the learnt score is wrong; white, lines of equal density of the noised data; "+
		"red, data. Left: the network of 001's figure after its 200 steps at one noise level. "+
		"Middle and right: a larger one for all levels, from the same points.",
		figure.Grid{Rows: [][]figure.Panel{{one, same, large}}, Width: 720})
	if err != nil {
		return err
	}
	byDecile := func(n thinNet, color figure.Color, label string) figure.Line {
		line := figure.Line{Color: color, Markers: true, Label: label}
		for i, d := range n.deciles {
			line.X, line.Y = append(line.X, float64(i+1)), append(line.Y, d.wrong.Center)
		}
		return line
	}
	byLevel := func(n thinNet, color figure.Color, label string, value func(thinLevel) float64) figure.Line {
		return figure.Line{X: kit.Map(n.levels, func(v thinLevel) float64 { return v.sigma }),
			Y: kit.Map(n.levels, value), Color: color, Markers: true, Label: label}
	}
	relative := func(v thinLevel) float64 { return v.relative.Center }
	curves, err := kit.PNG("deciles", "Left: squared error of the score at σ = 0.2 by tenths of the noised data, the "+
		"thinnest first. Right: at the places that are the thinnest tenth, the error at other levels relative to the "+
		"score there, and the share of the noised data that falls where it was as thin.",
		figure.Row("", figure.Panel{Title: "σ = 0.2", X: figure.Axis{Label: "decile of the density", Min: .5,
			Max: 10.5}, Y: figure.Axis{Label: "E|s_{net} - s|^{2}", Log: true}, Legend: figure.TopRight,
			Layers: []figure.Layer{
				byDecile(single, figure.Vermillion, "001's network"), byDecile(alone, figure.Orange,
					"larger, one level"), byDecile(all, figure.Blue, "larger, all levels"),
			}}, figure.Panel{Title: "at the thin places", X: figure.Axis{Label: "σ", Log: true, Min: .17, Max: 6},
			Y: figure.Axis{Label: "fraction", Log: true, Min: 5e-5, Max: 2}, Legend: figure.BottomLeft,
			Layers: []figure.Layer{
				byLevel(all, figure.Green, "share of the noised data", func(v thinLevel) float64 { return v.share }),
				byLevel(alone, figure.Orange, "error, one level", relative),
				byLevel(all, figure.Blue, "error, all levels", relative),
			}}))
	r.Figures = append(r.Figures, maps, curves)
	return err
}
