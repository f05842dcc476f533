package reverse

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// termColors are those of the four terms everywhere.
var termColors = [4]figure.Color{figure.Green, figure.Orange, figure.Purple, figure.Blue}

// barsOfBudget is how many places a budget takes in a chart: four terms, the total, a gap.
const barsOfBudget = 6

// budgetChart is a bar chart with a group for each budget: a bar for each term, and the total as a line on the range
// that the terms alone allow it. Its axis ends at top.
func budgetChart(axis string, top float64, groups []namedBudget) figure.Panel {
	var layers []figure.Layer
	for k, color := range termColors {
		bars := figure.Bars{Edges: []float64{-.5}, Color: color, Label: termNames[k]}
		for g, b := range groups {
			left := float64(barsOfBudget*g + k)
			bars.Edges, bars.Heights = append(bars.Edges, left, left+.9), append(bars.Heights, 0, b.alone[k])
		}
		bars.Edges, bars.Heights = append(bars.Edges, float64(barsOfBudget*len(groups))), append(bars.Heights, 0)
		layers = append(layers, bars)
	}
	for g, b := range groups {
		left := float64(barsOfBudget * g)
		place := []float64{left + 4, left + 4.9}
		both := func(v float64) []float64 { return []float64{v, v} }
		bounds := figure.Band{X: place, Lo: both(b.alone.least()), Hi: both(b.alone.sum()), Color: figure.Ink}
		total := figure.Line{X: place, Y: both(b.total), Color: figure.Ink, Width: 4}
		if g == 0 { // one label for all
			bounds.Label, total.Label = "possible range of the total", "total"
		}
		layers = append(layers, bounds, total, figure.Note{X: left + 2.45, Y: b.alone.sum() + .045*top, Text: b.name,
			Align: .5})
	}
	return figure.Panel{Layers: layers, X: figure.Axis{Min: -1, Max: float64(barsOfBudget*len(groups)) - .1,
		Hide: true},
		Y: figure.Axis{Label: axis, Min: 0, Max: top}, Legend: figure.TopRight}
}

func budgetFigures(r *suite.Report, k sweeps, gauss []budget) error {
	bars, err := kit.PNG("budget", "The error of a sampler of the cross by Heun's method: each of the four terms "+
		"alone, "+
		"and the total. Errors can cancel, so the total lies anywhere between the largest term minus the others and "+
		"the sum of all (gray). Improving one term by four pays only if it leads. The data itself has size 1.41.",
		figure.Row("", budgetChart("root mean squared error", .1, k.bars)))
	if err != nil {
		return err
	}
	var kinds []namedBudget
	for i, b := range gauss {
		kinds = append(kinds, namedBudget{name: gaussKinds[i].name, budget: b})
	}
	kindsFigure, err := kit.PNG("samplers", "The same budget for three samplers with one setting on N(0, 0.25) "+
		"data, in "+
		"closed form. The flow keeps the error of the wrong start (prior), the reverse SDE forgets it and pays in "+
		"steps. For the flow, errors of opposite sign cancel: the total is smaller than some terms.",
		figure.Row("", budgetChart("W_{2} to the data", .11, kinds)))
	if err != nil {
		return err
	}
	var panels []figure.Panel
	for i, q := range k.all {
		panels = append(panels, q.panel(nil, i == 3))
	}
	panels[0] = k.all[0].panel(k.euler, false)
	curves, err := kit.PNG("knobs", "The error on the cross against one parameter, with the other three as in "+
		"the base setting. The term of that parameter (with markers) falls with its own power. The total "+
		"(black) stays within its bounds (gray), and levels off when the other terms lead.",
		figure.Grid{Rows: [][]figure.Panel{panels[:2], panels[2:]}, RowHeight: 260})
	r.Figures = append(r.Figures, bars, curves, kindsFigure)
	return err
}

// panel is the four terms and the total along a parameter; for the steps also the term of the Euler method.
func (q *parameter) panel(euler []float64, legend bool) figure.Panel {
	of := func(f func(b budget) float64) []float64 { return kit.Map(q.budgets, f) }
	least := of(func(b budget) float64 { return max(b.alone.least(), 1e-6) })
	layers := []figure.Layer{
		figure.Band{X: q.values, Lo: least, Hi: of(func(b budget) float64 { return b.alone.sum() }),
			Color: figure.Gray}}
	for t, color := range termColors {
		line := figure.Line{X: q.values, Y: of(func(b budget) float64 { return b.alone[t] }), Color: color, Width: 1.4}
		if t == q.term {
			line.Width, line.Markers = 2.2, true
		}
		if legend { // one panel's serves all four
			line.Label = termNames[t]
		}
		layers = append(layers, line)
	}
	total := figure.Line{X: q.values, Y: of(func(b budget) float64 { return b.total }), Color: figure.Ink, Width: 2.2}
	corner := figure.TopRight
	if legend {
		total.Label, corner = "total", figure.BottomRight
	}
	if euler != nil {
		layers = append(layers, figure.Line{X: q.values, Y: euler, Color: figure.Sky, Dashed: true,
			Label: "steps, Euler"})
	}
	return figure.Panel{X: figure.Axis{Label: q.axis, Log: true},
		Y: figure.Axis{Label: "root mean squared error", Log: true, Min: 1e-4, Max: 1}, Layers: append(layers, total),
		Legend: corner}
}
