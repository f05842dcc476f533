package matching

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// averagesPanel draws the errors of the running averages against the hits, for n noisy copies.
func averagesPanel(runs []hitRun, n int) figure.Panel {
	panel := figure.Panel{Title: "distance to the ball's posterior mean", X: figure.Axis{Label: "hits", Log: true,
		Min: 1, Max: 3 * float64(n) / 50},
		Y:      figure.Axis{Label: "|running average - E[x | x~ in the ball]|", Log: true, Min: 1e-4, Max: 6},
		Legend: figure.BottomLeft}
	for _, run := range runs {
		panel.Layers = append(panel.Layers, figure.Line{X: run.hits, Y: run.errors, Color: run.color,
			Label: "x~ = " + run.name()})
	}
	panel.Layers = append(panel.Layers, figure.Line{X: []float64{1, panel.X.Max},
		Y: []float64{1.2, 1.2 / math.Sqrt(panel.X.Max)}, Color: figure.Gray, Dashed: true, Label: "hits^{-1/2}"})
	return panel
}

// probeFigures films a run of 200 rounds, as in 001 but without its dummies, and draws its end beside the long run.
func probeFigures(l *suite.Lab, r *suite.Report, errors figure.Panel) error {
	noisy, err := noisyRounds(l, "film", probeRounds)
	if err != nil {
		return err
	}
	const side, every = 3, 5
	clean, err := metrics.PointsOf(density.ProbingPoints())
	if err != nil {
		return err
	}
	sums, hits := make([][2]float64, len(probePoints)), make([]float64, len(probePoints))
	var frames []figure.Figure
	var last figure.Panel
	for round := range probeRounds {
		for i := round * clean.N; i < (round+1)*clean.N; i++ {
			for k, p := range probePoints {
				if x := clean.Row(i % clean.N); p.holds(noisy.Row(i)) {
					sums[k][0], sums[k][1], hits[k] = sums[k][0]+x[0], sums[k][1]+x[1], hits[k]+1
				}
			}
		}
		if (round+1)%every != 0 {
			continue
		}
		fresh := metrics.Points{N: every * clean.N, D: 2, X: noisy.X[2*(round+1-every)*clean.N : 2*(round+1)*clean.N]}
		last = probePanel(fmt.Sprintf("round %d", round+1), side, clean, fresh, sums, hits)
		frames = append(frames, figure.Single(last, 420))
	}
	film, err := kit.GIF("probing", "Red, the data; small, their latest noisy copies; dots on circles, three chosen "+
		"inputs and their balls; rings, the running averages of the clean points that led there. Dark arrows run "+
		"from x~ to the average, coloured ones are the exact score.", frames)
	if err != nil {
		return err
	}
	last.Title = "after 200 rounds"
	still, err := kit.PNG("averages", "Left: the run as drawn, after its last round. Right: a run of many more "+
		"rounds; the running averages near the exact ones like one over the root of the hits.",
		figure.Row("", last, errors))
	r.Figures = append(r.Figures, still, film)
	return err
}

func probePanel(title string, side float64, clean, noisy metrics.Points, sums [][2]float64,
	hits []float64) figure.Panel {
	noise := kit.Cloud(noisy, noisy.N, figure.Orange)
	noise.Size = 2.5
	layers := []figure.Layer{noise, figure.Points{X: clean.Col(0), Y: clean.Col(1), Size: 8, Color: figure.Vermillion,
		Alpha: 1}}
	for k, p := range probePoints {
		var ring figure.Line
		for i := range 61 {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / 60)
			ring.X, ring.Y = append(ring.X, p.x+p.radius*cos), append(ring.Y, p.y+p.radius*sin)
		}
		ring.Color, ring.Width = p.color, 1
		score := figure.Arrows{X: []float64{p.x}, Y: []float64{p.y}, U: []float64{p.mean[0] - p.x},
			V: []float64{p.mean[1] - p.y}, Scale: 1, Width: 5, Color: p.color}
		layers = append(layers, ring, score)
		if hits[k] > 0 {
			x, y := sums[k][0]/hits[k], sums[k][1]/hits[k]
			layers = append(layers, figure.Arrows{X: []float64{p.x}, Y: []float64{p.y}, U: []float64{x - p.x},
				V: []float64{y - p.y}, Scale: 1, Width: 1.6, Color: figure.Ink},
				figure.Points{X: []float64{x}, Y: []float64{y}, Size: 9, Color: p.color, Alpha: 1, Ring: true})
		}
		layers = append(layers, figure.Points{X: []float64{p.x}, Y: []float64{p.y}, Size: 6, Color: figure.Ink,
			Alpha: 1})
	}
	return kit.Plane(title, side, layers...)
}
