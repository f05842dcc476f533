package guidance

import (
	"fmt"
	"slices"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// guidedSide is half the side of the drawn square.
const guidedSide = 3.6

// guidedPlane is a panel of the plane from a height up.
func guidedPlane(title string, bottom float64, layers ...figure.Layer) figure.Panel {
	panel := kit.Plane(title, guidedSide, layers...)
	panel.Y.Min = bottom
	return panel
}

// bayesFilmSteps are the steps that the film shows, from where the two classes separate.
func bayesFilmSteps(s guidedSweep) (marks []int) {
	last := len(s.grid) - 1
	for k := 2 * last / 10; k < 8*last/10; k += last / 20 {
		marks = append(marks, k)
	}
	return append(marks, last)
}

// bayesFigures are a film of document 004's pair of scales, 1 and 10, and a sweep over all scales.
func bayesFigures(l *suite.Lab, s guidedSweep, film [][]metrics.Points, assessments []assessment) ([]suite.Figure,
	error) {
	only, _ := classOnly()
	times := kit.Map(bayesFilmSteps(s), func(k int) float64 { return s.grid[k] })
	fields, err := kit.DensityFields(l, only, guidedProcess, guidedSide, 65, times...)
	if err != nil {
		return nil, err
	}
	at := func(gamma float64) int { return slices.Index(guidedStrengths, gamma) }
	var frames []figure.Figure
	for k, clouds := range film {
		var panels []figure.Panel
		for _, gamma := range []float64{1, 10} {
			panels = append(panels, guidedPlane(fmt.Sprintf("scale γ = %g", gamma), -2.6, figure.Heat{Field: fields[k]},
				figure.Points{X: clouds[at(gamma)].Col(0)[:300], Y: clouds[at(gamma)].Col(1)[:300],
					Color: figure.Vermillion}))
		}
		frame := figure.Row(fmt.Sprintf("t = %.3f", times[k]), panels...)
		frame.Width = 640
		frames = append(frames, frame)
	}
	moving, err := kit.GIF("scales", "Classifier guidance to the upper of two classes with scales 1 and 10, along "+
		"the probability flow; shaded, the noised density of the class. Scale 1 ends in the class. Scale 10 pushes "+
		"samples away from the other class: they leave the middle mode and lie above the others.", frames)
	if err != nil {
		return nil, err
	}

	last := len(film) - 1
	var planes []figure.Panel
	for _, gamma := range []float64{0, 1, 3, 10} {
		panel := guidedPlane(fmt.Sprintf("scale γ = %g", gamma), -2.6, figure.Heat{Field: fields[last]},
			kit.Cloud(film[last][at(gamma)], 500, figure.Vermillion))
		if len(planes) > 0 {
			panel.Y.Label, panel.Y.Hide = "", true
		}
		planes = append(planes, panel)
	}
	purity := figure.Line{Color: figure.Blue, Markers: true, Label: "mean of P(class | x)"}
	middle := figure.Line{Color: figure.Vermillion, Markers: true, Label: "share at the middle mode"}
	for k, gamma := range guidedStrengths {
		purity.X, purity.Y = append(purity.X, gamma), append(purity.Y, assessments[k].purity.Center)
		middle.X, middle.Y = append(middle.X, gamma), append(middle.Y, assessments[k].modes[1])
	}
	curves := figure.Panel{X: figure.Axis{Label: "guidance scale γ", Min: -.3, Max: 10.3},
		Y: figure.Axis{Label: "mean or share of the samples", Min: 0, Max: 1.05}, Legend: figure.Outside,
		Layers: []figure.Layer{purity, middle, figure.HLine{At: .4, Dashed: true, Label: "weight of the middle mode"}}}
	still, err := kit.PNG("strengths", "Top: samples guided to the upper class with four scales, over the density of "+
		"that class. Bottom: with the scale, the mean of P(class | x) tends to 1, and the share of samples at the "+
		"middle mode falls below its weight 0.4.",
		figure.Grid{Rows: [][]figure.Panel{planes, {curves}}, RowHeight: 250})
	return []suite.Figure{moving, still}, err
}
