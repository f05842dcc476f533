package matching

import (
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// noiseFigure draws bias and noise against sigma, on the cross and for a linear score.
func noiseFigure(l *suite.Lab, r *suite.Report, slopes []slopeFits, levels []targetNoise) error {
	cross, err := floorPanel(l, levels)
	if err != nil {
		return err
	}
	f, err := kit.PNG("noise", "A small σ reduces the bias and increases the noise of the target. Left: both on the "+
		"cross. Right: error of a linear score learned from 1000 points. It is smallest at a σ between, and implicit "+
		"score matching, which needs no noise, is better at every σ.",
		figure.Row("", cross, slopePanel(slopes)))
	r.Figures = append(r.Figures, f)
	return err
}

// floorPanel draws the floor of the loss and the bias of its minimizer on the cross against sigma.
func floorPanel(l *suite.Lab, levels []targetNoise) (figure.Panel, error) {
	var grid []float64
	for k := range 25 {
		grid = append(grid, .05*math.Pow(1.5/.05, float64(k)/24))
	}
	fisher, err := kit.FisherInformationOfCross(l, grid)
	if err != nil {
		return figure.Panel{}, err
	}
	bias, err := kit.FisherDistancesOfCross(l, grid)
	if err != nil {
		return figure.Panel{}, err
	}
	floor := make([]float64, len(grid))
	for k, s := range grid {
		floor[k] = 2/(s*s) - fisher[k]
	}
	marks := figure.ErrorBars{Color: figure.Ink, Label: "loss of the exact score, measured"}
	for _, n := range levels {
		marks.X, marks.Y = append(marks.X, n.sigma), append(marks.Y, n.loss.Center)
		marks.Lo, marks.Hi = append(marks.Lo, n.loss.Lo), append(marks.Hi, n.loss.Hi)
	}
	return figure.Panel{Title: "bias and noise on the cross", X: figure.Axis{Label: "noise σ", Log: true, Min: .045,
		Max: 1.8},
		Y: figure.Axis{Label: "squared error of a score", Log: true, Min: 1e-3, Max: 3e4},
		Layers: []figure.Layer{
			figure.Line{X: grid, Y: floor, Label: "variance of the target, floor of 2 J_{D}", Color: figure.Vermillion},
			figure.Line{X: grid, Y: bias, Label: "bias of its minimizer, E|s - s_{σ}|^{2}", Color: figure.Blue},
			marks,
		}, Legend: figure.TopRight}, nil
}

// slopePanel draws the root mean square error of a slope learned from data, and its two parts, against sigma.
func slopePanel(slopes []slopeFits) figure.Panel {
	exact, bias, noise := figure.Line{Label: "distance to the true slope", Color: figure.Ink},
		figure.Line{Label: "bias of the noised score", Color: figure.Blue, Dashed: true},
		figure.Line{Label: "noise of the target", Color: figure.Vermillion, Dashed: true}
	for s := .05; s <= 1.6; s *= 1.03 {
		b, v := 1/dsmVariance-1/(dsmVariance+s*s), dsmSlopeVariance(s, dsmPoints)
		for _, c := range []struct {
			line  *figure.Line
			value float64
		}{{&exact, math.Sqrt(b*b + v)}, {&bias, b}, {&noise, math.Sqrt(v)}} {
			c.line.X, c.line.Y = append(c.line.X, s), append(c.line.Y, c.value)
		}
	}
	marks := figure.ErrorBars{Color: figure.Ink, Label: "measured"}
	for _, f := range slopes {
		marks.X, marks.Y = append(marks.X, f.sigma), append(marks.Y, math.Sqrt(f.far.Center))
		marks.Lo, marks.Hi = append(marks.Lo, math.Sqrt(f.far.Lo)), append(marks.Hi, math.Sqrt(f.far.Hi))
	}
	const mle = dsmPoints / (dsmVariance * (dsmPoints - 2))
	implicit := math.Sqrt(2*mle*mle/(dsmPoints-4) + math.Pow(mle-1/dsmVariance, 2))
	return figure.Panel{Title: "error of a slope learned from 1000 points",
		X: figure.Axis{Label: "noise σ", Log: true, Min: .045, Max: 1.8},
		Y: figure.Axis{Label: "root mean square error", Log: true, Min: 5e-4, Max: 60},
		Layers: []figure.Layer{bias, noise, exact, marks, figure.HLine{At: implicit, Color: figure.Green,
			Label: "implicit score matching"}}, Legend: figure.TopRight}
}
