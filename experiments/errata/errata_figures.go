package errata

import (
	"strings"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// slopesFigure is the slope that denoising score matching learns on N(0, v).
func slopesFigure(v float64, sigmas []float64, slopes []metrics.Summary) (suite.Figure, error) {
	exact := figure.Line{Label: "noised density: 1/(v + σ^{2})", Color: figure.Blue}
	for s := 0.; s <= 1.6; s += .02 {
		exact.X, exact.Y = append(exact.X, s), append(exact.Y, 1/(v+s*s))
	}
	measured := intervals(sigmas, slopes)
	measured.Label, measured.Color = "minimizer of J_{D}", figure.Vermillion
	return kit.PNG("dsm", "The slope that denoising score matching learns on N(0, 2) with a linear score, with "+
		"5 standard errors. It is the slope of the noised density, 1/(v + σ²). It nears that of the data "+
		"(dashed) only as the noise goes to 0.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "noise level σ", Min: 0, Max: 1.6},
			Y:      figure.Axis{Label: "slope θ of s = -θ x", Min: .2, Max: .6},
			Layers: []figure.Layer{exact, measured, figure.HLine{At: 1 / v, Dashed: true, Label: "score of the data"}},
			Legend: figure.BottomLeft}))
}

// intervals are summaries over x.
func intervals(x []float64, s []metrics.Summary) figure.ErrorBars {
	return figure.ErrorBars{X: x, Y: kit.Centers(s), Lo: kit.Lows(s), Hi: kit.Highs(s)}
}

// reversedNoiseFigure shows the covariance of the increments of B and B' with the later path, and the variance at the
// end of a way back that B drives.
func reversedNoiseFigure(times []float64, forward, reverse []metrics.Summary) (suite.Figure, error) {
	exact := figure.Line{Color: figure.Vermillion, Label: "increment of B, exact"}
	for t := times[0]; t <= 1.001; t += .01 {
		exact.X, exact.Y = append(exact.X, t), append(exact.Y, forwardCovariance(t))
	}
	back := figure.Line{Color: figure.Vermillion, Label: "driven by B"}
	for t := 0.; t <= 3; t += .005 {
		back.X, back.Y = append(back.X, t), append(back.Y, ownNoise(watchedVariance, t))
	}
	withB, withReverse := intervals(times, forward), intervals(times, reverse)
	withB.Color, withB.Label = figure.Vermillion, "increment of B, measured"
	withReverse.Color, withReverse.Label = figure.Blue, "increment of B', measured"
	return kit.PNG("reversed-noise", "Which noise drives the reversed equation? Left: covariance of increments "+
		"over [0.25, 0.5] with the later path. That of the forward Brownian motion B is not independent of it; "+
		"that of the reverse-time one B' is. Right: the printed equation, started at x_T of a path of N(0, "+
		"0.25) data and driven by the B of that path, returns too little variance; driven by B' it returns the "+
		"data.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "t"},
			Y:      figure.Axis{Label: "covariance with x_{t}", Min: -.1, Max: .5},
			Layers: []figure.Layer{exact, figure.HLine{At: 0, Color: figure.Blue}, withB, withReverse},
			Legend: figure.TopRight},
			figure.Panel{X: figure.Axis{Label: "start T of the way back", Min: 0, Max: 3},
				Y: figure.Axis{Label: "variance at t = 0", Min: 0, Max: .3},
				Layers: []figure.Layer{back, figure.HLine{At: watchedVariance, Color: figure.Blue, Label: "driven by " +
					"B': the data"}}, Legend: figure.BottomRight}))
}

// objectiveFigure is the slope that each reading learns on G1 over time: exact curves, and measured points.
func objectiveFigure(l *suite.Lab, at []float64, measured [][]metrics.Summary) (suite.Figure, error) {
	var times []float64
	for t := .02; t <= 2; t *= 1.05 {
		times = append(times, t)
	}
	curves, err := learnedExactly(l, density.Bimodal(), times...)
	if err != nil {
		return suite.Figure{}, err
	}
	panel := figure.Panel{X: figure.Axis{Label: "t", Log: true, Min: .018, Max: 2.2},
		Y: figure.Axis{Label: "slope θ of s = -θ x"}, Legend: figure.TopLeft}
	for i, reading := range readings {
		points := intervals(at, measured[i])
		points.Color = reading.color
		panel.Layers = append(panel.Layers, figure.Line{X: times, Y: curves[i], Color: reading.color,
			Label: strings.ReplaceAll(reading.name, "x_t", "x_{t}")}, points)
	}
	return kit.PNG("objective", "The best linear score s = -θ x of G1 at time t, by three readings of one "+
		"objective, with 5 standard errors. The average over x_t is right (blue). Over the data, as printed, "+
		"the learned slope is off: little if the target is at the data (orange), much if it is at x_t "+
		"(vermillion).", figure.Row("", panel))
}
