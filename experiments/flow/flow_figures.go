package flow

import (
	"strings"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// look is a solver's line: methods of one family share a colour, and the higher order is dashed.
func look(name string, x, y []float64) figure.Line {
	line := figure.Line{X: x, Y: y, Markers: true, Label: name}
	for _, family := range []struct {
		prefix string
		color  figure.Color
	}{
		{"ddim", figure.Ink}, {"ancestral", figure.Orange}, {"reverse", figure.Purple}, {"flow-euler", figure.Sky},
		{"flow-midpoint", figure.Green}, {"flow-heun", figure.Vermillion}, {"flow-rk4", figure.Blue},
		{"edm-heun", figure.Orange}, {"dpm-solver-2", figure.Purple}, {"dpm-solver++", figure.Vermillion},
		{"exponential", figure.Green}, {"deis", figure.Purple}, {"unipc", figure.Blue},
	} {
		if strings.HasPrefix(name, family.prefix) {
			line.Color = family.color
			break
		}
	}
	line.Dashed = strings.HasSuffix(name, "-3") || strings.HasSuffix(name, "-3m") || strings.HasSuffix(
		name, "-kernel") || strings.HasSuffix(name, "-eta")
	return line
}

// ordersFigure is the error of the flow's solvers against their evaluations.
func ordersFigure(measured []solverError) (suite.Figure, error) {
	var singlestep, multistep []figure.Layer
	for _, e := range measured {
		if line := e.line(orderSteps); remembers(e.spec.Sampler) {
			multistep = append(multistep, line)
		} else {
			singlestep = append(singlestep, line)
		}
	}
	panel := func(title string, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "evaluations", Log: true, Min: 15, Max: 100_000},
			Y:      figure.Axis{Label: "RMS error", Log: true, Min: 1e-11, Max: .5},
			Layers: lines, Legend: figure.TopRight}
	}
	return kit.PNG("orders", "Error against the number of evaluations on G1 with its exact score, where the flow "+
		"ends at t = 0.001: solvers that look at one step, and those that remember the last ones.",
		figure.Grid{RowHeight: 320, Rows: [][]figure.Panel{{panel("one step at a time", singlestep)},
			{panel("multistep", multistep)}}})
}

// line is the error against the number of evaluations.
func (e solverError) line(steps []float64) figure.Line {
	cost := kit.Map(steps, func(n float64) float64 { return n * float64(e.perStep) })
	return look(e.spec.Name, cost, e.errors)
}

// workFigure is the distance in law of all samplers against their evaluations.
func workFigure(measured []solverError) (suite.Figure, error) {
	var chance, single, multi []figure.Layer
	for _, e := range measured {
		line := e.line(workSteps)
		switch {
		case e.spec.Stochastic:
			chance = append(chance, line)
		case remembers(e.spec.Sampler):
			multi = append(multi, line)
		default:
			single = append(single, line)
		}
	}
	panel := func(title string, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "evaluations", Log: true, Min: 4, Max: 5000},
			Y:      figure.Axis{Label: "W_{2}", Log: true, Min: 1e-9, Max: 1},
			Layers: lines, Legend: figure.TopRight}
	}
	return kit.PNG("work-precision", "Distance of the law that each sampler makes of N(0, 0.25) data to the exact "+
		"one, against the number of evaluations.",
		figure.Grid{RowHeight: 290, Rows: [][]figure.Panel{{panel("reverse SDE", chance)}, {panel("probability flow, "+
			"one step at a time", single)}, {panel("probability flow, multistep", multi)}}})
}

// ladderFigure is W1 against the number of steps; floor is that of as many exact samples as the ancestral sampler made.
func ladderFigure(g ladderGrids, w1 map[string][]float64, ancestral []metrics.Summary, floor float64) (suite.Figure,
	error) {
	var lines []figure.Layer
	for _, c := range []struct {
		name   string
		color  figure.Color
		dashed bool
	}{
		{"DDIM", figure.Ink, false}, {"DPM-Solver++ 2M", figure.Vermillion, false}, {"DDIM, log SNR", figure.Ink, true},
		{"DPM-Solver++ 2M, log SNR", figure.Vermillion, true}, {"UniPC-3, log SNR", figure.Blue, true},
	} {
		lines = append(lines, figure.Line{X: g.steps, Y: w1[c.name], Color: c.color, Dashed: c.dashed, Label: c.name,
			Markers: true})
	}
	lines = append(lines, figure.Line{X: g.steps, Y: kit.Centers(ancestral), Color: figure.Orange, Markers: true,
		Label: "DDPM (ancestral)"})
	return kit.PNG("ladder", "Distance of what a sampler makes from noise to G1, against its number of steps; the "+
		"score is exact. Solid: steps uniform in time, as DDPM's; dashed: uniform in log SNR. The floor is that of "+
		"as many exact samples as DDPM's sampler made.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "steps, one evaluation each", Log: true, Min: .8, Max: 1300},
			Y:      figure.Axis{Label: "W_{1}", Log: true, Min: 1e-6, Max: 4},
			Layers: append(lines, figure.HLine{At: floor, Dashed: true, Label: "floor of DDPM's samples"}),
			Legend: figure.BottomLeft}))
}
