package reverse

import (
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// The film of noise that becomes data: steps, steps between frames, samples of the cross, samples with a trail, digits.
const (
	toDataSteps, toDataEvery     = 240, 8
	toDataSamples, toDataTrails  = 600, 3
	toDataDigits, toDataTraining = 9, 2000
	toDataSide                   = 3.2
)

// noiseToData animates the reverse SDE beside the probability flow, from the same noise, and digits on the way of the
// flow, all at the same noise level sigma/alpha.
func noiseToData(l *suite.Lab, r *suite.Report) error {
	cross, vp := density.Cross(), diffusion.VP{}
	grid, err := diffusion.InRatio(l.Backend, vp, 1, 1e-5, toDataSteps, diffusion.Karras(7))
	if err != nil {
		return err
	}
	noise, err := kit.FromPrior(l, cross, "noise to data", toDataSamples)
	if err != nil {
		return err
	}
	var ways [2][]diffusion.Snapshot
	for k, sampler := range []diffusion.Sampler{diffusion.OneStep(diffusion.ReverseEulerMaruyama), diffusion.DDIM(0)} {
		plan := diffusion.Plan{Build: cross.Build(vp), Sampler: sampler, Grid: grid, Noise: l.Key("noise to data SDE")}
		if ways[k], err = kit.Shots(l, plan, noise, toDataEvery); err != nil {
			return err
		}
	}
	read, err := diffusion.CoefficientsAt(l.Backend, vp, grid)
	if err != nil {
		return err
	}
	levels := read[0].Ratio()
	digits, err := digitsFromNoise(l, levels)
	if err != nil {
		return err
	}
	times := kit.Map(ways[0], func(s diffusion.Snapshot) float64 { return s.Time })
	fields, err := kit.DensityFields(l, cross, vp, toDataSide, 61, times...)
	if err != nil {
		return err
	}
	var frames []figure.Figure
	for k, s := range ways[0] {
		panels := [2]figure.Panel{}
		for way, title := range []string{"reverse SDE", "probability flow"} {
			layers := append([]figure.Layer{figure.Heat{Field: fields[k]},
				kit.Cloud(kit.Points(ways[way][k].X), toDataSamples, figure.Vermillion)}, trails(ways[way][:k+1])...)
			panels[way] = kit.Plane(title, toDataSide, layers...)
		}
		frames = append(frames, figure.Stack{
			figure.Row(fmt.Sprintf("noise level σ/α = %.2f", levels[s.Step]), panels[0], panels[1]), digits[k]})
	}
	data, err := figure.GIF(frames, figure.Movie{Delay: 120 * time.Millisecond, Hold: 3 * time.Second})
	if err != nil {
		return err
	}
	r.Figures = append(r.Figures, suite.Figure{Name: "noise-to-data.gif", Data: data, Caption: "From the same noise " +
		"to data with the exact score: by the reverse SDE, whose paths are rough, and by the probability flow, whose " +
		"paths are smooth, over the density at that noise level. Below: digits on the flow."})
	return nil
}

// trails are the ways of the first samples up to the last snapshot.
func trails(way []diffusion.Snapshot) (layers []figure.Layer) {
	for i := range toDataTrails {
		line := figure.Line{Color: figure.Ink, Width: 1.5}
		for _, s := range way {
			x := kit.Points(s.X).Row(i)
			line.X, line.Y = append(line.X, x[0]), append(line.Y, x[1])
		}
		if len(way) > 1 {
			layers = append(layers, line)
		}
	}
	return layers
}

// digitsFromNoise are strips of digits on the flow with the exact score of 2,000 digits, on a grid of noise levels,
// which are the times of EDM's path.
func digitsFromNoise(l *suite.Lab, levels []float64) (strips []figure.Figure, err error) {
	all, err := kit.LoadDigits()
	if err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: density.EmpiricalBuild(diffusion.EDM{}), Sampler: diffusion.DDIM(0), Grid: levels,
		Inputs: []*tensors.Tensor{kit.FirstRows(all.Train, toDataTraining)}, Noise: l.Key("noise to digits")}
	start, err := plan.Start(l.Backend, toDataDigits, 28*28)
	if err != nil {
		return nil, err
	}
	way, err := kit.Shots(l, plan, start, toDataEvery)
	if err != nil {
		return nil, err
	}
	for _, s := range way {
		pictures := kit.Pictures(kit.UnitSpread(kit.Points(s.X), s.Time), toDataDigits)
		strips = append(strips, figure.Images{Rows: [][]figure.Picture{pictures}, Lo: -1, Hi: 1, Scale: 3})
	}
	return strips, nil
}
