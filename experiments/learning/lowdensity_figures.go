package learning

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// lowDensityFigures draws where the errors are, and how they depend on the density.
func lowDensityFigures(l *suite.Lab, r *suite.Report, data *tensors.Tensor, single, alone, all lowDensityNet) error {
	maps, err := errorMaps(l, data, single, all)
	if err != nil {
		return err
	}
	curves, err := errorCurves(single, alone, all)
	r.Figures = append(r.Figures, maps, curves)
	return err
}

const mapSide, mapNodes = 3.6, 81

// errorMaps are the errors of two networks in the plane.
func errorMaps(l *suite.Lab, data *tensors.Tensor, single, all lowDensityNet) (suite.Figure, error) {
	shades, err := kit.DensityFields(l, density.Cross(), diffusion.EDM{}, mapSide, mapNodes, lowDensitySigma, 2)
	if err != nil {
		return suite.Figure{}, err
	}
	p := kit.Points(data)
	points := figure.Points{X: p.Col(0)[:250], Y: p.Col(1)[:250], Size: 2, Color: figure.Vermillion, Alpha: .8}
	one, err := single.errorMap(l, lowDensitySigma, shades[0], "", points)
	if err != nil {
		return suite.Figure{}, err
	}
	one.Title = "one level, σ = 0.2"
	same, err := all.errorMap(l, lowDensitySigma, shades[0], "", points)
	if err != nil {
		return suite.Figure{}, err
	}
	same.Title = "all levels, σ = 0.2"
	large, err := all.errorMap(l, 2, shades[1], "log_{10} |s_{net} - s|")
	if err != nil {
		return suite.Figure{}, err
	}
	large.Title = "all levels, σ = 2"
	return kit.PNG("map", "Error of the learned score in the plane, log10 |s_net - s|, cut at 10. White: lines of "+
		"equal density of the noised data; red: training data. Left: the network of document 001 after 200 steps at "+
		"σ = 0.2. Middle and right: a larger network trained at all levels on the same points. At σ = 0.2 errors are "+
		"largest where there are no data.",
		figure.Grid{Rows: [][]figure.Panel{{one, same, large}}, Width: 720})
}

// errorMap is the error of the score in the plane under lines of equal density; bar labels its color bar.
func (n lowDensityNet) errorMap(l *suite.Lab, sigma float64, shade figure.Field, bar string, above ...figure.Layer) (
	figure.Panel, error) {
	lattice, _, err := density.Grid(-mapSide, mapSide, mapNodes, 2)
	if err != nil {
		return figure.Panel{}, err
	}
	wrong, _, err := n.squares(l, sigma, lattice)
	if err != nil {
		return figure.Panel{}, err
	}
	field := figure.Field{X0: -mapSide, X1: mapSide, Y0: -mapSide, Y1: mapSide, NX: mapNodes, NY: mapNodes,
		Z: make([]float64, mapNodes*mapNodes)}
	for i := range mapNodes { // the lattice runs over x first, the field over y
		for j := range mapNodes {
			field.Z[j*mapNodes+i] = math.Log10(math.Max(1e-8, wrong[i*mapNodes+j])) / 2
		}
	}
	top := slices.Max(shade.Z)
	layers := append([]figure.Layer{
		figure.Heat{Field: field, Colors: figure.Viridis, Lo: -2.5, Hi: 1, Bar: bar},
		figure.Contour{Field: shade, Levels: []float64{top * .02, top * .1, top * .4}, Color: figure.White},
	}, above...)
	return kit.Plane("", mapSide, layers...), nil
}

// errorCurves are the errors by density, and by noise level at the places of the thinnest tenth.
func errorCurves(single, alone, all lowDensityNet) (suite.Figure, error) {
	byDecile := func(n lowDensityNet, color figure.Color, label string) figure.Line {
		line := figure.Line{Color: color, Markers: true, Label: label}
		for i, d := range n.deciles {
			line.X, line.Y = append(line.X, float64(i+1)), append(line.Y, d.wrong.Center)
		}
		return line
	}
	byLevel := func(n lowDensityNet, color figure.Color, label string, value func(levelError) float64) figure.Line {
		return figure.Line{X: kit.Map(n.levels, func(v levelError) float64 { return v.sigma }),
			Y: kit.Map(n.levels, value), Color: color, Markers: true, Label: label}
	}
	relative := func(v levelError) float64 { return v.relative.Center }
	deciles := figure.Panel{Title: "by density, at σ = 0.2", X: figure.Axis{Label: "tenth of the noised data (1: " +
		"lowest density)", Min: .5, Max: 10.5},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2}", Log: true}, Legend: figure.TopRight,
		Layers: []figure.Layer{
			byDecile(single, figure.Vermillion, "network of 001"),
			byDecile(alone, figure.Orange, "larger network, one level"),
			byDecile(all, figure.Blue, "larger network, all levels"),
		}}
	levels := figure.Panel{Title: "at the places of the first tenth", X: figure.Axis{Label: "noise level σ", Log: true,
		Min: .17, Max: 6},
		Y: figure.Axis{Label: "share, or relative error", Log: true, Min: 5e-5, Max: 2}, Legend: figure.BottomLeft,
		Layers: []figure.Layer{
			byLevel(all, figure.Green, "share of the noised data", func(v levelError) float64 { return v.share }),
			byLevel(alone, figure.Orange, "error, trained at one level", relative),
			byLevel(all, figure.Blue, "error, trained at all levels", relative),
		}}
	return kit.PNG("deciles", "Left: mean squared error of the score at σ = 0.2 by tenths of the noised data, lowest "+
		"density first. Right: at the places of the first tenth, by noise level: relative error of the larger "+
		"network, and share of the noised data where the density at σ = 0.2 is as low. Trained at one level, the "+
		"network fails at the others.",
		figure.Row("", deciles, levels))
}
