package reverse

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

// stepsFigure is W1 of n samples to G1 against the number of reverse steps. The band is what exact samples have.
func stepsFigure(steps []float64, w1 []metrics.Summary, n int) (suite.Figure, error) {
	scale := math.Sqrt(2e4 / float64(n))
	low, high := .0044*scale, .0279*scale // quantiles at 1 % and 99 %, from 1,500 exact clouds of 20,000 samples
	return kit.PNG("steps", "W1 distance of samples from the reverse SDE to G1, against the number of steps of "+
		"Euler-Maruyama. From 50 steps on it is within the range of exact samples (band: 98 % of them), so that "+
		"the samples show no error.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "number of steps", Log: true, Min: 4, Max: 250},
			Y: figure.Axis{Label: "W_{1} to G1", Log: true, Min: .003, Max: 1},
			Layers: []figure.Layer{
				figure.Band{X: []float64{4, 250}, Lo: []float64{low, low}, Hi: []float64{high, high},
					Color: figure.Gray,
					Label: "exact samples, 98 %"},
				figure.HLine{At: .0111 * scale, Dashed: true, Label: "exact samples, mean"},
				figure.Line{X: steps, Y: kit.Centers(w1), Color: figure.Vermillion, Markers: true,
					Label: "reverse SDE"},
			}, Legend: figure.TopRight}))
}

// backAndForthFilm animates the cross to noise and back, over the exact densities.
func backAndForthFilm(l *suite.Lab, forward, reverse []diffusion.Snapshot) (suite.Figure, error) {
	times := kit.Map(forward, func(s diffusion.Snapshot) float64 { return s.Time })
	fields, err := kit.DensityFields(l, density.Cross(), diffusion.VP{}, filmSide, 61, times...)
	if err != nil {
		return suite.Figure{}, err
	}
	swarm := func(title string, field figure.Field, s diffusion.Snapshot) figure.Panel {
		return kit.Plane(title, filmSide, figure.Heat{Field: field}, kit.Cloud(kit.Points(s.X), 500, figure.Vermillion))
	}
	var frames []figure.Figure
	last := len(reverse) - 1
	for k := range reverse {
		frames = append(frames, figure.Row(fmt.Sprintf("forward t = %.2f, reverse t = %.2f", forward[k].Time,
			reverse[k].Time),
			swarm("forward process", fields[k], forward[k]), swarm("reverse SDE", fields[last-k], reverse[k])))
	}
	return kit.GIF("back-and-forth", "Left: the forward process carries the cross to noise. Right: the reverse "+
		"SDE carries fresh noise to the cross. Shaded: the exact density at that time, which the samples follow "+
		"in both directions.", frames)
}
