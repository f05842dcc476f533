package flow

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// divergenceFigure shows the Fisher divergence over time, whose area is the KL divergence, and the cost of a wrong
// score.
func divergenceFigure(r *suite.Report, ds, sde, bound, flow []float64) error {
	var t, fisher, kl []float64
	for _, row := range r.Tables[len(r.Tables)-2].Rows {
		t, fisher, kl = append(t, row[0].(float64)), append(fisher, row[1].(float64)), append(kl, row[2].(float64))
	}
	area := figure.Panel{Title: "G1 on its way to N(0, 1)", X: figure.Axis{Label: "t", Min: 0, Max: 2},
		Y: figure.Axis{Label: "divergence from N(0, 1)", Min: 0, Max: 5}, Legend: figure.TopRight,
		Layers: []figure.Layer{
			figure.Band{X: t, Lo: make([]float64, len(t)), Hi: fisher, Color: figure.Blue},
			figure.Line{X: t, Y: fisher, Color: figure.Blue, Label: "Fisher, E|s + x|²"},
			figure.Line{X: t, Y: kl, Color: figure.Vermillion, Label: "KL, the shaded area right of t"},
		}}
	wrong := figure.Panel{Title: "N(0, 1/4), score times 1 + d", X: figure.Axis{Label: "d", Log: true,
		Min: .009, Max: .34}, Y: figure.Axis{Label: "nats", Log: true, Min: 5e-5, Max: 50}, Legend: figure.TopLeft,
		Layers: []figure.Layer{
			figure.Line{X: ds, Y: flow, Color: figure.Vermillion, Markers: true, Label: "KL to the flow"},
			figure.Line{X: ds, Y: bound, Color: figure.Gray, Dashed: true, Label: "bound by the score error"},
			figure.Line{X: ds, Y: sde, Color: figure.Blue, Markers: true, Label: "KL to the reverse SDE"},
		}}
	f, err := kit.PNG("divergences", "Left: the Fisher divergence of G1 from N(0, 1) along the Ornstein-Uhlenbeck "+
		"process; its area from t on is the KL divergence at t. Right: KL divergence from the data to the two models "+
		"of one wrong score. The bound that score matching minimizes holds for the reverse SDE, not for the flow.",
		figure.Row("", area, wrong))
	r.Figures = append(r.Figures, f)
	return err
}
