package reverse

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// ddpmFilm samples G1 with the posterior variance, as a histogram over the exact density and as paths over the density
// in time, and tests where it ends.
func ddpmFilm(l *suite.Lab, r *suite.Report) error {
	vp, grid, err := kit.DDPMChain()
	if err != nil {
		return err
	}
	g1 := density.G1()
	start, err := kit.FromPrior(l, g1, "film start", l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	const between = 5 // steps between two points of a path
	var marks []int
	for i := between; i <= kit.DDPMSteps; i += between {
		marks = append(marks, i)
	}
	plan := diffusion.Plan{Build: g1.Build(vp), Sampler: diffusion.Ancestral(diffusion.PosteriorVariance), Grid: grid,
		Noise: l.Key("film")}
	var times []float64
	var clouds [][]float64
	for s, err := range plan.Trace(l.Backend, start, marks...) {
		if err != nil {
			return err
		}
		times, clouds = append(times, s.Time), append(clouds, kit.Points(s.X).X)
	}
	if err := g1Checks(r, clouds[len(clouds)-1], "posterior variance"); err != nil {
		return err
	}
	line := fokkerplanck.Line{Lo: -6, Hi: 6, N: 241}
	laws, err := kit.LineDensities(l, g1, vp, line, times...)
	if err != nil {
		return err
	}
	film, err := kit.GIF("sampling", "The sampling loop of document 000 with the exact noise prediction of G1 and "+
		"the posterior variance. Left: a histogram of the samples and the exact density of the step. Right: the "+
		"exact density at every step (shaded) and six of the samples.", ancestralFrames(times, clouds, laws, line))
	r.Figures = append(r.Figures, film)
	if err != nil {
		return err
	}
	return l.Progress(.4, "recursions")
}

// ancestralFrames draws every fifth of the clouds, from first to last.
func ancestralFrames(times []float64, clouds, laws [][]float64, line fokkerplanck.Line) []figure.Figure {
	const paths, every, side = 6, 5, 3.5
	xs, taken := line.Nodes(), kit.Map(times, func(t float64) float64 { return kit.DDPMSteps - t })
	field := figure.Field{X0: 0, X1: kit.DDPMSteps, Y0: line.Lo, Y1: line.Hi, NX: len(times), NY: len(xs)}
	for j := range xs {
		for k := range times {
			field.Z = append(field.Z, laws[k][j])
		}
	}
	var frames []figure.Figure
	for k := 0; k < len(times); k += every {
		bars := figure.Histogram(clouds[k], -side, side, 70)
		bars.Color, bars.Label = figure.Orange, "samples"
		histogram := figure.Panel{Title: fmt.Sprintf("step t = %.0f", times[k]), X: figure.Axis{Label: "x", Min: -side,
			Max: side}, Y: figure.Axis{Label: "density", Min: 0, Max: .55}, Legend: figure.TopLeft,
			Layers: []figure.Layer{bars, figure.Line{X: xs, Y: laws[k], Color: figure.Blue, Label: "exact density"}}}
		spacetime := figure.Panel{Title: "from noise to data", X: figure.Axis{Label: "steps taken", Min: 0,
			Max: kit.DDPMSteps}, Y: figure.Axis{Label: "x", Min: -side, Max: side},
			Layers: []figure.Layer{figure.Heat{Field: field, Lo: 0, Hi: .47}}}
		for i := range paths {
			path := figure.Line{X: taken[:k+1], Color: figure.Vermillion, Width: 1.2}
			for _, cloud := range clouds[:k+1] {
				path.Y = append(path.Y, cloud[i])
			}
			spacetime.Layers = append(spacetime.Layers, path)
		}
		frames = append(frames, figure.Row("", histogram, spacetime))
	}
	return frames
}
