package flow

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// gapFigure is the gap against the number of steps, and the part of each step.
func gapFigure(r *suite.Report, curves gapCurves, hundred []boundBudget) error {
	colors := map[string]figure.Color{"N(0, 0.25)": figure.Blue, "N(0, 4)": figure.Green, "G1": figure.Vermillion}
	steps := kit.Map(boundSteps, func(n int) float64 { return float64(n) })
	var panels []figure.Panel
	for g, ladder := range boundGrids {
		panel := figure.Panel{Title: ladder.name, X: figure.Axis{Label: "steps", Log: true},
			Y: figure.Axis{Label: "gap, nats", Log: true, Min: 5e-4, Max: 20}, Legend: figure.NoLegend}
		if g == 1 {
			panel.Legend = figure.Outside
		}
		for k, v := range kit.DDPMVariances {
			for _, target := range boundTargets {
				line := figure.Line{X: steps, Y: curves[[3]string{target.name, ladder.name, v.Name}],
					Color: colors[target.name], Dashed: k == 0, Markers: true}
				line.Label = target.name + ", " + v.Name
				panel.Layers = append(panel.Layers, line)
			}
		}
		if g == 0 {
			panel.Layers = append(panel.Layers, figure.HLine{At: halfEuler, Color: figure.Gray},
				figure.Note{X: 1000, Y: .17, Align: 1, Color: figure.Gray, Text: "half of Euler's constant"})
		}
		panels = append(panels, panel)
	}
	f, err := kit.PNG("gaps", "Gap between the ELBO and the exact log likelihood, averaged over the data, with the "+
		"exact score. Left: steps even in t to the data itself. Right: steps even in log SNR to t = 0.001. The gap "+
		"falls like 1/T, except with the posterior variance on the left: there it tends to half of Euler's constant.",
		figure.Grid{Rows: [][]figure.Panel{panels}, Width: 1000})
	if err != nil {
		return err
	}
	panel := figure.Panel{Title: "G1, 100 steps even in t", X: figure.Axis{Label: "time t at which the step starts",
		Min: 0, Max: .7}, Y: figure.Axis{Label: "KL divergence of the step, nats", Log: true, Min: 3e-7, Max: 1},
		Legend: figure.TopRight}
	for k, v := range kit.DDPMVariances {
		line := figure.Line{Color: v.Color, Label: v.Name}
		for i, kl := range hundred[k].steps {
			line.X, line.Y = append(line.X, 1-float64(i)/100), append(line.Y, kl)
		}
		panel.Layers = append(panel.Layers, line)
	}
	where, err := kit.PNG("divergences", "KL divergence of each step of a 100-step chain from the exact reversal, "+
		"averaged over G1. With the posterior variance nearly all of the gap arises in the last steps, near t = 0. "+
		"The very last step uses variance beta in both cases, since its posterior variance is 0.",
		figure.Single(panel, 600))
	r.Figures = append(r.Figures, f, where)
	return err
}

// pointsFigure is the bound at single points, beside -log density of the data and of the chains.
func pointsFigure(data pointCurves, chains []pointCurves) (suite.Figure, error) {
	panel := figure.Panel{Title: "G1, variance beta, steps even in t", X: figure.Axis{Label: "x", Min: -3.1, Max: 3.1},
		Y: figure.Axis{Label: "bound or -log density, nats", Min: .5, Max: 7.5}, Legend: figure.Outside,
		Layers: []figure.Layer{
			figure.Line{X: data.x, Y: data.own, Color: figure.Gray, Width: 4, Label: "-log p of G1"}}}
	for k, c := range chains {
		color := []figure.Color{figure.Vermillion, figure.Blue}[k]
		panel.Layers = append(panel.Layers,
			figure.Line{X: c.x, Y: c.bound, Color: color, Label: fmt.Sprintf("bound, %d steps", c.steps)},
			figure.Line{X: c.x, Y: c.own, Color: color, Dashed: true, Width: 1.5,
				Label: fmt.Sprintf("chain's -log density, %d steps", c.steps)})
	}
	return kit.PNG("points", "The bound at single points x. It never lies below -log density of the chain's own end. "+
		"It does lie below -log p of the data between the modes, where the chain makes too many samples.",
		figure.Grid{Width: 760, RowHeight: 360, Rows: [][]figure.Panel{{panel}}})
}
