package tweedie

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// errorsPanel is the squared error of every estimator, in units of the least.
func (c *comparison) errorsPanel() figure.Panel {
	panel := figure.Panel{Title: "squared error of four estimators",
		X: figure.Axis{Label: "noise level σ", Min: .04, Max: 12, Log: true},
		Y: figure.Axis{Label: "error / error of the posterior mean", Min: .95, Max: 2.4}, Legend: figure.TopRight}
	for k, e := range estimators {
		line := figure.Line{Label: e.name, Color: e.color, X: mmseSigmas}
		marks := figure.ErrorBars{Color: e.color, X: mmseSigmas}
		for i, got := range c.measured[k] {
			best := c.exact(0, i)
			line.Y, marks.Y = append(line.Y, c.exact(k, i)/best), append(marks.Y, got.Center/best)
			marks.Lo, marks.Hi = append(marks.Lo, got.Lo/best), append(marks.Hi, got.Hi/best)
		}
		panel.Layers = append(panel.Layers, line, marks)
	}
	last := len(mmseSigmas) - 1
	panel.Layers = append(panel.Layers, figure.Note{X: 1.15, Y: 1.9, Color: figure.Gray,
		Text: fmt.Sprintf("rises to %.0f at σ = %g", c.exact(2, last)/c.exact(0, last), mmseSigmas[last])})
	return panel
}

func tweedieFigures(l *suite.Lab, r *suite.Report, c *comparison) error {
	sigmas := []float64{.5}
	for s := 2.; s > .06; s *= .86 {
		sigmas = append(sigmas, s)
	}
	fields, err := denoiserFields(l, sigmas)
	if err != nil {
		return err
	}
	still := fields[0].panel("from x to E[x_{0} | x], σ = 0.5", figure.Arrows{Scale: 1})
	f, err := kit.PNG("tweedie", "Left: the posterior mean moves a noisy point toward the nearest part of the cross "+
		"(shaded: the noised density). Right: mean squared error relative to the posterior mean; lines are exact, "+
		"points "+
		"measured, with 5 standard errors. No estimator is below 1.",
		figure.Row("", still, c.errorsPanel()))
	if err != nil {
		return err
	}
	if err := l.Progress(.8, "drawing"); err != nil {
		return err
	}
	film, err := kit.GIF("denoise", "The move from a noisy point to its posterior mean, as the noise falls. "+
		"Lengths are "+
		"scaled in each frame; the title gives the longest move. At high noise all points move to the center, at low "+
		"noise to the nearest arm of the cross.",
		kit.Map(fields[1:], func(d denoiserField) figure.Figure {
			return figure.Single(d.panel(fmt.Sprintf("σ = %.2f, longest move %.2g", d.sigma, d.longest()),
				figure.Arrows{Power: .5}), 400)
		}))
	r.Figures = append(r.Figures, f, film)
	return err
}

// denoiserField is where points of a grid are moved by the posterior mean at noise level sigma, and the noised density.
type denoiserField struct {
	sigma    float64
	density  figure.Field
	from, to metrics.Points
}

func denoiserFields(l *suite.Lab, sigmas []float64) ([]denoiserField, error) {
	densities, err := kit.DensityFields(l, density.Cross(), kit.NoiseLevels, denoiserSide, 61,
		kit.Map(sigmas, kit.TimeOfSigma)...)
	if err != nil {
		return nil, err
	}
	grid, _, err := density.Grid(-3, 3, 11, 2)
	if err != nil {
		return nil, err
	}
	denoise, err := exec.New(l.Backend, func(x, t *Node) *Node {
		return density.Cross().Model(kit.NoiseLevels).Denoise(x, t)
	})
	if err != nil {
		return nil, err
	}
	defer denoise.Finalize()
	var fields []denoiserField
	for i, sigma := range sigmas {
		out, err := denoise.Call1(grid, kit.TimeOfSigma(sigma))
		if err != nil {
			return nil, err
		}
		fields = append(fields, denoiserField{sigma, densities[i], kit.Points(grid), kit.Points(out)})
	}
	return fields, nil
}

// denoiserSide is half the side of the square that is drawn.
const denoiserSide = 3.5

// panel draws the moves as arrows of the given style. The color map ends above the highest density, so that arrows
// show on it.
func (d denoiserField) panel(title string, style figure.Arrows) figure.Panel {
	style.X, style.Y, style.Width = d.from.Col(0), d.from.Col(1), 1.2
	style.U, style.V = d.to.Col(0), d.to.Col(1)
	for i := range style.U {
		style.U[i], style.V[i] = style.U[i]-style.X[i], style.V[i]-style.Y[i]
	}
	return kit.Plane(title, denoiserSide, figure.Heat{Field: d.density, Hi: 1.7 * slices.Max(d.density.Z)},
		figure.Contour{Field: d.density}, style)
}

// longest is the length of the longest move.
func (d denoiserField) longest() (length float64) {
	for i := range d.from.N {
		a, b := d.from.Row(i), d.to.Row(i)
		length = max(length, math.Hypot(b[0]-a[0], b[1]-a[1]))
	}
	return length
}
