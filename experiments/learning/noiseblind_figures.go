package learning

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// noiseBlindErrors draws the Fisher errors against the noise.
func noiseBlindErrors(told, blind, best, averaged, eight scoreModel) (suite.Figure, error) {
	panel := func(title string, layers ...figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "noise level σ", Log: true, Min: .045, Max: 11},
			Y:      figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: 3e-7, Max: 20},
			Legend: figure.BottomLeft, Layers: layers}
	}
	curve := func(m scoreModel, label string, color figure.Color, dashed bool) figure.Line {
		return figure.Line{X: noiseBlindLevels, Y: kit.Centers(m.errors), Label: label, Color: color, Dashed: dashed,
			Markers: !dashed}
	}
	return kit.PNG("errors", "Fisher error at each noise level, relative to the mean square of the score. Left: one "+
		"network on the cross with and without the noise level as an input; dashed, the best possible without it, "+
		"which the trained one reaches. Right: the best possible without the level for two kinds of output and in "+
		"eight dimensions. Its error at small noise is large in eight dimensions too: noise far below the width of "+
		"the data leaves no trace in x.",
		figure.Row("",
			panel("the cross", curve(told, "level as an input", figure.Blue, false),
				curve(blind, "without the level", figure.Vermillion, false), curve(best, "best possible without, exact",
					figure.Ink, true)),
			panel("best possible without the level, exact", curve(best, "cross, unit-variance output", figure.Ink,
				true),
				curve(eight, "eight dimensions, the same", figure.Green, true),
				curve(averaged, "cross, score as output", figure.Purple, true))))
}

// noiseBlindSamples draws the samples of each model.
func noiseBlindSamples(l *suite.Lab, models []scoreModel) (suite.Figure, error) {
	const side = 3.3
	field, err := kit.DensityField(l, density.Cross(), side, 81)
	if err != nil {
		return suite.Figure{}, err
	}
	titles := []string{"exact score", "level as an input", "without the level", "best possible without the level"}
	var rows [2][]figure.Panel
	for i, m := range models {
		layers := []figure.Layer{figure.Contour{Field: field, Levels: []float64{.02, .08, .2}},
			kit.Cloud(m.samples, 1200, []figure.Color{figure.Ink, figure.Blue, figure.Vermillion, figure.Ink}[i])}
		rows[i/2] = append(rows[i/2], kit.Plane(titles[i], side, layers...))
	}
	return kit.PNG("samples", "Samples of the probability flow under four scores from the same noise, over contours "+
		"of the density of the data. Without the noise level, samples spill out of the arms.",
		figure.Grid{Rows: rows[:], Width: 520})
}

// blindInputs are inputs of the network: on an arm of the cross, between two arms, and near the center.
var blindInputs = []struct {
	name  string
	u     [2]float64
	color figure.Color
}{
	{"on an arm, (1.2, 1.2)", [2]float64{1.2, 1.2}, figure.Blue},
	{"between arms, (1.2, 0)", [2]float64{1.2, 0}, figure.Vermillion},
	{"near the center, (0.2, 0)", [2]float64{.2, 0}, figure.Green},
}

// levelPosterior draws the posterior of the level given an input, and the exact output at each level.
func levelPosterior(l *suite.Lab) (suite.Figure, error) {
	const nodes = 80
	var us [][]float64
	for _, in := range blindInputs {
		us = append(us, in.u[:])
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		target, logJoint := levelTargets(density.Cross(), in[0], nodes)
		none := Scalar(in[0].Graph(), in[0].DType(), 0)
		return []*Node{target, logJoint, bestBlindNet(density.Cross(), nodes)(in[0], none, nil)}
	}, us)
	if err != nil {
		return suite.Figure{}, err
	}
	sigma, logWeight := levelRule(nodes)
	x := figure.Axis{Label: "noise level σ", Log: true, Min: kit.NoiseLevels.SigmaMin, Max: kit.NoiseLevels.SigmaMax}
	guess := figure.Panel{Title: "posterior of the level given u", X: x, Y: figure.Axis{Label: "p(ln σ | u)", Min: 0},
		Legend: figure.TopRight}
	answer := figure.Panel{Title: "exact output (dashed: mean over levels)", X: x,
		Y: figure.Axis{Label: "output F_{σ}(u) along u"}, Legend: figure.NoLegend}
	for i, in := range blindInputs {
		n, norm := len(blindInputs), math.Hypot(in.u[0], in.u[1])
		toward := func(v []float64) float64 { return (v[0]*in.u[0] + v[1]*in.u[1]) / norm }
		var p, f []float64
		total := 0.
		for k := range sigma {
			joint := math.Exp(out[1][k*n+i])
			total += joint
			p, f = append(p, joint/math.Exp(logWeight[k])), append(f, toward(out[0][2*(k*n+i):2*(k*n+i)+2]))
		}
		for k := range p {
			p[k] /= total * math.Log(kit.NoiseLevels.SigmaMax/kit.NoiseLevels.SigmaMin)
		}
		guess.Layers = append(guess.Layers, figure.Line{X: sigma, Y: p, Color: in.color, Label: in.name})
		answer.Layers = append(answer.Layers, figure.Line{X: sigma, Y: f, Color: in.color},
			figure.HLine{At: toward(out[2][2*i : 2*i+2]), Color: in.color, Dashed: true, Width: 1.2})
		guess.Y.Max = math.Max(guess.Y.Max, 1.5*slices.Max(p))
	}
	return kit.PNG("guess", "Three inputs u = x/√(1 + σ²) on the cross. Left: posterior density of the noise level "+
		"given u. Right: the exact network output F at each level, along u; dashed, its posterior mean over the "+
		"levels, the best output without the level.",
		figure.Row("", guess, answer))
}
