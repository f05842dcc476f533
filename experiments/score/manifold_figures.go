package score

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

func manifoldFigures(l *suite.Lab, r *suite.Report, g circles, e segmentEdges, f planeIn8) error {
	field, err := circleFields(g)
	if err != nil {
		return err
	}
	growth, err := growthFigure(g, e, f)
	if err != nil {
		return err
	}
	film, err := projecting(l)
	r.Figures = append(r.Figures, field, growth, film)
	return err
}

// circleFields draws the noised density and score of the uniform circle at three noise levels.
func circleFields(g circles) (suite.Figure, error) {
	const side, n = 1.6, 81
	nodes, _, err := density.Grid(-side, side, n, 2)
	if err != nil {
		return suite.Figure{}, err
	}
	places, _, err := density.Grid(-1.5, 1.5, 13, 2)
	if err != nil {
		return suite.Figure{}, err
	}
	var panels []figure.Panel
	for _, sigma := range []float64{.5, .2, .05} {
		means, err := g.uniform.squares(sigma)
		if err != nil {
			return suite.Figure{}, err
		}
		ground, err := g.uniform.at.Call1(nodes, sigma)
		if err != nil {
			return suite.Figure{}, err
		}
		// symmetric in x and y
		field := figure.Field{X0: -side, X1: side, Y0: -side, Y1: side, NX: n, NY: n,
			Z: kit.Map(kit.Points(ground).Col(4), math.Exp)}
		out, err := g.uniform.at.Call1(places, sigma)
		if err != nil {
			return suite.Figure{}, err
		}
		from, to := kit.Points(places), kit.Points(out)
		arrows := figure.Arrows{X: from.Col(0), Y: from.Col(1), U: to.Col(2), V: to.Col(3), Power: .5, Width: 1.2}
		// The color map ends at twice the density, so that dark arrows stand out everywhere.
		panel := kit.Plane(fmt.Sprintf("σ = %g, rms score %.1f", sigma, math.Sqrt(means.normal)), side,
			figure.Heat{Field: field, Hi: 2 * slices.Max(field.Z)}, unitCircle(), arrows)
		if len(panels) > 0 { // the first panel names the axis for all
			panel.Y.Label = ""
		}
		panels = append(panels, panel)
	}
	return kit.PNG("field", "The score of the uniform circle (line) at three noise levels, over the noised density. "+
		"As σ falls, the arrows meet on the circle, and the root mean square (rms) score grows like 1/σ. Arrow "+
		"lengths are square roots, scaled in each panel.",
		figure.Grid{Width: 600, Rows: [][]figure.Panel{panels}})
}

// unitCircle is the circle as a line.
func unitCircle() figure.Line {
	line := figure.Line{Color: figure.Gray, Width: 1.2}
	for j := range 101 {
		sin, cos := math.Sincos(2 * math.Pi * float64(j) / 100)
		line.X, line.Y = append(line.X, cos), append(line.Y, sin)
	}
	return line
}

// growthFigure draws the parts of the score, the spectrum and the dimension over noise levels.
func growthFigure(g circles, e segmentEdges, f planeIn8) (suite.Figure, error) {
	dimension, err := dimensionPanel(g, e, f)
	if err != nil {
		return suite.Figure{}, err
	}
	return kit.PNG("dimension", "Top left: across a manifold the score grows like 1/σ. Along it the score stays "+
		"bounded, except on the segment, which has ends. Top right: around one point of a plane in R^8, six "+
		"eigenvalues are 1, one for each direction across. Bottom: the error that the one-step denoiser leaves, in "+
		"units of σ², is the dimension of the data at scale σ.",
		figure.Grid{Width: 760, RowHeight: 270, Rows: [][]figure.Panel{
			{growthPanel(g, e, f), spectrumPanel(f)}, {dimension}}})
}

// growthPanel draws the root mean square of the score across and along each manifold.
func growthPanel(g circles, e segmentEdges, f planeIn8) figure.Panel {
	roots := func(squares []float64) []float64 { return kit.Map(squares, math.Sqrt) }
	inSigmas := func(squares []metrics.Summary) (rms []float64) { // of sigma^2 times the score's square
		for i, s := range squares {
			rms = append(rms, math.Sqrt(s.Center)/f.sigma[i])
		}
		return rms
	}
	normal := kit.Map(g.onUniform, func(a circleMeans) float64 { return a.normal })
	tangent := kit.Map(g.onWeighted, func(a circleMeans) float64 { return a.tangent })
	return figure.Panel{Title: "root mean square of the score",
		X: figure.Axis{Label: "noise σ", Log: true, Min: 1e-3, Max: 2.5},
		Y: figure.Axis{Label: "rms score", Log: true, Min: .05, Max: 1e6}, Legend: figure.TopRight,
		Layers: []figure.Layer{
			figure.Points{X: f.sigma, Y: inSigmas(f.normal), Color: figure.Blue, Size: 7, Alpha: 1,
				Label: "across the plane in R^{8}"},
			figure.Line{X: g.sigma, Y: roots(normal), Color: figure.Vermillion, Label: "across the circle"},
			figure.Line{X: e.sigma, Y: roots(e.tangent), Color: figure.Green, Label: "along the segment"},
			figure.Points{X: f.sigma, Y: inSigmas(f.tangent), Color: figure.Sky, Size: 7, Alpha: 1,
				Label: "along the plane"},
			figure.Line{X: g.sigma, Y: roots(tangent), Color: figure.Orange, Label: "along the weighted circle"},
		}}
}

// spectrumPanel draws the eigenvalues of the scores about one point of the plane.
func spectrumPanel(f planeIn8) figure.Panel {
	panel := figure.Panel{Title: "spectrum of the score in R^{8}", X: figure.Axis{Label: "noise σ", Log: true,
		Min: .008, Max: 2.5}, Y: figure.Axis{Label: "σ^{2} × eigenvalues of E[s s^{T}]", Log: true, Min: 1e-7, Max: 10},
		Legend: figure.BottomRight}
	for k := ambient - 1; k >= 0; k-- {
		line := figure.Line{X: f.spectrumAt, Markers: true, Width: 1.2, Color: figure.Blue,
			Y: kit.Map(f.spectrum, func(v []float64) float64 { return v[k] })}
		switch {
		case k == 0:
			line.Label = "six across the plane"
		case k == ambient-1:
			line.Label = "two along the plane"
			line.Color = figure.Sky
		case k == ambient-2:
			line.Color = figure.Sky
		}
		panel.Layers = append(panel.Layers, line)
	}
	return panel
}

// dimensionPanel draws what the one-step denoiser leaves, in units of the noise.
func dimensionPanel(g circles, e segmentEdges, f planeIn8) (figure.Panel, error) {
	thick := make([]float64, len(g.sigma))
	circle, segment := make([]float64, len(g.sigma)), make([]float64, len(g.sigma))
	for i, s := range g.sigma {
		dimension, err := thickDimension(g.uniform, s)
		if err != nil {
			return figure.Panel{}, err
		}
		thick[i], circle[i], segment[i] = dimension, g.onUniform[i].left/(s*s), 1-s*s*e.tangent[i]
	}
	return figure.Panel{Title: "dimension of the data at scale σ",
		X: figure.Axis{Label: "noise σ", Log: true, Min: 1e-3, Max: 10},
		Y: figure.Axis{Label: "E|D - x_{0}|^{2}/σ^{2}", Min: 0, Max: 2.9}, Legend: figure.TopRight,
		Layers: []figure.Layer{
			figure.Line{X: g.sigma, Y: thick, Color: figure.Purple, Label: "circle 0.01 thick"},
			figure.Line{X: g.sigma, Y: circle, Color: figure.Vermillion, Label: "circle"},
			figure.Line{X: g.sigma, Y: segment, Color: figure.Green, Label: "segment"},
			figure.Line{X: f.curveAt, Y: f.curve, Color: figure.Sky,
				Label: "the cross on a plane in R^{8}, exact"},
			figure.ErrorBars{X: f.sigma, Y: kit.Centers(f.left), Lo: kit.Lows(f.left), Hi: kit.Highs(f.left),
				Color: figure.Blue, Label: "the same, measured"},
		}}, nil
}

// projecting films noisy samples of the weighted circle, before and after one step of denoising.
func projecting(l *suite.Lab) (suite.Figure, error) {
	const n, side = 500, 2.4
	c, err := density.NewCircle("weighted circle", 1, circlePull)
	if err != nil {
		return suite.Figure{}, err
	}
	data, err := c.Sample(l.Backend, l.Key("film data"), n)
	if err != nil {
		return suite.Figure{}, err
	}
	exec, err := exec.New(l.Backend, func(x0, sigma *Node) *Node {
		x := Add(x0, Mul(sigma, random.New(x0.Graph(), l.Key("film noise")).Normal(x0)))
		return Concatenate([]*Node{x, c.Model(diffusion.EDM{}).Denoise(x, sigma)}, 1)
	})
	if err != nil {
		return suite.Figure{}, err
	}
	defer exec.Finalize()
	var frames []figure.Figure
	for sigma := 2.; sigma > .02; sigma *= .83 {
		out, err := exec.Call1(data, sigma)
		if err != nil {
			return suite.Figure{}, err
		}
		p := metrics.Points{N: n, D: 4, X: tensors.MustCopyFlatData[float64](out)}
		noisy := kit.Cloud(p, n, figure.Gray)
		denoised := figure.Points{X: p.Col(2), Y: p.Col(3), Color: figure.Vermillion, Alpha: .6}
		noisy.Label, denoised.Label = "noisy", "denoised in one step"
		panel := kit.Plane(fmt.Sprintf("noise σ = %.2f", sigma), side, unitCircle(), noisy, denoised)
		panel.Legend = figure.TopRight
		frames = append(frames, figure.Single(panel, 400))
	}
	return kit.GIF("projecting", "Noisy samples of the weighted circle (gray) and the same samples after one step "+
		"of denoising (red). At large noise the denoiser returns the mean of the data, at small noise the nearest "+
		"point of the circle. Noise along the circle stays.", frames)
}
