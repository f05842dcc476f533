package reverse

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// filmLine is where the exact densities are drawn.
var filmLine = fokkerplanck.Line{Lo: -6, Hi: 6, N: 241}

// ancestralFrames draws every fifth of the clouds, from first to last.
func ancestralFrames(times []float64, clouds, densities [][]float64) []figure.Figure {
	const paths, every, side = 6, 5, 3.5
	xs, taken := filmLine.Nodes(), kit.Map(times, func(t float64) float64 { return kit.DDPMSteps - t })
	field := figure.Field{X0: 0, X1: kit.DDPMSteps, Y0: filmLine.Lo, Y1: filmLine.Hi, NX: len(times), NY: len(xs)}
	for j := range xs {
		for k := range times {
			field.Z = append(field.Z, densities[k][j])
		}
	}
	var frames []figure.Figure
	for k := 0; k < len(times); k += every {
		bars := figure.Histogram(clouds[k], -side, side, 70)
		bars.Color, bars.Label = figure.Orange, "samples"
		histogram := figure.Panel{Title: fmt.Sprintf("step t = %.0f", times[k]), X: figure.Axis{Label: "x", Min: -side,
			Max: side}, Y: figure.Axis{Label: "density", Min: 0, Max: .55}, Legend: figure.TopLeft,
			Layers: []figure.Layer{bars, figure.Line{X: xs, Y: densities[k], Color: figure.Blue,
				Label: "exact density"}}}
		spacetime := figure.Panel{Title: "density and samples over the steps",
			X: figure.Axis{Label: "number of steps taken", Min: 0,
				Max: kit.DDPMSteps}, Y: figure.Axis{Label: "x", Min: -side, Max: side},
			Layers: []figure.Layer{figure.Heat{Field: field, Lo: 0, Hi: .47}}}
		for i := range paths {
			path := figure.Line{X: taken[:k+1], Color: figure.Vermillion, Width: 1.2}
			for _, cloud := range clouds[:k+1] {
				path.Y = append(path.Y, cloud[i])
			}
			spacetime.Layers = append(spacetime.Layers, path)
		}
		frames = append(frames, figure.Row("", histogram, spacetime))
	}
	return frames
}

// varianceFigure is the error in the variance of the samples, against the data and against the number of steps.
func varianceFigure(curves []varianceCurve) (suite.Figure, error) {
	byData := figure.Panel{Title: "against the data, 1000 steps", X: figure.Axis{Label: "variance s^{2} of the data",
		Log: true},
		Y:      figure.Axis{Label: "|variance of the samples - s^{2}|", Min: 1e-7, Max: .1, Log: true},
		Legend: figure.TopLeft}
	bySteps := figure.Panel{Title: "against the steps, s^{2} = 0.25", X: figure.Axis{Label: "number of steps T",
		Log: true},
		Y: figure.Axis{Label: "|variance of the samples - s^{2}|", Log: true}, Legend: figure.TopRight}
	byData.Layers = append(byData.Layers, figure.Note{X: .8, Y: 2e-7, Text: "beta is exact at s^{2} = 1", Align: 1})
	for _, c := range curves {
		kind := kit.DDPMVariances[c.kind]
		byData.Layers = append(byData.Layers, figure.Line{X: c.data,
			Y:     kit.Map(c.bias, func(v float64) float64 { return max(math.Abs(v), 1e-9) }),
			Color: kind.Color, Label: kind.Name})
		bySteps.Layers = append(bySteps.Layers, figure.Line{X: c.steps, Y: c.error, Color: kind.Color, Label: kind.Name,
			Markers: true})
	}
	return kit.PNG("variances", "Error in the variance of DDPM samples of N(0, s^2) data, for the two reverse "+
		"variances of Ho et al., by recursion. Left: each is better for some data; beta is exact at s^2 = 1, "+
		"the posterior variance is better below s^2 = 0.00014. Right: both errors fall like 1/T.",
		figure.Row("", byData, bySteps))
}
