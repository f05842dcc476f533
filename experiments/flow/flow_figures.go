package flow

import (
	"cmp"
	"slices"
	"strings"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// solverLabels name the registered samplers in figures.
var solverLabels = map[string]string{
	"reverse-em": "Euler-Maruyama", "ancestral": "DDPM, posterior variance", "ancestral-kernel": "DDPM, variance beta",
	"ddim-eta": "DDIM, η = 0.5", "ddim": "DDIM", "flow-euler": "Euler", "flow-midpoint": "midpoint",
	"flow-heun": "Heun", "flow-rk4": "Runge-Kutta 4", "edm-heun": "Heun in σ (EDM)", "dpm-solver-2": "DPM-Solver-2",
	"dpm-solver++-2m": "DPM-Solver++ 2M", "dpm-solver++-3m": "DPM-Solver++ 3M",
	"exponential-adams-2": "exponential Adams 2", "exponential-adams-3": "exponential Adams 3", "deis-2": "DEIS-2",
	"deis-3": "DEIS-3", "unipc-2": "UniPC-2", "unipc-3": "UniPC-3",
}

// solverLine is a solver's line: methods of one family share a color, and the higher order is dashed.
func solverLine(name string, x, y []float64) figure.Line {
	line := figure.Line{X: x, Y: y, Markers: true, Label: name}
	if label, known := solverLabels[name]; known {
		line.Label = label
	}
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
	switch { // lines that others nearly hide are wide
	case strings.HasPrefix(name, "exponential"), name == "flow-midpoint":
		line.Width = 5
	case strings.HasPrefix(name, "deis"):
		line.Width = 3.5
	}
	line.Dashed = strings.HasSuffix(name, "-3") || strings.HasSuffix(name, "-3m") || strings.HasSuffix(
		name, "-kernel") || strings.HasSuffix(name, "-eta")
	return line
}

// ordersFigure is the error of the flow's solvers against their evaluations.
func ordersFigure(measured []solverError) (suite.Figure, error) {
	var singlestep, multistep []figure.Layer
	for _, e := range measured {
		if line := e.line(orderSteps); isMultistep(e.spec.Sampler) {
			multistep = append(multistep, line)
		} else {
			singlestep = append(singlestep, line)
		}
	}
	panel := func(title string, least float64, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "model evaluations", Log: true, Min: 15, Max: 6500},
			Y:      figure.Axis{Label: "RMS error of x", Log: true, Min: least, Max: .5},
			Layers: wideFirst(lines), Legend: figure.Outside}
	}
	return kit.PNG("orders", "Error of the flow's solvers on G1 with the exact score, against model evaluations. The "+
		"slopes are the orders: RK4 and UniPC-3 reach 4, and DPM-Solver++ 3M only 2. The flow ends at t = 0.001.",
		figure.Grid{RowHeight: 300, Rows: [][]figure.Panel{{panel("one-step methods", 1e-11, singlestep)},
			{panel("multistep methods", 3e-10, multistep)}}})
}

// line is the error against the number of evaluations.
func (e solverError) line(steps []float64) figure.Line {
	cost := kit.Map(steps, func(n float64) float64 { return n * float64(e.perStep) })
	return solverLine(e.spec.Name, cost, e.errors)
}

// wideFirst sorts lines so that wide ones do not cover narrow ones.
func wideFirst(lines []figure.Layer) []figure.Layer {
	width := func(l figure.Layer) float64 { return l.(figure.Line).Width }
	slices.SortStableFunc(lines, func(a, b figure.Layer) int { return cmp.Compare(width(b), width(a)) })
	return lines
}

// workFigure is the distance W2 of all samplers against their evaluations.
func workFigure(measured []solverError) (suite.Figure, error) {
	var stochastic, single, multi []figure.Layer
	for _, e := range measured {
		line := e.line(workSteps)
		switch {
		case e.spec.Stochastic:
			stochastic = append(stochastic, line)
		case isMultistep(e.spec.Sampler):
			multi = append(multi, line)
		default:
			single = append(single, line)
		}
	}
	panel := func(title string, least float64, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "model evaluations", Log: true, Min: 4, Max: 800},
			Y:      figure.Axis{Label: "W_{2}", Log: true, Min: least, Max: 1},
			Layers: wideFirst(lines), Legend: figure.Outside}
	}
	return kit.PNG("work-precision", "Exact distance W2 between the samples of each method and N(0, 0.25) data at t "+
		"= 0.001, against model evaluations. Samplers of the reverse SDE converge with order 1; solvers of the "+
		"probability flow reach higher orders.",
		figure.Grid{RowHeight: 270, Rows: [][]figure.Panel{{panel("reverse SDE", 3e-3, stochastic)},
			{panel("probability flow, one-step methods", 1e-9, single)},
			{panel("probability flow, multistep methods", 1e-7, multi)}}})
}

// ladderFigure is W1 against the number of steps; floor is the W1 of as many exact samples as the ancestral sampler
// made.
func ladderFigure(g ladderGrids, w1 map[string][]float64, ancestral []metrics.Summary, floor float64) (suite.Figure,
	error) {
	lines := []figure.Layer{figure.HLine{At: floor, Color: figure.Gray, Width: 4, Label: "exact samples"}}
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
	return kit.PNG("ladder", "Distance W1 to G1 against the number of steps, with the exact score. Higher-order "+
		"solvers with steps uniform in log SNR (dashed) need the fewest; solid lines use steps uniform in time. "+
		"Gray: the W1 that as many exact samples have as DDPM's sampler made.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "steps of one evaluation", Log: true, Min: .8, Max: 1300},
			Y: figure.Axis{Label: "W_{1} to G1", Log: true, Min: 4e-4, Max: 3}, Layers: lines,
			Legend: figure.Outside}))
}
