package langevin

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// draw shows the chain: as the document draws it, converged, and in motion.
func (c *figureChain) draw(l *suite.Lab, r *suite.Report) error {
	field, err := kit.DensityField(l, density.X2(), 3.5, 101)
	if err != nil {
		return err
	}
	exact, err := density.X2().Sample(l.Backend, l.Key("exact"), c.n)
	if err != nil {
		return err
	}
	clouds, err := c.cloudsFigure(field, kit.Points(exact))
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

func (c *figureChain) cloudsFigure(field figure.Field, exact metrics.Points) (suite.Figure, error) {
	swarm := func(title string, p metrics.Points) figure.Panel {
		return kit.Plane(title, 3.5, figure.Heat{Field: field}, figure.Contour{Field: field},
			kit.Cloud(p, 1000, figure.Vermillion))
	}
	return kit.PNG("langevin", "A thousand samples: as the figure draws them, at convergence, and drawn "+
		"exactly from the target.",
		figure.Row("", swarm("as drawn: t = 0.5", c.snapshots[drawnSteps]),
			swarm("converged: t = 20", c.snapshots[chainSteps]), swarm("exact", exact)))
}

// statistic is a number of the chain over time, and its axis.
type statistic struct {
	title, label   string
	values         []metrics.Summary
	target, lo, hi float64
}

// panel is a statistic up to a time.
func (c *figureChain) panel(s statistic, end float64, now figure.VLine) figure.Panel {
	k := len(kit.Until(c.times, end))
	return figure.Panel{Title: s.title, X: figure.Axis{Label: "t", Max: end},
		Y: figure.Axis{Label: s.label, Min: s.lo, Max: s.hi},
		Layers: []figure.Layer{
			figure.Line{X: c.times[:k], Y: kit.Centers(s.values)[:k], Lo: kit.Lows(s.values)[:k],
				Hi: kit.Highs(s.values)[:k], Color: figure.Blue},
			figure.HLine{At: s.target, Color: figure.Ink, Dashed: true, Label: "target"},
			now,
		}, Legend: figure.BottomRight}
}

func (c *figureChain) curvesFigure() (suite.Figure, error) {
	stop := figure.VLine{At: .5, Color: figure.Gray}
	return kit.PNG("relaxation", "What tells the cross from N(0, I), and what does not. Bands are 5 "+
		"standard errors; the figure stops at the line.",
		figure.Row("",
			c.panel(statistic{"sees it", "E[x_{1}^{2} x_{2}^{2}]", c.m22, 2.62, .5, 3.5}, 8, stop),
			c.panel(statistic{"blind to it", "trace of the covariance", c.trace, 2, 1.5, 2.3}, 8, stop)))
}

// film shows samples with their recent past.
func (c *figureChain) film(field figure.Field) (suite.Figure, error) {
	var frames []figure.Figure
	for step := 0; step <= 100; step += 3 {
		tails := figure.Tails{Color: figure.Vermillion, Size: 3.5}
		for k := max(0, step-8); k <= step; k++ {
			p := c.snapshots[k]
			tails.X, tails.Y = append(tails.X, p.Col(0)[:150]), append(tails.Y, p.Col(1)[:150])
		}
		now := kit.LangevinFigureStep * float64(step)
		frames = append(frames, figure.Row("",
			kit.Plane(fmt.Sprintf("t = %.2f", now), 3.5, figure.Heat{Field: field}, tails),
			c.panel(statistic{"E[x_{1}^{2} x_{2}^{2}]", "", c.m22, 2.62, .5, 3.5}, 1,
				figure.VLine{At: now, Color: figure.Ink, Width: 1})))
	}
	return kit.GIF("langevin", "A hundred and fifty samples with tails. Document 001's figure ends at t = "+
		"0.5, half way.", frames)
}

// biasFigure is the stationary variance of the unadjusted chain against its step.
func biasFigure(biases []stepBias) (suite.Figure, error) {
	panel := figure.Panel{X: figure.Axis{Label: "step δ", Min: 0, Max: .06},
		Y: figure.Axis{Label: "stationary variance / v", Min: .95, Max: 1.55}, Legend: figure.TopLeft}
	for i, b := range biases {
		color := []figure.Color{figure.Vermillion, figure.Blue}[i]
		law := figure.Line{Label: fmt.Sprintf("v / (1 - δ/2v), v = %g", b.v), Color: color}
		for d := 0.; d <= .0601; d += .001 {
			law.X, law.Y = append(law.X, d), append(law.Y, 1/(1-d/(2*b.v)))
		}
		bars := figure.ErrorBars{Color: color, X: b.deltas}
		for _, chains := range b.chains {
			bars.Y = append(bars.Y, chains.Center/b.v)
			bars.Lo, bars.Hi = append(bars.Lo, chains.Lo/b.v), append(bars.Hi, chains.Hi/b.v)
		}
		panel.Layers = append(panel.Layers, law, bars)
	}
	return kit.PNG("bias", "The bias law of the unadjusted chain: lines exact, points measured with 5 standard "+
		"errors.", figure.Row("", panel))
}
