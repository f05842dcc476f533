package learning

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// multiNoiseFigures draws the samples, and what one level and all levels leave.
func multiNoiseFigures(l *suite.Lab, r *suite.Report, plain levelRun, all []levelsRun) error {
	exact, err := density.FarModes().Sample(l.Backend, l.Key("exact"), 1000)
	if err != nil {
		return err
	}
	// Samples by the mode where they end.
	swarm := func(title string, p, end metrics.Points) figure.Panel {
		layers := []figure.Layer{}
		for mode, color := range []figure.Color{figure.Vermillion, figure.Blue} {
			layers = append(layers, kit.ByMode(p, end, mode, 600, color))
		}
		return kit.Plane(title, 9.5, layers...)
	}
	widest := all[2]
	still, err := kit.PNG("weights", "Six hundred samples each, colored by the mode where they end. Langevin "+
		"dynamics takes each to the mode in whose basin it starts, so it splits them in half. The reverse SDE over "+
		"all noise levels gives the lighter mode its fifth.",
		figure.Grid{Rows: [][]figure.Panel{
			{swarm("start, colored by final mode", plain.start, plain.end), swarm("Langevin dynamics, one level",
				plain.end,
				plain.end)},
			{swarm(fmt.Sprintf("reverse SDE from σ_{max} = %g", widest.sigmaMax), widest.samples, widest.samples),
				swarm("exact samples", kit.Points(exact), kit.Points(exact))},
		}, Width: 560})
	if err != nil {
		return err
	}
	levels := figure.Panel{Title: "one noise level", X: figure.Axis{Label: "noise level σ", Min: -.3, Max: 10.5},
		Y:      figure.Axis{Label: "W_{1} along the line of the modes", Log: true, Min: .001, Max: 12},
		Legend: figure.BottomRight,
		Layers: []figure.Layer{
			figure.Line{X: plain.sigma, Y: plain.toData, Color: figure.Vermillion, Markers: true, Label: "to the data"},
			figure.Line{X: plain.sigma, Y: plain.toNoised, Color: figure.Orange, Label: "to the noised data"},
			figure.HLine{At: widest.w1, Color: figure.Blue, Dashed: true, Label: "all levels, to the data"},
		}}
	curve := figure.Line{Color: figure.Blue, Label: "exact reversal"}
	for s := 5.; s <= 501; s *= 1.05 {
		curve.X, curve.Y = append(curve.X, s), append(curve.Y, weightFromNormalStart(kit.ModeDistance, s*s, 1+s*s))
	}
	bars := figure.ErrorBars{Color: figure.Vermillion, Label: "samples from N(0, σ_{max}^{2} I)"}
	informed := figure.ErrorBars{Color: figure.Green, Label: "from the noised data"}
	for _, d := range all {
		to := &bars
		if d.exactEnd {
			to = &informed
		}
		to.X, to.Y, to.Lo, to.Hi = append(to.X, d.sigmaMax), append(to.Y, d.weight.Center), append(to.Lo, d.weight.Lo),
			append(to.Hi, d.weight.Hi)
	}
	ends := figure.Panel{Title: "all noise levels", X: figure.Axis{Label: "largest noise level σ_{max}", Log: true,
		Min: 5,
		Max: 500}, Y: figure.Axis{Label: "weight of the lighter mode", Min: .18, Max: .4}, Legend: figure.TopRight,
		Layers: []figure.Layer{curve, bars, informed, figure.HLine{At: .2, Dashed: true, Label: "data: 0.2"}}}
	curves, err := kit.PNG("levels", "Left: W1 after Langevin dynamics at one noise level. At small σ it does not "+
		"reach its own target; at large σ that target is far from the data. Right: weight of the lighter mode after "+
		"the reverse SDE, against the σ_max where it starts (±5 s.e.). The error falls as σ_max grows.",
		figure.Row("", levels, ends))
	r.Figures = append(r.Figures, still, curves)
	return err
}
