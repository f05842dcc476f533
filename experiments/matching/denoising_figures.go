package matching

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// dsmFigures draws the figure of 001, as drawn and after more steps, and the errors of all heads.
func dsmFigures(l *suite.Lab, r *suite.Report, d, wide *dsmRun) error {
	ground, err := newDSMGround(l, d)
	if err != nil {
		return err
	}
	still, err := kit.PNG("learned", "The score learned by denoising (red) over the exact one of the noised cross "+
		"(grey), lengths compressed by a square root: where the figure of the document stops, and after 25 times as "+
		"many steps. Right: the error on the way, three networks of each width.",
		figure.Row("", ground.panel("after 200 steps, as drawn", companionSteps),
			ground.panel("after 5000 steps", patientSteps), widthsPanel(d, wide)))
	if err != nil {
		return err
	}
	var frames []figure.Figure
	for _, s := range d.steps {
		frames = append(frames, figure.Grid{Width: 640, Rows: [][]figure.Panel{
			{ground.panel(fmt.Sprintf("step %d", s), s), lossPanel(d, s)}}})
	}
	film, err := kit.GIF("learning", "The network of the document learning (red; grey, the exact noised score): its "+
		"200 steps, and on to 5000. Right: the loss on each step's noise, that of the exact score on the same noise, "+
		"and the exact floor of their mean.", frames)
	if err != nil {
		return err
	}
	heads, err := kit.PNG("heads", "One network, asked for the score, the noise, the clean point, v or the EDM "+
		"target, each by plain squared error: the same loss up to a constant factor, from the same first weights, "+
		"data and noise, and not the same way down.", figure.Row("", headsPanel(d)))
	r.Figures = append(r.Figures, still, film, heads)
	return err
}

// dsmGround is what learned scores are drawn on: the noised density, and the exact score on the grid of 001's figure.
type dsmGround struct {
	run      *dsmRun
	density  figure.Field
	x, score []float64
}

func newDSMGround(l *suite.Lab, d *dsmRun) (dsmGround, error) {
	fields, err := kit.DensityFields(l, density.X2(), diffusion.EDM{}, 4.3, 81, companionSigma)
	if err != nil {
		return dsmGround{}, err
	}
	grid, _, err := density.Lattice(-4, 4, 15, 2)
	if err != nil {
		return dsmGround{}, err
	}
	exact, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{in[0], density.X2().Model(diffusion.EDM{}).Score(in[0], kit.ScalarLike(in[0], companionSigma))}
	}, grid)
	if err != nil {
		return dsmGround{}, err
	}
	return dsmGround{d, fields[0], exact[0], exact[1]}, nil
}

// panel draws the score learned after a step over the exact one.
func (g dsmGround) panel(title string, step int) figure.Panel {
	return kit.Plane(title, 4.3, figure.Heat{Field: g.density}, fieldOf(g.x, g.score, figure.Gray, 3.2),
		fieldOf(g.x, g.run.arrows[step], figure.Vermillion, 1.4))
}

// widthsPanel draws the errors of three networks of each width.
func widthsPanel(d, wide *dsmRun) figure.Panel {
	panel := figure.Panel{Title: "error", X: figure.Axis{Label: "step", Log: true, Min: 8, Max: 6500},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: .02, Max: 12}, Legend: figure.TopRight}
	for _, c := range []struct {
		run   *dsmRun
		width int
		color figure.Color
	}{{d, 12, figure.Vermillion}, {wide, 64, figure.Blue}} {
		for k := range 3 {
			curve := c.run.curve(dsmName(c.width, k))
			curve.Color, curve.Width = c.color, 1.5
			if k == 0 {
				curve.Label = fmt.Sprintf("2-%d-2", c.width)
			}
			panel.Layers = append(panel.Layers, curve)
		}
	}
	panel.Layers = append(panel.Layers, figure.VLine{At: companionSteps, Dashed: true, Color: figure.Gray,
		Label: "the figure ends"})
	return panel
}

// lossPanel draws the losses of the network and of the exact score up to a step, over the exact floor of their mean.
func lossPanel(d *dsmRun, until int) figure.Panel {
	p := figure.Panel{Title: "loss J_{D}", X: figure.Axis{Label: "step", Log: true, Min: .9, Max: 6000},
		Y: figure.Axis{Label: "on the step's batch and noise", Min: 19, Max: 30}, Legend: figure.TopRight}
	floor := (2/companionSigma/companionSigma - d.fisher) / 2
	p.Layers = append(p.Layers, figure.HLine{At: floor, Color: figure.Ink, Dashed: true, Label: "floor, exact"})
	if until == 0 {
		return p
	}
	net, ideal := figure.Line{Color: figure.Vermillion, Label: "network", Width: 1.5},
		figure.Line{Color: figure.Blue, Label: "exact score", Width: 1.5}
	for s := 1; s <= until; s += 1 + s/12 {
		net.X, net.Y = append(net.X, float64(s)), append(net.Y, d.loss[s-1])
		ideal.X, ideal.Y = append(ideal.X, float64(s)), append(ideal.Y, d.floor[s-1])
	}
	p.Layers = append(p.Layers, ideal, net)
	return p
}

// headsPanel draws the errors of the networks with different heads.
func headsPanel(d *dsmRun) figure.Panel {
	panel := figure.Panel{X: figure.Axis{Label: "step", Log: true, Min: 8, Max: 6500},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: .02, Max: 20}, Legend: figure.TopRight}
	for i, h := range dsmHeads {
		name := h.name
		if i == 0 {
			name = d.names[0]
		}
		curve := d.curve(name)
		curve.Label = h.name
		panel.Layers = append(panel.Layers, curve)
	}
	return panel
}

// curve is the error of a network against the step, from the first step on.
func (d *dsmRun) curve(name string) figure.Line {
	var c figure.Line
	for i, s := range d.steps {
		if s > 0 {
			c.X, c.Y = append(c.X, float64(s)), append(c.Y, d.errors[name][i])
		}
	}
	return c
}

// fieldOf are the scores at points of the plane as arrows, on one scale for all fields.
func fieldOf(x, s []float64, color figure.Color, width float64) figure.Arrows {
	a := figure.Arrows{Power: .5, Scale: .14, Color: color, Width: width}
	for i := 0; i < len(x); i += 2 {
		a.X, a.Y = append(a.X, x[i]), append(a.Y, x[i+1])
		a.U, a.V = append(a.U, s[i]), append(a.V, s[i+1])
	}
	return a
}
