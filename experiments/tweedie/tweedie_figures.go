package tweedie

import (
	"fmt"

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
	panel := figure.Panel{Title: "squared error, in units of the best", X: figure.Axis{Label: "σ", Min: .04, Max: 12,
		Log: true},
		Y: figure.Axis{Label: "MSE / MSE of the posterior mean", Min: .95, Max: 2.2}, Legend: figure.TopRight}
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
	return panel
}

func tweedieFigures(l *suite.Lab, r *suite.Report, c *comparison) error {
	sigmas := []float64{.5}
	for s := 2.; s > .06; s *= .86 {
		sigmas = append(sigmas, s)
	}
	panels, err := denoiserPanels(l, sigmas)
	if err != nil {
		return err
	}
	still := panels[0]
	still.Title = "from x to E[x_{0} | x], σ = 0.5"
	f, err := kit.PNG("tweedie", "Left: where the posterior mean sends a noisy point, over the noised density. "+
		"Right: squared error of four estimators, lines exact, points measured.",
		figure.Row("", still, c.errorsPanel()))
	if err != nil {
		return err
	}
	if err := l.Progress(.8, "drawing"); err != nil {
		return err
	}
	film, err := kit.GIF("denoise", "As the noise falls, points far off are first called to the middle, then to the "+
		"nearest arm.", kit.Map(panels[1:], func(p figure.Panel) figure.Figure { return figure.Single(p, 400) }))
	r.Figures = append(r.Figures, f, film)
	return err
}

// denoiserPanels are the displacements to the posterior mean at some noise levels, over the noised density.
func denoiserPanels(l *suite.Lab, sigmas []float64) ([]figure.Panel, error) {
	const side = 3.5
	fields, err := kit.DensityFields(l, density.X2(), kit.NoiseLevels, side, 61, kit.Map(sigmas, kit.TimeOfSigma)...)
	if err != nil {
		return nil, err
	}
	grid, _, err := density.Lattice(-3, 3, 11, 2)
	if err != nil {
		return nil, err
	}
	denoise, err := exec.New(l.Backend, func(x, t *Node) *Node {
		return density.X2().Model(kit.NoiseLevels).Denoise(x, t)
	})
	if err != nil {
		return nil, err
	}
	defer denoise.Finalize()
	var panels []figure.Panel
	for i, sigma := range sigmas {
		out, err := denoise.Call1(grid, kit.TimeOfSigma(sigma))
		if err != nil {
			return nil, err
		}
		panels = append(panels, kit.Plane(fmt.Sprintf("σ = %.2f", sigma), side, figure.Heat{Field: fields[i]},
			figure.Contour{Field: fields[i]}, displacements(kit.Points(grid), kit.Points(out))))
	}
	return panels, nil
}

// displacements are arrows from points to points.
func displacements(from, to metrics.Points) figure.Arrows {
	a := figure.Arrows{X: from.Col(0), Y: from.Col(1), U: to.Col(0), V: to.Col(1), Scale: 1, Width: 1.2}
	for i := range a.U {
		a.U[i], a.V[i] = a.U[i]-a.X[i], a.V[i]-a.Y[i]
	}
	return a
}
