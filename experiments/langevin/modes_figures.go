package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// startColors are those of relaxStarts.
var startColors = []figure.Color{figure.Blue, figure.Vermillion, figure.Green}

func relaxFigures(r *suite.Report, d *dynamics, pairs twoModes) error {
	film, err := d.film()
	if err != nil {
		return err
	}
	modes, err := d.modesFigure()
	if err != nil {
		return err
	}
	separated, err := pairs.figure()
	r.Figures = append(r.Figures, film, modes, separated)
	return err
}

// decay is log KL from every start, beside the slope that all of them end with; and stops at a step unless negative.
func (d *dynamics) decay(title string, now int) figure.Panel {
	panel := figure.Panel{Title: title, X: figure.Axis{Label: "t", Min: -1, Max: relaxEnd},
		Y: figure.Axis{Label: "KL(p_{t}, p)", Min: 1e-6, Max: 30, Log: true}, Legend: figure.TopRight}
	var slopes []figure.Layer
	for i, run := range d.runs {
		curve := figure.Line{Color: startColors[i], Label: "from " + relaxStarts[i].name}
		for s := 0; s < len(run.kl); s += 20 {
			curve.X, curve.Y = append(curve.X, relaxStep*float64(s)), append(curve.Y, run.kl[s])
		}
		late := run.kl[len(run.kl)-1]
		slope := figure.Line{X: []float64{0, relaxEnd}, Color: figure.Ink, Dashed: true, Width: 1,
			Y: []float64{late * math.Exp(2*d.modes[1].Rate*relaxEnd), late}}
		if i == 0 { // one label for all
			slope.Label = "slope -2 gap"
		}
		panel.Layers, slopes = append(panel.Layers, curve), append(slopes, slope)
		if now >= 0 {
			panel.Layers = append(panel.Layers, figure.Points{X: []float64{relaxStep * float64(now)},
				Y: []float64{run.kl[now]}, Size: 8, Color: startColors[i], Ring: true})
		}
	}
	panel.Layers = append(panel.Layers, slopes...)
	return panel
}

// film shows the densities, and where their divergences stand.
func (d *dynamics) film() (suite.Figure, error) {
	var frames []figure.Figure
	for k, s := range d.shots {
		now := figure.Panel{Title: fmt.Sprintf("t = %.2f", relaxStep*float64(s)), X: figure.Axis{Label: "x", Min: -5,
			Max: 5}, Y: figure.Axis{Label: "density", Min: 0, Max: 1.3}, Legend: figure.NoLegend,
			Layers: []figure.Layer{d.shaded()}}
		for i, run := range d.runs {
			now.Layers = append(now.Layers, figure.Line{X: d.Nodes(), Y: run.shots[k], Color: startColors[i]})
		}
		frames = append(frames, figure.Row("", now, d.decay("divergence from the target p", s)))
	}
	return kit.GIF("relaxation", "The density of Langevin dynamics on G1 (shaded) from three starts, by the "+
		"Fokker-Planck equation. The two humps form within t = 1; the exchange of mass between them takes the "+
		"relaxation time 15.", frames)
}

// shaded is the target.
func (d *dynamics) shaded() figure.Band {
	return figure.Band{X: d.Nodes(), Lo: make([]float64, d.N), Hi: d.target, Color: figure.Gray}
}

func (d *dynamics) modesFigure() (suite.Figure, error) {
	shapes := figure.Panel{Title: "slowest modes", X: figure.Axis{Label: "x", Min: -4, Max: 4},
		Y: figure.Axis{Label: "mode of the density", Min: -.5, Max: 1}, Legend: figure.TopRight,
		Layers: []figure.Layer{d.shaded(), figure.HLine{Color: figure.Gray, Width: 1}}}
	for k, mode := range d.modes[1:] {
		shapes.Layers = append(shapes.Layers, figure.Line{X: d.Nodes(),
			Y: mode.Shape, Color: []figure.Color{figure.Blue, figure.Orange, figure.Purple}[k],
			Label: fmt.Sprintf("decays at rate %.3f", mode.Rate)})
	}
	return kit.PNG("modes", "Left: from every start, the divergence in the end falls like exp(-2 gap t), with "+
		"gap = 0.066. Right: the modes that decay most slowly. The slowest by far moves mass between the two "+
		"humps of the target (shaded).",
		figure.Row("", d.decay("divergence from the target p", -1), shapes))
}

func (pairs twoModes) figure() (suite.Figure, error) {
	asymptotic := figure.Line{Color: figure.Gray, Dashed: true, Label: "asymptotic law"}
	for m := 2.; m <= 6.01; m += .1 {
		asymptotic.X, asymptotic.Y = append(asymptotic.X, m), append(asymptotic.Y, 1/twoModesGap(m))
	}
	row := []figure.Panel{{Title: "relaxation time", X: figure.Axis{Label: "modes at ±m", Min: .5, Max: 6.5},
		Y: figure.Axis{Label: "1/gap", Min: 1, Max: 1e8, Log: true}, Legend: figure.TopLeft,
		Layers: []figure.Layer{asymptotic, figure.Points{X: pairs.m,
			Y: kit.Map(pairs.gap, func(g float64) float64 { return 1 / g }), Size: 7, Color: figure.Blue,
			Label: "measured"}}}}
	xs := pairs.line.Nodes()
	for i, m := range []int{2, 6} {
		row = append(row, figure.Panel{Title: fmt.Sprintf("m = %d at t = %d", m, twoModesTime),
			X: figure.Axis{Label: "x", Min: -10, Max: 10}, Y: figure.Axis{Label: "density", Min: 0, Max: .5},
			Legend: figure.TopLeft,
			Layers: []figure.Layer{figure.Band{X: xs, Lo: make([]float64, len(xs)), Hi: pairs.target[i],
				Color: figure.Gray, Label: "target"},
				figure.Line{X: xs, Y: pairs.density[i], Color: figure.Vermillion, Label: "density"}}})
	}
	return kit.PNG("separated", "Two equal modes at ±m, started in the right one. Left: the relaxation time "+
		"grows like exp(m²/2). Center and right: at t = 20 the chain has converged for m = 2, but for m = 6 no "+
		"mass has crossed, although both targets are stationary.", figure.Row("", row...))
}
