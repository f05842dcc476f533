package reverse

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// termColors are those of the four terms everywhere.
var termColors = [4]figure.Color{figure.Green, figure.Orange, figure.Purple, figure.Blue}

// budgetChart is a bar chart: a group for each budget, in it a bar for each term and one for the total, with what the
// terms alone allow it.
func budgetChart(title, axis string, names []string, budgets []budget, top float64) figure.Panel {
	const bars = 6 // four terms, the total, a gap
	var layers []figure.Layer
	heights := func(slot int, value func(budget) float64) (edges, values []float64) {
		edges = []float64{-.5}
		for g, b := range budgets {
			left := float64(bars*g + slot)
			edges = append(edges, left, left+.9)
			values = append(values, 0, value(b))
		}
		return append(edges, float64(bars*len(budgets))), append(values, 0)
	}
	for k, color := range termColors {
		edges, values := heights(k, func(b budget) float64 { return b.alone[k] })
		layers = append(layers, figure.Bars{Edges: edges, Heights: values, Color: color, Label: termNames[k]})
	}
	edges, values := heights(len(termColors), func(b budget) float64 { return b.total })
	layers = append(layers, figure.Bars{Edges: edges, Heights: values, Color: figure.Ink, Label: "all together"})
	bounds := figure.ErrorBars{Color: figure.Vermillion, Label: "least and sum of the terms", Size: .1}
	for g, b := range budgets {
		bounds.X, bounds.Y = append(bounds.X, float64(bars*g)+4.45), append(bounds.Y, b.total)
		bounds.Lo, bounds.Hi = append(bounds.Lo, b.alone.least()), append(bounds.Hi, b.alone.sum())
		layers = append(layers, figure.Note{X: float64(bars*g) + 2.45, Y: -.06 * top, Text: names[g], Align: .5})
	}
	return figure.Panel{Title: title, Layers: append(layers, bounds),
		X: figure.Axis{Min: -1, Max: float64(bars*len(budgets)) - .1, Hide: true},
		Y: figure.Axis{Label: axis, Min: -.12 * top, Max: top}, Legend: figure.TopRight}
}

func budgetFigures(r *suite.Report, k sweeps, gauss []budget) error {
	cross := budgetChart("four-term error budget: the cross, Heun's method", "root mean squared error",
		kit.Map(k.bars, func(b namedBudget) string { return b.name }),
		kit.Map(k.bars, func(b namedBudget) budget { return b.budget }), .09)
	bars, err := kit.PNG("budget", "The four terms of a sampler's error on the cross, each alone, and the error of "+
		"all together, with the bounds that the terms set it; the data itself has 1.41. A p pays while its term "+
		"leads.",
		figure.Row("", cross))
	if err != nil {
		return err
	}
	samplers := budgetChart("N(0, 0.25)", "W_{2}", kit.Map(gaussKinds, func(k gaussKind) string { return k.name }),
		gauss, .1)
	kindsFigure, err := kit.PNG("samplers", "The same budget in closed form for three samplers of one setting on "+
		"N(0, 0.25): the reverse SDE forgets the wrong start, and pays in steps.", figure.Row("", samplers))
	if err != nil {
		return err
	}
	var panels []figure.Panel
	for i, p := range k.all {
		panels = append(panels, p.panel(nil, i == 3))
	}
	panels[0] = k.all[0].panel(k.euler, false)
	curves, err := kit.PNG("knobs", "One p turned, the other three as in the base setting: a term falls by its "+
		"own power, and the total (black) stays within its bounds (grey), at the other terms' level.",
		figure.Grid{Rows: [][]figure.Panel{panels[:2], panels[2:]}, RowHeight: 260})
	r.Figures = append(r.Figures, bars, curves, kindsFigure)
	return err
}

// panel are the four terms and the total along a p, and for the steps the term of the Euler method.
func (k *parameter) panel(euler []float64, legend bool) figure.Panel {
	of := func(f func(b budget) float64) []float64 { return kit.Map(k.budgets, f) }
	least := of(func(b budget) float64 { return max(b.alone.least(), 1e-6) })
	layers := []figure.Layer{
		figure.Band{X: k.values, Lo: least, Hi: of(func(b budget) float64 { return b.alone.sum() }),
			Color: figure.Gray}}
	for t, color := range termColors {
		line := figure.Line{X: k.values, Y: of(func(b budget) float64 { return b.alone[t] }), Color: color, Width: 1.4}
		if t == k.term {
			line.Width, line.Markers = 2.2, true
		}
		if legend { // one panel's serves all four
			line.Label = termNames[t]
		}
		layers = append(layers, line)
	}
	total := figure.Line{X: k.values, Y: of(func(b budget) float64 { return b.total }), Color: figure.Ink, Width: 2.2}
	corner := figure.TopRight
	if legend {
		total.Label, corner = "all together", figure.BottomRight
	}
	if euler != nil {
		layers = append(layers, figure.Line{X: k.values, Y: euler, Color: figure.Sky, Dashed: true,
			Label: "steps, Euler"})
	}
	return figure.Panel{X: figure.Axis{Label: k.axis, Log: true},
		Y: figure.Axis{Label: "root mean squared error", Log: true, Min: 1e-4, Max: 1}, Layers: append(layers, total),
		Legend: corner}
}
