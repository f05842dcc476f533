package guidance

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// samplerColors tell the three distributions apart in all figures.
var samplerColors = map[string]figure.Color{"flow": figure.Vermillion, "SDE": figure.Green, "p_{γ}": figure.Blue}

// distributionFigures draw the three distributions in one dimension, and on the mixture.
func distributionFigures(l *suite.Lab, plane map[string]populations) ([]suite.Figure, error) {
	line, err := lineFigure()
	if err != nil {
		return nil, err
	}
	clouds, err := planeFigure(l, plane)
	return []suite.Figure{line, clouds}, err
}

// lineDistributions are moments by name, in the order of the legend.
var lineDistributions = []struct {
	name string
	of   func(gamma float64) moments
}{
	{"p_{γ}", tiltedMoments},
	{"SDE", func(gamma float64) moments { return sdeMoments(gamma, 0) }},
	{"flow", func(gamma float64) moments { return flowMoments(gamma, 0) }},
}

// lineFigure shows the densities at scale 3, and means and variances against the scale.
func lineFigure() (suite.Figure, error) {
	bell := func(m moments, label string, color figure.Color, dashed bool) figure.Line {
		curve := figure.Line{Label: label, Color: color, Dashed: dashed}
		for x := -1.; x <= 4; x += .01 {
			curve.X, curve.Y = append(curve.X, x),
				append(curve.Y, math.Exp(-(x-m.mean)*(x-m.mean)/(2*m.variance))/math.Sqrt(2*math.Pi*m.variance))
		}
		return curve
	}
	densities := figure.Panel{Title: "densities at γ = 3", X: figure.Axis{Label: "x", Min: -.5, Max: 3.2},
		Y: figure.Axis{Label: "density", Min: 0, Max: 3.4}, Legend: figure.TopLeft,
		Layers: []figure.Layer{bell(moments{lineMu, lineQ}, "class", figure.Gray, true)}}
	means := figure.Panel{Title: "mean", X: figure.Axis{Label: "scale γ", Min: 0, Max: 10},
		Y: figure.Axis{Label: "mean", Min: 0, Max: 2.5}, Legend: figure.NoLegend}
	variances := figure.Panel{Title: "variance", X: figure.Axis{Label: "scale γ", Min: 0, Max: 10},
		Y: figure.Axis{Label: "variance", Min: 3e-7, Max: 2, Log: true}, Legend: figure.NoLegend}
	for _, d := range lineDistributions {
		densities.Layers = append(densities.Layers, bell(d.of(3), d.name, samplerColors[d.name], false))
		mean, variance := figure.Line{Color: samplerColors[d.name]}, figure.Line{Color: samplerColors[d.name]}
		for gamma := 0.; gamma <= 10; gamma += .05 {
			if math.Abs(gamma-.5) < .01 {
				continue // the SDE's formula is 0/0 there
			}
			m := d.of(gamma)
			mean.X, mean.Y = append(mean.X, gamma), append(mean.Y, m.mean)
			variance.X, variance.Y = append(variance.X, gamma), append(variance.Y, m.variance)
		}
		means.Layers, variances.Layers = append(means.Layers, mean), append(variances.Layers, variance)
	}
	return kit.PNG("laws", "One guided score gives three distributions. Left: exact densities at scale γ = 3 of p_γ, "+
		"of samples of the reverse SDE and of the flow. Middle and right: their means and variances against the "+
		"scale. They agree at γ = 0 and 1 only. All data is N(0, 1), the class N(1.5, 1/4).",
		figure.Row("", densities, means, variances))
}

// planeLabels name the samplers on the mixture in figures.
var planeLabels = map[string]string{"flow": "guided flow", "SDE": "guided reverse SDE",
	"SDE with weights": "reverse SDE with weights"}

// planeFigure shows samples of the mixture over p_gamma.
func planeFigure(l *suite.Lab, samples map[string]populations) (suite.Figure, error) {
	const n = 97
	nodes, _, err := density.Grid(-guidedSide, guidedSide, n, 2)
	if err != nil {
		return suite.Figure{}, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		log := tiltedDensity(in[0], planeScale)
		return []*Node{Exp(Sub(log, ReduceAllMax(log)))}
	}, nodes)
	if err != nil {
		return suite.Figure{}, err
	}
	field := figure.Field{X0: -guidedSide, X1: guidedSide, Y0: -guidedSide, Y1: guidedSide, NX: n, NY: n,
		Z: make([]float64, n*n)}
	for i := range n {
		for j := range n {
			field.Z[j*n+i] = out[0][i*n+j]
		}
	}
	var panels []figure.Panel
	for _, name := range planeSamplers {
		color := samplerColors[name]
		if name == "SDE with weights" {
			color = figure.Orange
		}
		panels = append(panels, guidedPlane(planeLabels[name], -1, figure.Heat{Field: field},
			kit.Cloud(samples[name].drawn(600),
				600, color)))
	}
	return kit.PNG("plane", fmt.Sprintf("Samples of a mixture of two classes, guided to the upper one with scale γ = "+
		"%g; shaded, the density of p_γ. The flow and the reverse SDE lie above p_γ. The SDE with weights and "+
		"resampling follows it.", planeScale),
		figure.Row("", panels...))
}
