package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// dsmFigures draws the figure of 001 and the errors of its network, and compares widths and heads.
func dsmFigures(l *suite.Lab, r *suite.Report, d, wide *dsmRun) error {
	ground, err := newDSMGround(l, d)
	if err != nil {
		return err
	}
	still, err := kit.PNG("learned", "The learned score (arrows; their lengths are square roots) and its error "+
		"(color): the distance to the exact score s of the noised cross, times the root of its density p (lines). The "+
		"square of the color integrates to E|s_net - s|^2. Left: after the 200 steps of the document's figure. "+
		"Middle: after 5000 steps little error is left. Right: relative squared error of three networks of each width.",
		figure.Row("", ground.panel("after 200 steps", companionSteps, figure.Heat{Hi: .8}),
			ground.panel("after 5000 steps", patientSteps, figure.Heat{Hi: .8, Bar: errorBar}), widthsPanel(d, wide)))
	if err != nil {
		return err
	}
	var frames []figure.Figure
	for _, s := range d.steps {
		frames = append(frames, figure.Grid{Width: 760, Rows: [][]figure.Panel{
			{ground.panel(fmt.Sprintf("step %d", s), s, figure.Heat{Hi: 1.2, Bar: errorBar}), lossPanel(d, s)}}})
	}
	film, err := kit.GIF("learning", "Left: the learned score (arrows) and its error (color, weighted by the root of "+
		"the density) during 5000 steps; the document's figure stops at 200. Right: the loss J_D of the network "+
		"approaches that of the exact score on the same noise. Neither falls below the floor in the mean (dashed, "+
		"exact).", frames)
	if err != nil {
		return err
	}
	heads, err := kit.PNG("heads", "Relative squared error of one network that predicts five different targets with "+
		"plain squared errors. The losses are equal up to a constant factor, and initial weights, data and noise are "+
		"the same. But the clean point is learned much more slowly than the other targets.",
		figure.Row("", headsPanel(d)))
	r.Figures = append(r.Figures, still, film, heads)
	return err
}

// figureSide is the half-width of the learned scores' figures, figureNodes the nodes across.
const (
	figureSide  = 4.3
	figureNodes = 81
)

// figureLattice are the points of the learned scores' figures.
func figureLattice() (*tensors.Tensor, error) {
	lattice, _, err := density.Grid(-figureSide, figureSide, figureNodes, 2)
	return lattice, err
}

// errorBar labels the colors of dsmGround.panel.
const errorBar = "√p |s_{net} - s|"

// dsmGround is what learned scores are compared with: the noised density, and the exact score at figureLattice.
type dsmGround struct {
	run      *dsmRun
	density  figure.Field
	x, exact metrics.Points
}

func newDSMGround(l *suite.Lab, d *dsmRun) (dsmGround, error) {
	fields, err := kit.DensityFields(l, density.Cross(), diffusion.EDM{}, figureSide, figureNodes, companionSigma)
	if err != nil {
		return dsmGround{}, err
	}
	lattice, err := figureLattice()
	if err != nil {
		return dsmGround{}, err
	}
	exact, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{density.Cross().Model(diffusion.EDM{}).Score(in[0], kit.ScalarLike(in[0], companionSigma))}
	}, lattice)
	if err != nil {
		return dsmGround{}, err
	}
	x := kit.Points(lattice)
	return dsmGround{d, fields[0], x, metrics.Points{N: x.N, D: 2, X: exact[0]}}, nil
}

// panel draws the score learned after a step on a coarse grid, and its distance to the exact one times the root of the
// density, whose square integrates to E|s_net - s|^2.
func (g dsmGround) panel(title string, step int, heat figure.Heat) figure.Panel {
	learned := metrics.Points{N: g.x.N, D: 2, X: g.run.scores[step]}
	weighted := figure.Field{X0: -figureSide, X1: figureSide, Y0: -figureSide, Y1: figureSide,
		NX: figureNodes, NY: figureNodes, Z: make([]float64, g.x.N)}
	arrows := figure.Arrows{Power: .5, Scale: .22, Color: figure.Ink, Width: 1.6}
	const every, first = 10, 5 // nodes between arrows
	for i := range g.x.N {
		x, s, exact := g.x.Row(i), learned.Row(i), g.exact.Row(i)
		column, row := figureNode(x[0]), figureNode(x[1])
		k := row*figureNodes + column
		weighted.Z[k] = math.Sqrt(g.density.Z[k]) * math.Hypot(s[0]-exact[0], s[1]-exact[1])
		if column%every == first && row%every == first {
			arrows.X, arrows.Y = append(arrows.X, x[0]), append(arrows.Y, x[1])
			arrows.U, arrows.V = append(arrows.U, s[0]), append(arrows.V, s[1])
		}
	}
	heat.Field = weighted
	return kit.Plane(title, figureSide, heat,
		figure.Contour{Field: g.density, Levels: []float64{.01, .05, .2}}, arrows)
}

// figureNode is the index of the node of figureLattice at a coordinate.
func figureNode(x float64) int {
	return int(math.Round((x + figureSide) / (2 * figureSide) * (figureNodes - 1)))
}

// widthsPanel draws the errors of three networks of each width.
func widthsPanel(d, wide *dsmRun) figure.Panel {
	panel := figure.Panel{Title: "relative squared error", X: figure.Axis{Label: "step", Log: true, Min: 8, Max: 6500},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: .02, Max: 20}, Legend: figure.TopRight}
	for _, c := range []struct {
		run   *dsmRun
		width int
		color figure.Color
	}{{d, 12, figure.Vermillion}, {wide, 64, figure.Blue}} {
		for k := range 3 {
			curve := c.run.curve(dsmName(c.width, k))
			curve.Color, curve.Width = c.color, 1.5
			if k == 0 {
				curve.Label = fmt.Sprintf("%d hidden units", c.width)
			}
			panel.Layers = append(panel.Layers, curve)
		}
	}
	panel.Layers = append(panel.Layers, figure.VLine{At: companionSteps, Dashed: true, Color: figure.Gray,
		Label: "end of 001's figure"})
	return panel
}

// lossPanel draws the losses of the network and of the exact score up to a step, over the exact floor of their mean.
func lossPanel(d *dsmRun, until int) figure.Panel {
	p := figure.Panel{Title: "loss on the batch and noise of each step", X: figure.Axis{Label: "step", Log: true,
		Min: .9, Max: 6000},
		Y: figure.Axis{Label: "J_{D}", Min: 19, Max: 30}, Legend: figure.TopRight}
	floor := (2/companionSigma/companionSigma - d.fisher) / 2
	p.Layers = append(p.Layers, figure.HLine{At: floor, Color: figure.Ink, Dashed: true, Label: "floor of the mean, " +
		"exact"})
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
	panel := figure.Panel{Title: "error by the target that the network predicts",
		X:      figure.Axis{Label: "step", Log: true, Min: 8, Max: 6500},
		Y:      figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: .02, Max: 400},
		Legend: figure.TopRight}
	for i, h := range dsmHeads {
		name := h.name
		if i == 0 {
			name = d.names[0]
		}
		curve := d.curve(name)
		curve.Label = h.label
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
