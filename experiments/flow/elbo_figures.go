package flow

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// gapFigure is the gap against the number of steps.
func gapFigure(r *suite.Report, curves gapCurves, hundred []boundBudget) error {
	colors := map[string]figure.Color{"N(0, 0.25)": figure.Blue, "N(0, 4)": figure.Green, "G1": figure.Vermillion}
	steps := kit.Map(boundSteps, func(n int) float64 { return float64(n) })
	var panels []figure.Panel
	for g, ladder := range boundGrids {
		panel := figure.Panel{Title: ladder.name, X: figure.Axis{Label: "steps", Log: true},
			Y: figure.Axis{Label: "gap, nats", Log: true, Min: 5e-4, Max: 500}, Legend: figure.TopRight}
		for k, v := range kit.DDPMVariances {
			for i, target := range boundTargets {
				line := figure.Line{X: steps, Y: curves[[3]string{target.name, ladder.name, v.Name}],
					Color: colors[target.name], Dashed: k == 0, Markers: true}
				switch { // the left legend says what colours mean, the right one what dashes mean
				case g == 0 && k == 1:
					line.Label = target.name
				case g == 1 && i == 0:
					line.Label = v.Name
				}
				panel.Layers = append(panel.Layers, line)
			}
		}
		if g == 0 {
			panel.Layers = append(panel.Layers, figure.HLine{At: halfEuler, Color: figure.Gray,
				Label: "half of Euler's constant"})
		}
		panels = append(panels, panel)
	}
	f, err := kit.PNG("gaps", "How far the bound lies above the exact -log p, in the mean over the data, with the "+
		"exact score, for steps to the data itself (left) and to data with a little noise (right). Full lines: "+
		"posterior variance; dashed: variance beta.", figure.Row("", panels...))
	if err != nil {
		return err
	}
	panel := figure.Panel{Title: "100 steps even in t to G1", X: figure.Axis{Label: "t from which the step starts",
		Min: 0, Max: 1}, Y: figure.Axis{Label: "divergence of the step, nats", Log: true, Min: 1e-6, Max: 1},
		Legend: figure.TopRight}
	for k, v := range kit.DDPMVariances {
		line := figure.Line{Color: v.Color, Label: v.Name}
		for i, kl := range hundred[k].steps {
			line.X, line.Y = append(line.X, 1-float64(i)/100), append(line.Y, kl)
		}
		panel.Layers = append(panel.Layers, line)
	}
	where, err := kit.PNG("divergences", "Where the gap comes from: the divergence of every step of the chain from "+
		"the process's own reversal, in the mean over G1. In the last step, where the posterior variance is 0, the "+
		"bound has beta in either case.", figure.Single(panel, 600))
	r.Figures = append(r.Figures, f, where)
	return err
}

// pointsFigure is the bound at single points beside -log density of the data and of the chains.
func pointsFigure(data pointCurves, chains []pointCurves) (suite.Figure, error) {
	panel := figure.Panel{Title: "variance beta, steps even in t", X: figure.Axis{Label: "x", Min: -3.5, Max: 3.5},
		Y: figure.Axis{Label: "nats", Min: .5, Max: 7}, Legend: figure.Outside, Layers: []figure.Layer{
			figure.Line{X: data.x, Y: data.own, Color: figure.Gray, Width: 4, Label: "-log p of G1"}}}
	for k, c := range chains {
		color := []figure.Color{figure.Vermillion, figure.Blue}[k]
		panel.Layers = append(panel.Layers,
			figure.Line{X: c.x, Y: c.bound, Color: color, Label: fmt.Sprintf("bound, %d steps", c.steps)},
			figure.Line{X: c.x, Y: c.own, Color: color, Dashed: true, Width: 1.5,
				Label: fmt.Sprintf("chain's -log density, %d steps", c.steps)})
	}
	return kit.PNG("points", "The bound at single points: it never lies below -log density of the chain's own "+
		"end, and where the chain makes too many samples, as between the modes, it does lie below -log p of the data.",
		figure.Grid{Width: 760, RowHeight: 360, Rows: [][]figure.Panel{{panel}}})
}
