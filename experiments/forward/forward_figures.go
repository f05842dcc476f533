package forward

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// forwardFigures show samples over the exact density, and their histogram along a diagonal: as stills and as a film.
func forwardFigures(l *suite.Lab, r *suite.Report, clouds []metrics.Points) error {
	const shown = 600
	x2, ou := density.Cross(), diffusion.OU{}
	side, diagonal := 3.5, []float64{1 / math.Sqrt2, 1 / math.Sqrt2}
	panels := func(t float64, field figure.Field, p metrics.Points) ([]figure.Panel, error) {
		noised, err := x2.Noised(math.Exp(-t), math.Sqrt(-math.Expm1(-2*t)))
		if err != nil {
			return nil, err
		}
		marginal, err := noised.Marginal(diagonal)
		if err != nil {
			return nil, err
		}
		exact := figure.Line{Color: figure.Ink, Label: "exact"}
		const h = .02
		for x := -4.; x < 4; x += 2 * h {
			exact.X, exact.Y = append(exact.X, x), append(exact.Y, (marginal.CDF(x+h)-marginal.CDF(x-h))/(2*h))
		}
		bars := figure.Histogram(p.Along(diagonal...), -4, 4, 64)
		bars.Color, bars.Label = figure.Sky, "samples"
		return []figure.Panel{
			kit.Plane(fmt.Sprintf("t = %.2f", t), side, figure.Heat{Field: field},
				kit.Cloud(p, shown, figure.Vermillion)),
			{Title: "along the diagonal", X: figure.Axis{Label: "(x_{1} + x_{2})/√2", Min: -4, Max: 4},
				Y:      figure.Axis{Label: "density", Min: 0, Max: .85},
				Layers: []figure.Layer{bars, exact}, Legend: figure.TopRight},
		}, nil
	}
	times := []float64{0, .1, .3, 1}
	fields, err := kit.DensityFields(l, x2, ou, side, 101, times...)
	if err != nil {
		return err
	}
	var rows [2][]figure.Panel
	for i, t := range times {
		p, err := panels(t, fields[i], clouds[i])
		if err != nil {
			return err
		}
		p[1].Title, p[1].Legend = "", figure.NoLegend
		if i > 0 {
			p[0].Y.Label, p[1].Y.Label = "", ""
		}
		rows[0], rows[1] = append(rows[0], p[0]), append(rows[1], p[1])
	}
	still, err := kit.PNG("forward", "The cross spreads to N(0, I). Top: 600 samples by Euler-Maruyama with steps of "+
		"0.005, over the exact density. Bottom: their histogram along a diagonal follows the exact density (line), "+
		"which loses its peak by t = 1.",
		figure.Grid{Rows: rows[:]})
	if err != nil {
		return err
	}
	film, err := forwardFilm(l, panels, side)
	r.Figures = append(r.Figures, film, still)
	return err
}

// forwardFilm animates exact transitions to t = 2.
func forwardFilm(l *suite.Lab, panels func(float64, figure.Field, metrics.Points) ([]figure.Panel, error),
	side float64) (suite.Figure, error) {
	x2 := density.Cross()
	grid, err := diffusion.Uniform(0, 2, 30)
	if err != nil {
		return suite.Figure{}, err
	}
	fields, err := kit.DensityFields(l, x2, diffusion.OU{}, side, 61, grid...)
	if err != nil {
		return suite.Figure{}, err
	}
	start, err := x2.Sample(l.Backend, l.Key("film"), 4000)
	if err != nil {
		return suite.Figure{}, err
	}
	var frames []figure.Figure
	plan := diffusion.Plan{Build: kit.Static(x2), Sampler: diffusion.OneStep(diffusion.Transition), Grid: grid,
		Noise: l.Key("film noise")}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return suite.Figure{}, err
		}
		p, err := panels(s.Time, fields[s.Step], kit.Points(s.X))
		if err != nil {
			return suite.Figure{}, err
		}
		frames = append(frames, figure.Row("", p...))
	}
	if err := l.Progress(.7, "drawing"); err != nil {
		return suite.Figure{}, err
	}
	return kit.GIF("forward", "The cross under the forward process, by exact transitions to t = 2. Left: samples "+
		"over the exact density. Right: their histogram along a diagonal stays on the exact density (line).", frames)
}

// ordersFigure is the error of Euler-Maruyama against its number of steps.
func ordersFigure(e orderErrors) (suite.Figure, error) {
	root := func(values []float64) []float64 { return kit.Map(values, math.Sqrt) }
	measured := figure.ErrorBars{X: e.steps, Y: root(kit.Centers(e.square)), Lo: root(kit.Lows(e.square)),
		Hi: root(kit.Highs(e.square)), Color: figure.Vermillion, Label: "measured on coupled paths"}
	return kit.PNG("orders", "Euler-Maruyama converges with order 1, both path by path (strong) and in the variance "+
		"(weak). Lines are exact; points with bars (5 s.e.) are measured on 20,000 paths that share their Brownian "+
		"motion with the exact solution.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "number of steps", Log: true, Min: 6, Max: 170},
			Y: figure.Axis{Label: "error at T = 1", Log: true, Min: 1.5e-3, Max: .15},
			Layers: []figure.Layer{
				figure.Line{X: e.steps, Y: e.strong, Color: figure.Vermillion, Label: "strong: RMS distance to the " +
					"exact path"},
				measured,
				figure.Line{X: e.steps, Y: e.weak, Color: figure.Blue, Label: "weak: error of the variance",
					Markers: true},
				figure.Line{X: []float64{8, 128}, Y: []float64{.03, .03 / 16}, Color: figure.Gray, Dashed: true,
					Label: "slope -1"},
			}, Legend: figure.TopRight}))
}
