package score

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// collapseFigures draws the samples at three times and films them beside their spread.
func collapseFigures(l *suite.Lab, r *suite.Report, c collapse) error {
	field, err := kit.DensityField(l, density.Cross(), 3.5, 101)
	if err != nil {
		return err
	}
	curve := func(now float64) figure.Panel {
		return figure.Panel{Title: "spread of the samples", X: figure.Axis{Label: "time t", Max: 3},
			Y: figure.Axis{Label: "trace of the covariance", Min: 1e-4, Max: 10, Log: true},
			Layers: []figure.Layer{
				figure.Line{X: kit.Until(c.times, 3), Y: kit.Centers(c.traces)[:len(kit.Until(c.times, 3))],
					Color: figure.Vermillion},
				figure.HLine{At: 2, Color: figure.Gray, Dashed: true, Label: "target: 2"},
				figure.VLine{At: now, Color: figure.Ink, Width: 1},
			}, Legend: figure.TopRight}
	}
	swarm := func(title string, step int) figure.Panel {
		return kit.Plane(title, 3.5, figure.Heat{Field: field}, figure.Contour{Field: field},
			kit.Cloud(c.clouds[step], 1000, figure.Vermillion))
	}
	f, err := kit.PNG("collapse", "Samples (red) that start from N(0, I) and follow the score of the cross (shaded). "+
		"They first collapse onto its arms, then slide along these to the mode at the center.",
		figure.Row("", swarm("t = 0", 0), swarm("t = 0.2", 20), swarm("t = 1", 100)))
	if err != nil {
		return err
	}
	var frames []figure.Figure
	for i, t := range c.times {
		if t > 2.5 {
			break
		}
		frames = append(frames, figure.Row("", swarm(fmt.Sprintf("t = %.2f", t), c.steps[i]), curve(t)))
	}
	if err := l.Progress(.7, "drawing"); err != nil {
		return err
	}
	film, err := kit.GIF("collapse", "Left: samples from N(0, I) that follow the score of the cross (shaded). Right: "+
		"their spread falls without end, below the target's 2 (dashed).", frames)
	r.Figures = append(r.Figures, film, f)
	return err
}
