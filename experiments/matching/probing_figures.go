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
	panel := figure.Panel{Title: "error of the running averages", X: figure.Axis{Label: "hits of the ball", Log: true,
		Min: 1, Max: 3 * float64(n) / 50},
		Y:      figure.Axis{Label: "distance to E[x | x~ in the ball]", Log: true, Min: 1e-4, Max: 6},
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
	const every = 5
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
		last = probePanel(fmt.Sprintf("round %d", round+1), clean, fresh, sums, hits)
		frames = append(frames, figure.Single(last, 560))
	}
	film, err := kit.GIF("probing", "Thick arrows: the exact score at three chosen points x~. Thin arrows: from x~ to "+
		"the running average (ringed dots) of the clean points whose noisy copies fall in the ball around x~. After "+
		"200 rounds they agree up to the noise of 60 to 90 hits.", frames)
	if err != nil {
		return err
	}
	last.Title = "after 200 rounds"
	still, err := kit.PNG("averages", "Left: the run of 200 rounds at its end; the running averages are near the tips "+
		"of the exact scores. Right: in a longer run the distance to the exact averages falls like one over the "+
		"square root of the hits (dashed).",
		figure.Grid{Shares: []float64{1.25, 1}, Rows: [][]figure.Panel{{last, errors}}})
	r.Figures = append(r.Figures, still, film)
	return err
}

// probePanel draws the data, their latest noisy copies, and at each point the exact score and the running average.
func probePanel(title string, clean, noisy metrics.Points, sums [][2]float64, hits []float64) figure.Panel {
	noise := kit.Cloud(noisy, noisy.N, figure.Orange)
	noise.Size, noise.Label = 3.5, "noisy copies"
	data := figure.Points{X: clean.Col(0), Y: clean.Col(1), Size: 8, Color: figure.Vermillion, Alpha: 1,
		Label: "clean points"}
	score := figure.Arrows{Scale: 1, Width: 6, Color: figure.Sky, Label: "exact score"}
	average := figure.Arrows{Scale: 1, Width: 1.6, Color: figure.Ink, Label: "to the average"}
	var balls, marks []figure.Layer
	for k, p := range probePoints {
		balls = append(balls, p.circle())
		score.X, score.Y = append(score.X, p.x), append(score.Y, p.y)
		score.U, score.V = append(score.U, p.mean[0]-p.x), append(score.V, p.mean[1]-p.y)
		if hits[k] > 0 {
			x, y := sums[k][0]/hits[k], sums[k][1]/hits[k]
			average.X, average.Y = append(average.X, p.x), append(average.Y, p.y)
			average.U, average.V = append(average.U, x-p.x), append(average.V, y-p.y)
			marks = append(marks, figure.Points{X: []float64{x}, Y: []float64{y}, Size: 9, Color: p.color, Alpha: 1,
				Ring: true})
		}
		marks = append(marks, figure.Points{X: []float64{p.x}, Y: []float64{p.y}, Size: 6, Color: figure.Ink, Alpha: 1})
	}
	layers := append(append(balls, noise, data, score, average), marks...)
	return figure.Panel{Title: title, X: figure.Axis{Label: "x_{1}", Min: -3.2, Max: 3.2},
		Y: figure.Axis{Label: "x_{2}", Min: -.5, Max: 3.3}, EqualAspect: true, Layers: layers, Legend: figure.TopLeft}
}

// circle is the rim of the point's ball.
func (p probePoint) circle() figure.Line {
	rim := figure.Line{Color: p.color, Width: 1}
	for i := range 61 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 60)
		rim.X, rim.Y = append(rim.X, p.x+p.radius*cos), append(rim.Y, p.y+p.radius*sin)
	}
	return rim
}
