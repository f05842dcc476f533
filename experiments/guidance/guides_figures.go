package guidance

import (
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// headFigure shows the errors of the heads against the share of labels dropped, and those for all data at each noise
// level.
func headFigure(class, all []float64, byLevel [][]float64) (suite.Figure, error) {
	xs := []float64{0, 1, 2, 3}
	curve := func(ys []float64, label string, color figure.Color) figure.Line {
		return figure.Line{X: xs, Y: ys, Label: label, Color: color, Markers: true}
	}
	whole := figure.Panel{Title: "both scores, all noise levels",
		X: figure.Axis{Label: "labels dropped", Min: -.4, Max: 3.4, Hide: true},
		Y: figure.Axis{Label: "relative squared error", Min: 1e-3, Max: 20, Log: true}, Legend: figure.TopRight,
		Layers: []figure.Layer{curve(all, "all data", figure.Vermillion), curve(class, "class", figure.Blue)},
	}
	levels := figure.Panel{Title: "score of all data, by share of labels dropped",
		X: figure.Axis{Label: "noise level σ/α", Log: true, Min: .08, Max: 4},
		Y: figure.Axis{Label: "relative squared error", Min: 1e-4, Max: 20, Log: true}, Legend: figure.BottomLeft}
	for i, rate := range droppedRates {
		name := fmt.Sprintf("%g %%", 100*rate)
		whole.Layers = append(whole.Layers, figure.Note{X: xs[i], Y: 1.3e-3, Text: name, Align: .5})
		levels.Layers = append(levels.Layers, figure.Line{X: droppedLevels, Y: byLevel[i], Label: name, Markers: true})
	}
	return kit.PNG("heads", "Relative squared error of one network's two scores. Left: by the share of labels "+
		"dropped in training; with none dropped, the score of all data fails, while that of the class hardly depends "+
		"on the share. Right: the score of all data by noise level; its error is largest at small noise.",
		figure.Row("", whole, levels))
}

// droppedFilmSteps are the steps that the film shows.
func droppedFilmSteps(s guidedSweep) (marks []int) {
	last := len(s.grid) - 1
	for k := 6; k < last; k += 4 {
		marks = append(marks, k)
	}
	return append(marks, last)
}

// guideLabels name the guides in figures.
var guideLabels = map[string]string{"exact": "exact", "label": "by label",
	"classifier": "by classifier"}

// guideFigures are a film of document 004's other pair of scales, 1 and 3, by the learned network, and a comparison of
// all guides.
func guideFigures(l *suite.Lab, s guidedSweep, results []guideResult) ([]suite.Figure, error) {
	only, _ := classOnly()
	times := kit.Map(droppedFilmSteps(s), func(k int) float64 { return s.grid[k] })
	fields, err := kit.DensityFields(l, only, guidedProcess, guidedSide, 65, times...)
	if err != nil {
		return nil, err
	}
	var frames []figure.Figure
	for k, clouds := range results[1].film { // by the label
		var panels []figure.Panel
		for _, gamma := range []float64{1, 3} {
			c := clouds[slices.Index(guidedStrengths, gamma)]
			panels = append(panels, guidedPlane(fmt.Sprintf("scale γ = %g", gamma), -2.6, figure.Heat{Field: fields[k]},
				figure.Points{X: c.Col(0)[:300], Y: c.Col(1)[:300], Color: figure.Vermillion}))
		}
		frame := figure.Row(fmt.Sprintf("t = %.3f", times[k]), panels...)
		frame.Width = 640
		frames = append(frames, frame)
	}
	moving, err := kit.GIF("guided", "Classifier-free guidance to the upper class with scales 1 and 3, by a network "+
		"trained with 10 % of the labels dropped, along the probability flow; shaded, the noised density of the "+
		"class. Scale 1 ends in the class; scale 3 concentrates samples at its upper edge.", frames)
	if err != nil {
		return nil, err
	}
	colors := map[string]figure.Color{"exact": figure.Ink, "label": figure.Blue, "classifier": figure.Vermillion}
	var panels [3]figure.Panel
	for i, title := range []string{"uncertainty of the class", "recall of the class", "distance to exact guidance"} {
		panels[i] = figure.Panel{Title: title, X: figure.Axis{Label: "guidance scale γ", Min: -.4, Max: 10.4},
			Legend: figure.NoLegend}
	}
	panels[0].Y, panels[0].Legend = figure.Axis{Label: "mean of 1 - P(class | x)", Min: 1e-6, Max: 1, Log: true},
		figure.TopRight
	panels[1].Y = figure.Axis{Label: "share of the class's samples", Min: 0, Max: 1.05}
	panels[2].Y = figure.Axis{Label: "root mean square distance", Min: 0, Max: 1.2}
	for _, res := range results {
		unsure := kit.Map(res.assessments, func(j assessment) float64 { return math.Max(1-j.purity.Center, 1e-7) })
		for i, ys := range [][]float64{unsure, res.recall, res.off} {
			if i == 2 && res.name == "exact" {
				continue
			}
			panels[i].Layers = append(panels[i].Layers, figure.Line{X: guidedStrengths,
				Y: ys, Label: guideLabels[res.name], Color: colors[res.name], Markers: true, Dashed: res.name ==
					"exact"})
		}
	}
	still, err := kit.PNG("guides", "Guidance by label (classifier-free) and by classifier with learned networks, "+
		"against exact scores, for which both are the same. Left: mean of 1 - P(class | x). Middle: recall of the "+
		"class. Right: distance to exact guidance from the same noise; the label is nearer up to scale 3, the "+
		"classifier beyond.", figure.Row("", panels[:]...))
	return []suite.Figure{moving, still}, err
}
