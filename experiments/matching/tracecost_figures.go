package matching

import (
	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// costFigure draws the work of a step, the noise of an estimate, and the error of each objective against its work.
func costFigure(r *suite.Report, counts [][]passCount, noise [][]traceEstimate, eight eightRun) error {
	f, err := kit.PNG("cost", "Left: work of a training step; only the exact trace grows with the dimension. Middle: "+
		"standard deviation of Hutchinson's estimate relative to the trace, for the score of a Gaussian chain (lines, "+
		"exact; points, measured with 5-s.e. intervals). Right: error on four crosses in 8 dimensions against the "+
		"work; Hutchinson's estimate and finite differences nearly coincide.",
		figure.Row("", workPanel(counts), probeNoisePanel(noise), eight.panel()))
	r.Figures = append(r.Figures, f)
	return err
}

// workPanel draws the work of a step against the dimension.
func workPanel(counts [][]passCount) figure.Panel {
	panel := figure.Panel{Title: "work of a training step", X: figure.Axis{Label: "dimension d", Log: true},
		Y: figure.Axis{Label: "work in evaluations", Log: true, Min: 1.5, Max: 40000}, Legend: figure.TopLeft}
	for i, c := range costed {
		line := figure.Line{Color: c.color, Label: c.name, Markers: true, Dashed: c.dashed}
		for k, d := range countedDims {
			line.X, line.Y = append(line.X, float64(d)), append(line.Y, counts[i][k].work)
		}
		panel.Layers = append(panel.Layers, line)
	}
	return panel
}

// probeNoisePanel draws the standard deviation of an estimate against the dimension.
func probeNoisePanel(noise [][]traceEstimate) figure.Panel {
	panel := figure.Panel{Title: "noise of one probe", X: figure.Axis{Label: "dimension d", Log: true},
		Y: figure.Axis{Label: "standard deviation / |trace|", Log: true, Min: .02, Max: 6}, Legend: figure.TopRight}
	for k, byDim := range noise {
		p := kit.Probes[k]
		exact, marks := figure.Line{Color: p.Color, Label: p.Name}, figure.ErrorBars{Color: p.Color}
		for _, e := range byDim {
			exact.X, exact.Y = append(exact.X, float64(e.d)), append(exact.Y, e.relative(e.exact))
			marks.X, marks.Y = append(marks.X, float64(e.d)), append(marks.Y, e.relative(e.variance.Center))
			marks.Lo, marks.Hi = append(marks.Lo, e.relative(e.variance.Lo)),
				append(marks.Hi, e.relative(e.variance.Hi))
		}
		panel.Layers = append(panel.Layers, exact, marks)
	}
	return panel
}

// panel draws the errors against the work.
func (run eightRun) panel() figure.Panel {
	panel := figure.Panel{Title: "error in d = 8", X: figure.Axis{Label: "work in evaluations", Log: true, Min: 100,
		Max: 4e4},
		Y:      figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: 3e-4, Max: 1.5},
		Legend: figure.BottomLeft}
	for i, c := range costed {
		line := figure.Line{Color: c.color, Label: c.name, Dashed: c.dashed}
		for k, step := range run.steps {
			line.X = append(line.X, run.work[i]*float64(step))
			line.Y = append(line.Y, run.errors[k][i].Center)
		}
		panel.Layers = append(panel.Layers, line)
	}
	return panel
}
