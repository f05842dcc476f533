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

// lawColors tell the three laws apart in all figures.
var lawColors = map[string]figure.Color{"flow": figure.Vermillion, "SDE": figure.Green, "p_{γ}": figure.Blue}

// lawFigures draw the three laws of the line, and of the mixture.
func lawFigures(l *suite.Lab, plane map[string]populations) ([]suite.Figure, error) {
	line, err := lawLineFigure()
	if err != nil {
		return nil, err
	}
	clouds, err := lawPlaneFigure(l, plane)
	return []suite.Figure{line, clouds}, err
}

// curves of the line's laws by name, in the order of the legend.
var lineLaws = []struct {
	name string
	of   func(gamma float64) moments
}{
	{"p_{γ}", tiltedLaw},
	{"SDE", func(gamma float64) moments { return sdeLaw(gamma, 0) }},
	{"flow", func(gamma float64) moments { return flowLaw(gamma, 0) }},
}

// lawLineFigure shows the densities at scale 3, and means and variances against the scale.
func lawLineFigure() (suite.Figure, error) {
	bell := func(m moments, label string, color figure.Color, dashed bool) figure.Line {
		curve := figure.Line{Label: label, Color: color, Dashed: dashed}
		for x := -1.; x <= 4; x += .01 {
			curve.X, curve.Y = append(curve.X, x),
				append(curve.Y, math.Exp(-(x-m.mean)*(x-m.mean)/(2*m.variance))/math.Sqrt(2*math.Pi*m.variance))
		}
		return curve
	}
	densities := figure.Panel{Title: "laws at scale 3", X: figure.Axis{Label: "x", Min: -.5, Max: 3.2},
		Y: figure.Axis{Label: "density", Min: 0, Max: 3.4}, Legend: figure.TopLeft,
		Layers: []figure.Layer{bell(moments{lineMu, lineQ}, "class", figure.Gray, true)}}
	means := figure.Panel{Title: "mean", X: figure.Axis{Label: "scale γ", Min: 0, Max: 10},
		Y: figure.Axis{Label: "mean", Min: 0, Max: 2.5}, Legend: figure.NoLegend}
	variances := figure.Panel{Title: "variance", X: figure.Axis{Label: "scale γ", Min: 0, Max: 10},
		Y: figure.Axis{Label: "variance", Min: 3e-7, Max: 2, Log: true}, Legend: figure.NoLegend}
	for _, law := range lineLaws {
		densities.Layers = append(densities.Layers, bell(law.of(3), law.name, lawColors[law.name], false))
		mean, variance := figure.Line{Color: lawColors[law.name]}, figure.Line{Color: lawColors[law.name]}
		for gamma := 0.; gamma <= 10; gamma += .05 {
			if math.Abs(gamma-.5) < .01 {
				continue // the SDE's formula is 0/0 there
			}
			m := law.of(gamma)
			mean.X, mean.Y = append(mean.X, gamma), append(mean.Y, m.mean)
			variance.X, variance.Y = append(variance.X, gamma), append(variance.Y, m.variance)
		}
		means.Layers, variances.Layers = append(means.Layers, mean), append(variances.Layers, variance)
	}
	return kit.PNG("laws", "All data N(0, 1), the class N(1.5, 1/4). What sampling with the guided score of scale γ "+
		"leads to, along the flow and along the reverse SDE, and the law p_γ whose score it seems to be: exact "+
		"densities at γ = 3, means and variances at all scales. They agree at γ = 0 and 1 only.",
		figure.Row("", densities, means, variances))
}

// lawPlaneFigure shows samples of the mixture over p_gamma.
func lawPlaneFigure(l *suite.Lab, laws map[string]populations) (suite.Figure, error) {
	const n = 97
	nodes, _, err := density.Lattice(-guidedSide, guidedSide, n, 2)
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
		color := lawColors[name]
		if name == "SDE with weights" {
			color = figure.Orange
		}
		panels = append(panels, kit.Plane(name, guidedSide, figure.Heat{Field: field}, kit.Cloud(laws[name].drawn(600),
			600, color)))
	}
	return kit.PNG("plane", fmt.Sprintf("A mixture of two classes, guided to the upper one with scale %g; shaded, "+
		"the density of p_γ. The flow and the reverse SDE leave it for places where there is no data. With weights, "+
		"and samples drawn anew in proportion to them, the SDE samples it.", planeScale),
		figure.Row("", panels...))
}
