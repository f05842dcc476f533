package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// modeFigures draws all figures of the experiment.
func modeFigures(l *suite.Lab, r *suite.Report) error {
	for _, draw := range []func(*suite.Lab) (suite.Figure, error){sameScores, separationFigure, levelsFigure,
		closingIn} {
		f, err := draw(l)
		if err != nil {
			return err
		}
		r.Figures = append(r.Figures, f)
	}
	return nil
}

// modeSweep is a difference along a process; x stands for its times.
type modeSweep struct{ x, kl, fisher, byLikelihood, byScore, blur []float64 }

// sweepModes evaluates the difference at time(x) for all x.
func sweepModes(l *suite.Lab, m float64, p diffusion.Process, x []float64, time func(x float64) float64) (modeSweep,
	error) {
	pair, err := newModePair(l, m, p)
	if err != nil {
		return modeSweep{}, err
	}
	defer pair.exec.Finalize()
	s := modeSweep{x: x}
	for _, x := range x {
		a, err := pair.at(time(x))
		if err != nil {
			return modeSweep{}, err
		}
		s.kl, s.fisher, s.blur = append(s.kl, a.kl), append(s.fisher, a.fisher), append(s.blur, a.blur)
		s.byLikelihood, s.byScore = append(s.byLikelihood, a.byLikelihood), append(s.byScore, a.byScore)
	}
	return s, nil
}

// separationFigure draws both divergences against m.
func separationFigure(l *suite.Lab) (suite.Figure, error) {
	const m = widest
	var xs []float64
	for x := .15; x < m+1e-9; x += .075 {
		xs = append(xs, x)
	}
	s, err := sweepModes(l, m, diffusion.OU{}, xs, closeness)
	if err != nil {
		return suite.Figure{}, err
	}
	return kit.PNG("blind", "Weights 0.2, 0.8 in place of 0.5, 0.5 on modes at -m and m. Left: as the modes part, the "+
		"KL divergence rises to ln 1.25 (gray line), while the Fisher divergence, which score matching minimizes, "+
		"rises and then vanishes like its limit (dashed). Right: samples that show the wrong weights at five standard "+
		"errors.",
		figure.Row("",
			figure.Panel{Title: "divergences", X: figure.Axis{Label: "position m of the modes at ± m", Min: 0, Max: m},
				Y: figure.Axis{Label: "divergence", Min: 0, Max: .35}, Legend: figure.TopRight, Layers: []figure.Layer{
					figure.HLine{At: farKL, Color: figure.Gray, Width: 1, Label: "ln 1.25"},
					figure.Line{X: xs, Y: s.kl, Label: "KL divergence", Color: figure.Blue},
					figure.Line{X: xs, Y: s.fisher, Label: "Fisher divergence", Color: figure.Vermillion},
					figure.Line{X: xs, Y: kit.Map(xs, fisherLimit), Label: "(1/4) √(π/2) m exp(-m^{2}/2)", Dashed: true,
						Color: figure.Ink, Width: 1.2},
				}},
			figure.Panel{Title: "samples that show the weights", X: figure.Axis{Label: "position m of the modes at ± m",
				Min: 0, Max: m},
				Y: figure.Axis{Label: "number of samples", Log: true, Min: 100, Max: 1e11}, Legend: figure.TopLeft,
				Layers: []figure.Layer{
					figure.Line{X: xs, Y: s.byScore, Label: "score matching", Color: figure.Vermillion},
					figure.Line{X: xs, Y: s.byLikelihood, Label: "likelihood", Color: figure.Blue},
				}}))
}

// levelsFigure draws the Fisher divergence of the noised distributions such that the area under it is the KL divergence
// of the data.
func levelsFigure(l *suite.Lab) (suite.Figure, error) {
	var sigmas []float64
	for s := .1; s < 41; s *= 1.07 {
		sigmas = append(sigmas, s)
	}
	same := func(x float64) float64 { return x }
	var area []figure.Layer
	var last modeSweep
	for i, m := range []float64{1, 2, 4, 6} {
		s, err := sweepModes(l, m, diffusion.EDM{}, sigmas, same)
		if err != nil {
			return suite.Figure{}, err
		}
		y, zero := make([]float64, len(sigmas)), make([]float64, len(sigmas))
		for k, sigma := range sigmas {
			y[k] = sigma * sigma * s.fisher[k]
		}
		color := []figure.Color{figure.Gray, figure.Green, figure.Orange, figure.Vermillion}[i]
		area = append(area, figure.Line{X: sigmas, Y: y, Lo: zero, Hi: y, Color: color,
			Label: fmt.Sprintf("m = %g", m)})
		last = s
	}
	axis := figure.Axis{Label: "noise σ", Log: true, Min: .1, Max: 40}
	return kit.PNG("levels", "Top: Fisher divergence of the noised distributions times σ², against ln σ. The area "+
		"under a curve is the KL divergence at σ = 0.1, so the noise levels add up to the likelihood. Bottom, m = 6: "+
		"at noise levels where few samples show the weights to score matching, the noised data are further from the "+
		"data than the wrong weights are (0.223).",
		figure.Grid{Width: 700, RowHeight: 250, Rows: [][]figure.Panel{
			{{Title: "contribution of each noise level: the area is the KL divergence", X: axis,
				Y:      figure.Axis{Label: "σ^{2} × Fisher divergence", Min: 0, Max: .2},
				Layers: area, Legend: figure.TopLeft}},
			{
				{Title: "samples that show the weights, m = 6", X: axis,
					Y: figure.Axis{Label: "number of samples", Log: true, Min: 100, Max: 1e11}, Legend: figure.TopRight,
					Layers: []figure.Layer{
						figure.Line{X: sigmas, Y: last.byScore, Label: "score matching", Color: figure.Vermillion},
						figure.Line{X: sigmas, Y: last.byLikelihood, Label: "likelihood", Color: figure.Blue}}},
				{Title: "distance of the noised data, m = 6", X: axis,
					Y:      figure.Axis{Label: "KL divergence", Min: 0, Max: 3},
					Legend: figure.TopLeft, Layers: []figure.Layer{
						figure.Line{X: sigmas, Y: last.blur, Label: "data from noised data", Color: figure.Purple},
						figure.Line{X: sigmas, Y: last.kl, Label: "right from wrong weights, both noised",
							Color: figure.Blue}}},
			}}})
}

// shownPair is the separation at which densities and scores are drawn.
const shownPair = 5.

// modeProfile evaluates densities and scores of data and model, [4, n], at points [n, 1] with noise sigma.
func modeProfile(l *suite.Lab) (*exec.Exec, error) {
	even, err := bimodal(shownPair, evenWeight)
	if err != nil {
		return nil, err
	}
	wrong, err := bimodal(shownPair, wrongWeight)
	if err != nil {
		return nil, err
	}
	return exec.New(l.Backend, func(x, sigma *Node) *Node {
		var out []*Node
		for _, m := range []*density.Mixture{even, wrong} {
			model := m.Model(diffusion.EDM{})
			out = append(out, Exp(model.LogDensity(x, sigma)), Squeeze(model.Score(x, sigma), 1))
		}
		return Stack(out, 0)
	})
}

// pairView says what pairPanels shows: noise level, half-width in x, and the tops of the density and score axes.
type pairView struct {
	sigma, half, top, steep float64
	// scaled shows the score times sqrt(1 + sigma^2), the standard deviation of a noised mode.
	scaled bool
}

// pairPanels draws the densities and the scores of a profile side by side.
func pairPanels(profile *exec.Exec, v pairView) ([]figure.Panel, error) {
	const n = 401
	nodes, cell, err := density.Grid(-v.half, v.half, n, 1)
	if err != nil {
		return nil, err
	}
	out, err := profile.Call1(nodes, v.sigma)
	if err != nil {
		return nil, err
	}
	x, y := kit.Points(nodes).X, tensors.MustCopyFlatData[float64](out)
	even := figure.Line{X: x, Y: y[:n], Label: "weights 0.5, 0.5", Color: figure.Blue}
	wrong := figure.Line{X: x, Y: y[2*n : 3*n], Label: "weights 0.2, 0.8", Color: figure.Vermillion, Dashed: true}
	densities := []figure.Layer{even, wrong}
	unit, label := 1., "score"
	if v.scaled {
		unit, label = math.Sqrt(1+v.sigma*v.sigma), "score × √(1 + σ^{2})"
	}
	times := func(s float64) float64 { return unit * s }
	even.Y, even.Label = kit.Map(y[n:2*n], times), ""
	wrong.Y, wrong.Label = kit.Map(y[3*n:], times), ""
	axis := figure.Axis{Label: "x", Min: -v.half, Max: v.half}
	shade := figure.Band{X: x, Color: figure.Sky, Label: "99.9 % of the data"}
	level := massLevel(y[:n], cell, .999)
	for _, p := range y[:n] {
		top := -v.steep
		if p >= level {
			top = v.steep
		}
		shade.Lo, shade.Hi = append(shade.Lo, -v.steep), append(shade.Hi, top)
	}
	return []figure.Panel{
		{Title: fmt.Sprintf("densities, σ = %g", v.sigma), X: axis,
			Y:      figure.Axis{Label: "density", Min: 0, Max: v.top},
			Layers: densities, Legend: figure.TopLeft},
		{Title: fmt.Sprintf("scores, σ = %g", v.sigma), X: axis,
			Y: figure.Axis{Label: label, Min: -v.steep, Max: v.steep}, Layers: []figure.Layer{shade, even, wrong},
			Legend: figure.BottomLeft},
	}, nil
}

// massLevel is the height above which a density on the cells of a line has the given share of its mass.
func massLevel(p []float64, cell, share float64) float64 {
	lo, hi := 0., 0.
	for _, v := range p {
		hi = math.Max(hi, v)
	}
	for range 60 {
		level := (lo + hi) / 2
		mass := 0.
		for _, v := range p {
			if v >= level {
				mass += v * cell
			}
		}
		if mass > share {
			lo = level
		} else {
			hi = level
		}
	}
	return lo
}

// sameScores draws densities and scores without noise and with noise 4.
func sameScores(l *suite.Lab) (suite.Figure, error) {
	profile, err := modeProfile(l)
	if err != nil {
		return suite.Figure{}, err
	}
	defer profile.Finalize()
	clean, err := pairPanels(profile, pairView{sigma: 0, half: 9, top: .4, steep: 8})
	if err != nil {
		return suite.Figure{}, err
	}
	noised, err := pairPanels(profile, pairView{sigma: 4, half: 20, top: .11, steep: 1.2})
	if err != nil {
		return suite.Figure{}, err
	}
	return kit.PNG("scores", "Modes at ±5. Without noise (top) two distributions with different weights have the "+
		"same score wherever there are data. Their scores differ only in the gap, where no sample falls. With noise "+
		"σ = 4 (bottom) the scores differ where the samples are.",
		figure.Grid{Width: 700, RowHeight: 250, Rows: [][]figure.Panel{clean, noised}})
}

// closingIn films densities and scores as the noise grows.
func closingIn(l *suite.Lab) (suite.Figure, error) {
	pair, err := newModePair(l, shownPair, diffusion.EDM{})
	if err != nil {
		return suite.Figure{}, err
	}
	defer pair.exec.Finalize()
	profile, err := modeProfile(l)
	if err != nil {
		return suite.Figure{}, err
	}
	defer profile.Finalize()
	var frames []figure.Figure
	for sigma := 0.; sigma < 8.1; sigma += .25 {
		a, err := pair.at(sigma)
		if err != nil {
			return suite.Figure{}, err
		}
		panels, err := pairPanels(profile, pairView{sigma: sigma, half: 14, top: .34, steep: 6, scaled: true})
		if err != nil {
			return suite.Figure{}, err
		}
		frames = append(frames, figure.Row(fmt.Sprintf("KL divergence %.3f, Fisher divergence %.6f", a.kl, a.fisher),
			panels...))
	}
	return kit.GIF("closing-in", "As the noise grows the modes merge, and their weights change the score where there "+
		"are data. The Fisher divergence first rises, while the KL divergence falls. Scores are in units of the "+
		"inverse width of a mode.", frames)
}
