package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// draw shows the chain: where it starts, as the document draws it, converged, and in motion.
func (c *figureChain) draw(l *suite.Lab, r *suite.Report) error {
	field, err := kit.DensityField(l, density.Cross(), cloudSide, 101)
	if err != nil {
		return err
	}
	clouds, err := c.cloudsFigure(field)
	if err != nil {
		return err
	}
	curves, err := c.curvesFigure()
	if err != nil {
		return err
	}
	if err := l.Progress(.85, "drawing"); err != nil {
		return err
	}
	film, err := c.film(field)
	r.Figures = append([]suite.Figure{film, clouds, curves}, r.Figures...)
	return err
}

// cloudSide is half the side of the square that the clouds are drawn in.
const cloudSide = 3.5

// cloudsFigure shows samples at three times and, since the eye cannot compare clouds, the density along the diagonals.
func (c *figureChain) cloudsFigure(field figure.Field) (suite.Figure, error) {
	var clouds, diagonals []figure.Panel
	for _, at := range []struct {
		title string
		step  int
	}{{"start, t = 0", 0}, {"as drawn in 001, t = 0.5", drawnSteps}, {"converged, t = 20", chainSteps}} {
		p := c.snapshots[at.step]
		clouds = append(clouds, kit.Plane(at.title, cloudSide, figure.Heat{Field: field},
			kit.Cloud(p, 1000, figure.Vermillion)))
		diagonals = append(diagonals, diagonalPanel(p))
	}
	return kit.PNG("langevin", "Langevin dynamics on the cross. Top: 1,000 samples over the target density. Bottom: "+
		"the density of all samples along the two diagonals, on a logarithmic axis, against the exact one. At t = 0.5 "+
		"the center fits, but the arms of the cross are still too short; at t = 20 all of it fits.",
		figure.Grid{Rows: [][]figure.Panel{clouds, diagonals}})
}

// diagonalPanel is a histogram of (x1 + x2)/sqrt 2 and (x1 - x2)/sqrt 2, which have the same density under the cross:
// half N(0, 1.9) and half N(0, 0.1).
func diagonalPanel(p metrics.Points) figure.Panel {
	const side = 5.
	along := append(p.Along(1/math.Sqrt2, 1/math.Sqrt2), p.Along(1/math.Sqrt2, -1/math.Sqrt2)...)
	bars := figure.Histogram(along, -side, side, 50)
	bars.Color, bars.Label = figure.Vermillion, "samples"
	exact := figure.Line{Color: figure.Blue, Label: "target"}
	for u := -side; u <= side; u += .05 {
		y := 0.
		for _, v := range []float64{1.9, .1} {
			y += math.Exp(-u*u/(2*v)) / math.Sqrt(2*math.Pi*v) / 2
		}
		exact.X, exact.Y = append(exact.X, u), append(exact.Y, y)
	}
	return figure.Panel{X: figure.Axis{Label: "position along a diagonal", Min: -side, Max: side},
		Y:      figure.Axis{Label: "density", Min: 3e-4, Max: 60, Log: true},
		Layers: []figure.Layer{bars, exact}, Legend: figure.TopRight}
}

// statistic is a number of the chain over time, and its axis.
type statistic struct {
	title, label   string
	values         []metrics.Summary
	target, lo, hi float64
}

// panel is a statistic over an axis of time, with vertical lines.
func (c *figureChain) panel(s statistic, time figure.Axis, lines ...figure.Layer) figure.Panel {
	k := len(kit.Until(c.times, time.Max))
	from := 0
	if time.Log {
		from = 1 // t = 0 has no place
	}
	return figure.Panel{Title: s.title, X: time, Y: figure.Axis{Label: s.label, Min: s.lo, Max: s.hi},
		Layers: append([]figure.Layer{
			figure.Line{X: c.times[from:k], Y: kit.Centers(s.values)[from:k], Lo: kit.Lows(s.values)[from:k],
				Hi: kit.Highs(s.values)[from:k], Color: figure.Blue, Label: "chain"},
			figure.HLine{At: s.target, Color: figure.Ink, Dashed: true, Label: "target"},
		}, lines...), Legend: figure.BottomRight}
}

// whereDrawn marks the time at which the figure of the document stops.
var whereDrawn = figure.VLine{At: .5, Color: figure.Gray, Label: "001's figure stops"}

func (c *figureChain) curvesFigure() (suite.Figure, error) {
	time := figure.Axis{Label: "t", Max: 8}
	return kit.PNG("relaxation", "Left: the mixed moment shows the convergence from N(0, I), where it is 1, to the "+
		"cross, "+
		"where it is 2.62. Right: the trace of the covariance is 2 for both, so it cannot show it. Bands are 5 "+
		"standard "+
		"errors.",
		figure.Row("",
			c.panel(statistic{"mixed moment", "E[x_{1}^{2} x_{2}^{2}]", c.m22, 2.62, .5, 3.5}, time, whereDrawn),
			c.panel(statistic{"total variance", "trace of the covariance", c.trace, 2, 1.5, 2.3}, time, whereDrawn)))
}

// filmSteps are the steps of the film: even while the cross forms, and ever wider to t = 20.
func (c *figureChain) filmSteps() (steps []int) {
	for s := 1; s <= 100; s += 4 {
		steps = append(steps, s)
	}
	return append(steps, 100, 120, 140, 160, 200, 240, 280, 320, 400, 500, 600, 800, 1000, 1300, 1600, chainSteps)
}

// film shows samples, with their recent past while every step is at hand, to convergence.
func (c *figureChain) film(field figure.Field) (suite.Figure, error) {
	const shown = 150
	moment := statistic{"mixed moment (target 2.62)", "E[x_{1}^{2} x_{2}^{2}]", c.m22, 2.62, .5, 3.5}
	var frames []figure.Figure
	for _, step := range c.filmSteps() {
		tails := figure.Trails{Color: figure.Vermillion, Size: 3.5}
		for k := max(0, step-8); k <= step; k++ {
			p, kept := c.snapshots[k]
			if kept && (k == step || step <= 100) {
				tails.X, tails.Y = append(tails.X, p.Col(0)[:shown]), append(tails.Y, p.Col(1)[:shown])
			}
		}
		now := kit.LangevinFigureStep * float64(step)
		frames = append(frames, figure.Row("",
			kit.Plane(fmt.Sprintf("t = %.2f", now), cloudSide, figure.Heat{Field: field}, tails),
			c.panel(moment, figure.Axis{Label: "t", Min: .01, Max: 20, Log: true}, whereDrawn,
				figure.VLine{At: now, Color: figure.Ink, Width: 1})))
	}
	return kit.GIF("langevin", "150 samples of Langevin dynamics, with their last 8 steps up to t = 1; time then runs "+
		"faster, to t = 20. The figure of document 001 stops at t = 0.5; the moment converges at about t = 3.", frames)
}

// biasFigure is the stationary variance of the unadjusted chain against its step.
func biasFigure(biases []stepBias) (suite.Figure, error) {
	panel := figure.Panel{X: figure.Axis{Label: "step δ", Min: 0, Max: .06},
		Y: figure.Axis{Label: "stationary variance / v (target 1)", Min: .95, Max: 1.55}, Legend: figure.TopLeft}
	for i, b := range biases {
		color := []figure.Color{figure.Vermillion, figure.Blue}[i]
		exact := figure.Line{Label: fmt.Sprintf("exact 1/(1 - δ/2v), v = %g", b.v), Color: color}
		for d := 0.; d <= .0601; d += .001 {
			exact.X, exact.Y = append(exact.X, d), append(exact.Y, 1/(1-d/(2*b.v)))
		}
		bars := figure.ErrorBars{Color: color, X: b.deltas, Label: fmt.Sprintf("chains, v = %g", b.v)}
		for _, chains := range b.chains {
			bars.Y = append(bars.Y, chains.Center/b.v)
			bars.Lo, bars.Hi = append(bars.Lo, chains.Lo/b.v), append(bars.Hi, chains.Hi/b.v)
		}
		panel.Layers = append(panel.Layers, exact, bars)
	}
	return kit.PNG("bias", "Stationary variance of unadjusted Langevin dynamics on N(0, v), relative to v. It "+
		"grows with the step: by 33 % for v = 0.1 at δ = 0.05. Intervals are 5 standard errors.", figure.Row("", panel))
}
