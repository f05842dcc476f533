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

// stepsFigure is W1 of n samples to G1 against the number of reverse steps.
func stepsFigure(steps []float64, w1 []metrics.Summary, n int) (suite.Figure, error) {
	return kit.PNG("steps", "Distance of samples from G1 to G1 itself against the number of reverse steps; the "+
		"floor is that of as many exact samples.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "steps", Log: true, Min: 4, Max: 250},
			Y: figure.Axis{Label: "W_{1}", Log: true, Min: .005, Max: 1},
			Layers: []figure.Layer{
				figure.Line{X: steps, Y: kit.Centers(w1), Color: figure.Vermillion, Markers: true,
					Label: "reverse Euler-Maruyama"},
				figure.HLine{At: .0111 * math.Sqrt(2e4/float64(n)), Dashed: true, Label: "exact samples"},
			}, Legend: figure.TopRight}))
}

// backAndForthFilm animates the cross to noise and back, over the exact densities.
func backAndForthFilm(l *suite.Lab, forward, reverse []diffusion.Snapshot) (suite.Figure, error) {
	times := kit.Map(forward, func(s diffusion.Snapshot) float64 { return s.Time })
	fields, err := kit.DensityFields(l, density.X2(), diffusion.VP{}, filmSide, 61, times...)
	if err != nil {
		return suite.Figure{}, err
	}
	swarm := func(title string, field figure.Field, s diffusion.Snapshot) figure.Panel {
		return kit.Plane(title, filmSide, figure.Heat{Field: field}, kit.Cloud(kit.Points(s.X), 500, figure.Vermillion))
	}
	var frames []figure.Figure
	last := len(reverse) - 1
	for k := range reverse {
		frames = append(frames, figure.Row(fmt.Sprintf("t = %.2f there, %.2f back", forward[k].Time, reverse[k].Time),
			swarm("forward process", fields[k], forward[k]), swarm("reverse SDE", fields[last-k], reverse[k])))
	}
	return kit.GIF("back-and-forth", "The cross under the forward process, and noise under the reverse SDE; "+
		"shaded, the exact density of that time.", frames)
}
