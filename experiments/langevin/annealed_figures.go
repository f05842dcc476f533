package langevin

import (
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// levelAxis runs down the noise levels.
var levelAxis = figure.Axis{Label: "noise level σ", Log: true, Min: annealTo, Max: annealFrom}

// decidedCurve is the share of the mode's entropy that each level has decidedShare.
func decidedCurve() figure.Line {
	curve := figure.Line{Color: figure.Ink}
	for k := 0.; k <= 60; k++ {
		sigma := annealTo * math.Pow(annealFrom/annealTo, k/60)
		curve.X, curve.Y = append(curve.X, sigma), append(curve.Y, decidedShare(sigma))
	}
	return curve
}

// annealedFigure shows what a ladder costs and where its error comes from.
func annealedFigure(all []annealed) (suite.Figure, error) {
	colors := map[float64]figure.Color{.1: figure.Vermillion, .3: figure.Orange, 1: figure.Purple, 0: figure.Blue}
	cost := figure.Panel{Title: "after annealing", X: figure.Axis{Label: "total number of steps", Log: true, Min: 15,
		Max: 1300}, Y: figure.Axis{Label: "weight of the mode (-5, -5)", Min: .18, Max: .58}, Legend: figure.TopRight}
	for _, size := range []float64{.1, .3, 1, 0} {
		for _, levels := range []int{100, 20} {
			curve := figure.Line{Color: colors[size], Markers: true, Dashed: levels == 20}
			if levels == 100 {
				curve.Label = fmt.Sprintf("steps of %g σ^{2}", size)
			}
			if size == 0 {
				curve.Label = "reverse SDE"
			}
			for _, a := range all {
				if a.size == size && (a.levels == levels || size == 0) {
					curve.X, curve.Y = append(curve.X, float64(a.levels*a.steps)), append(curve.Y, a.weight)
				}
			}
			cost.Layers = append(cost.Layers, curve)
			if size == 0 {
				break
			}
		}
	}
	cost.Layers = append(cost.Layers, figure.HLine{At: .2, Dashed: true, Label: "data"})
	way := figure.Panel{Title: "during annealing", X: levelAxis,
		Y: figure.Axis{Label: "mean P(mode | x)", Min: .18, Max: .58}, Legend: figure.TopRight}
	for _, a := range []annealed{{size: .1, levels: 20, steps: 1}, {size: .1, levels: 100, steps: 1}, patient} {
		a = ladderOf(all, a)
		way.Layers = append(way.Layers, figure.Line{X: a.sigma,
			Y: a.chosen, Label: fmt.Sprintf("%d steps at %d levels", a.levels*a.steps, a.levels)})
	}
	way.Layers = append(way.Layers, figure.HLine{At: .2, Dashed: true, Label: "data"})
	return kit.PNG("ladders", "Weight of the lighter mode (data: 0.2), by quadrature. Left: against the number "+
		"of steps, with 1, 3 and 10 at each of 100 levels (dashed: of 20); more steps help, but steps of 1 σ² "+
		"end at a biased weight. Right: the weight that each noise level settles, for steps of 0.1 σ²; "+
		"annealing runs from right to left.",
		figure.Row("", cost, way))
}

// annealedFilm shows samples going down the levels, colored by where they end.
func annealedFilm(l *suite.Lab, d descent) (suite.Figure, error) {
	const side, shown = 14., 400
	last := d.clouds[len(d.clouds)-1]
	times := kit.Map(d.stops[1:], func(k int) float64 { return d.grid[k] })
	fields, err := kit.DensityFields(l, density.FarModes(), diffusion.EDM{}, side, 57, times...)
	if err != nil {
		return suite.Figure{}, err
	}
	var frames []figure.Figure
	for k, sigma := range times {
		p := d.clouds[k+1]
		// The color map ends above the highest density, so that samples show on it.
		layers := []figure.Layer{figure.Heat{Field: fields[k], Hi: 1.7 * slices.Max(fields[k].Z)}}
		for mode, color := range []figure.Color{figure.Vermillion, figure.Green} {
			layers = append(layers, kit.ByMode(p, last, mode, shown, color))
		}
		frames = append(frames, figure.Row("", kit.Plane(fmt.Sprintf("σ = %.2f", sigma), side, layers...),
			figure.Panel{Title: "information about the mode", X: levelAxis,
				Y:      figure.Axis{Label: "share of the mode's entropy", Min: 0, Max: 1.05},
				Layers: []figure.Layer{decidedCurve(), figure.VLine{At: sigma, Color: figure.Vermillion, Width: 1}}}))
	}
	return kit.GIF("annealing", "Samples from a uniform square, with 10 steps of Langevin dynamics at each of "+
		"100 falling noise levels, colored by the mode where they end; shaded, the noised density. Right: the "+
		"share of the mode's entropy that a noised sample determines. The mode is chosen between σ = 20 and σ = "+
		"2.", frames)
}
