package flow

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// likelihoodCurves are log densities in nats at points x, and the solves that gave them.
type likelihoodCurves struct {
	x, exact, flow, mismatch []float64
	adaptive, fixed          []solve
}

// likelihoodFigures shows the log density of G1 by the flow, its errors, and their cost.
func likelihoodFigures(r *suite.Report, c likelihoodCurves) error {
	curve := figure.Panel{Title: "log density of G1", X: figure.Axis{Label: "x"},
		Y: figure.Axis{Label: "log density, nats", Min: -9, Max: 0}, Legend: figure.BottomLeft, Layers: []figure.Layer{
			figure.Line{X: c.x, Y: c.exact, Color: figure.Gray, Width: 4, Label: "exact"},
			figure.Points{X: c.x, Y: c.flow, Color: figure.Vermillion, Label: "probability flow"},
		}}
	size := func(v []float64) []float64 {
		return kit.Map(v, func(e float64) float64 { return math.Max(math.Abs(e), 1e-12) })
	}
	errors := figure.Panel{Title: "error of the log density", X: figure.Axis{Label: "x"},
		Y: figure.Axis{Label: "nats", Log: true, Min: 1e-11, Max: 1}}
	for _, at := range []struct {
		solve solve
		color figure.Color
		below float64 // where its name stands
	}{{c.adaptive[0], figure.Orange, 2e-2}, {c.adaptive[2], figure.Green, 5e-8}, {c.adaptive[5], figure.Blue, 3e-11}} {
		errors.Layers = append(errors.Layers, figure.Line{X: c.x, Y: size(at.solve.errors), Color: at.color},
			figure.Note{X: 3, Y: at.below, Align: 1, Color: at.color, Text: fmt.Sprintf("tolerance %.0e",
				at.solve.setting)})
	}
	errors.Layers = append(errors.Layers, figure.Line{X: c.x, Y: size(c.mismatch), Color: figure.Ink, Dashed: true},
		figure.Note{X: -3, Y: 2.5e-1, Text: "dashed: prior N(0, σ²)"})
	price := func(label string, color figure.Color, solves []solve) figure.Layer {
		return figure.Line{Label: label, Color: color, Markers: true,
			X: kit.Map(solves, func(s solve) float64 { return s.cost }),
			Y: kit.Map(solves, func(s solve) float64 { return kit.LargestAbs(s.errors) })}
	}
	cost := figure.Panel{Title: "largest error against cost", X: figure.Axis{Label: "evaluations of the model",
		Log: true}, Y: figure.Axis{Label: "nats", Log: true, Min: 5e-11, Max: 5}, Legend: figure.TopRight,
		Layers: []figure.Layer{price("Dormand-Prince", figure.Blue, c.adaptive),
			price("Runge-Kutta 4", figure.Vermillion,
				c.fixed)}}
	f, err := kit.PNG("likelihood", "Left: the flow's log density of G1 lies on the exact one. Middle: absolute "+
		"error at three tolerances; dashed, what the prior N(0, σ²) adds in place of p_T. Right: largest error "+
		"against model evaluations, for tolerances 1e-3 to 1e-10 and 20 to 320 fixed steps. Adaptive steps need "+
		"fewer evaluations.",
		figure.Row("", curve, errors, cost))
	r.Figures = append(r.Figures, f)
	return err
}

// flowLines draws the flow of G1 over the density in time: every sample keeps its quantile.
func flowLines(l *suite.Lab, r *suite.Report) error {
	const side, steps = 3.2, 48
	g1 := density.Bimodal()
	start, _, err := density.Grid(-2.9, 2.5, 19, 1)
	if err != nil {
		return err
	}
	grid, err := diffusion.Uniform(dataTime, 1, steps)
	if err != nil {
		return err
	}
	line := fokkerplanck.Line{Lo: -side, Hi: side, N: 121}
	densities, err := kit.LineDensities(l, g1, diffusion.VP{}, line, grid...)
	if err != nil {
		return err
	}
	field := figure.Field{X0: 0, X1: 1, Y0: -side, Y1: side, NX: len(grid), NY: line.N}
	for i := range line.N {
		for k := range grid {
			field.Z = append(field.Z, densities[k][i])
		}
	}
	paths := make([]figure.Line, start.Size())
	plan := diffusion.Plan{Build: g1.Build(diffusion.VP{}), Sampler: diffusion.DormandPrince{RTol: 1e-6}, Grid: grid}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return err
		}
		for i, x := range tensors.MustCopyFlatData[float64](s.X) {
			paths[i].X, paths[i].Y = append(paths[i].X, s.Time), append(paths[i].Y, x)
		}
	}
	panel := figure.Panel{X: figure.Axis{Label: "time t", Min: 0, Max: 1},
		Y:      figure.Axis{Label: "x", Min: -side, Max: side},
		Layers: []figure.Layer{figure.Heat{Field: field}}}
	for _, p := range paths {
		p.Color, p.Width = figure.Vermillion, 1
		panel.Layers = append(panel.Layers, p)
	}
	f, err := kit.PNG("flow", "Trajectories of the probability flow of G1 along VP, over the density (darker is "+
		"higher). They never cross. Where they converge, the density rises, at the rate of the divergence that the "+
		"likelihood integrates.",
		figure.Single(panel, 560))
	r.Figures = append(r.Figures, f)
	return err
}

// probesFigure shows the estimates at one point, by the name of their probe.
func probesFigure(at []float64, exact float64, estimates map[string][]float64) (suite.Figure, error) {
	panel := figure.Panel{Title: fmt.Sprintf("log p of the cross at (%g, %g)", at[0], at[1]),
		X: figure.Axis{Label: "estimate of log p, nats"}, Y: figure.Axis{Label: "density of the estimates"},
		Legend: figure.TopLeft}
	for _, p := range kit.Probes {
		bars := figure.Histogram(estimates[p.Name], exact-6, exact+6, 61)
		bars.Color, bars.Label, bars.Outline = p.Color, p.Name, p.Name != "normal"
		panel.Layers = append(panel.Layers, bars)
	}
	panel.Layers = append(panel.Layers, figure.VLine{At: exact, Label: "exact", Dashed: true})
	return kit.PNG("probes", "Estimates of one log density, each with one random probe along the whole path. Their "+
		"mean is exact (dashed line). A Rademacher probe takes two values in the plane; a normal probe has a long "+
		"tail.", figure.Single(panel, 560))
}
