package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// planeSide is half the side of the square that the pictures show.
const planeSide = 3.3

// field is a density on the square of the pictures, at every other cell: what a picture needs.
func (run *planeRun) field(p []float64) figure.Field {
	line := run.plane.X
	first := int(math.Ceil((-planeSide - line.Lo) / line.Cell()))
	var cells []int
	for i := first; i <= line.N-1-first; i++ {
		cells = append(cells, i)
	}
	at := line.At(float64(first))
	f := figure.Field{X0: at, X1: -at, Y0: at, Y1: -at, NX: len(cells), NY: len(cells)}
	for _, j := range cells {
		for _, i := range cells {
			f.Z = append(f.Z, p[j*line.N+i])
		}
	}
	return f
}

// moment is E[x1^2 x2^2] of the equation at all times, and of the particles up to the k-th.
func (run *planeRun) moment(k int) figure.Panel {
	return figure.Panel{Title: "E[x_{1}^{2} x_{2}^{2}]", X: figure.Axis{Label: "t", Min: 0, Max: planeEnd},
		Y: figure.Axis{Label: "mixed moment", Min: .5, Max: 3}, Legend: figure.BottomRight,
		Layers: []figure.Layer{
			figure.HLine{At: 2.62, Color: figure.Gray, Dashed: true, Label: "target"},
			figure.Line{X: run.times, Y: run.solved, Color: figure.Blue, Label: "equation"},
			figure.Points{X: run.times[:k+1], Y: kit.Centers(run.sampled)[:k+1], Size: 5,
				Color: figure.Vermillion, Label: "particles"},
		}}
}

func (run *planeRun) draw(l *suite.Lab, r *suite.Report) error {
	edge := figure.Contour{Field: run.field(run.target), Levels: []float64{.02, .08}, Color: figure.Gray}
	top := kit.LargestAbs(run.target)
	var frames []figure.Figure
	for k, t := range run.times {
		equation := kit.Plane(fmt.Sprintf("equation, t = %.2f", t), planeSide,
			figure.Heat{Field: run.field(run.densities[k]), Lo: 0, Hi: top}, edge)
		particles := kit.Plane("particles", planeSide, edge, kit.Cloud(run.clouds[k], 2000, figure.Vermillion))
		particles.Y.Label = ""
		frames = append(frames, figure.Row("", equation, particles, run.moment(k)))
	}
	film, err := kit.GIF("langevin", "Langevin dynamics from N(0, I) to the cross (contours). Left: the density "+
		"by the Fokker-Planck equation on 161 x 161 cells. Center: particles, which use the score only. Right: "+
		"both have the same mixed moment. Document 001 shows the particles as a smoothed cloud.", frames)
	if err != nil {
		return err
	}
	r.Figures = append(r.Figures, film)
	return l.Progress(.9, "drawing")
}
