package langevin

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// journeyFigures draws the paths, and animates the clouds.
func journeyFigures(l *suite.Lab, r *suite.Report, journeys []*journey, floor float64) error {
	last := len(journeys[0].times) - 1
	still, err := kit.PNG("path", "Left: the two probability paths, seen in two moments; both end at the "+
		"target. Right: sliced W2 distance to exact samples. It reaches the distance of two exact samples "+
		"between t = 1 and t = 3, long after the end of the figure of document 001.",
		figure.Row("", momentPlane(journeys, last, figure.BottomRight), distances(journeys, floor)))
	if err != nil {
		return err
	}
	film, err := journeyFilm(l, journeys)
	r.Figures = append(r.Figures, film, still)
	return err
}

// momentPlane is the paths up to a time, as two moments.
func momentPlane(journeys []*journey, upTo int, legend figure.Corner) figure.Panel {
	panel := figure.Panel{Title: "probability paths in two moments", X: figure.Axis{Label: "E|x|^{2}", Min: 1.6,
		Max: 2.8},
		Y: figure.Axis{Label: "E[x_{1}^{2} x_{2}^{2}]", Min: .8, Max: 3}, Legend: legend}
	for _, j := range journeys {
		panel.Layers = append(panel.Layers, figure.Line{X: kit.Centers(j.radius)[:upTo+1],
			Y: kit.Centers(j.m22)[:upTo+1], Color: j.color, Label: j.name, Markers: true})
	}
	panel.Layers = append(panel.Layers, figure.Points{X: []float64{2}, Y: []float64{2.62}, Color: figure.Ink,
		Size: 10, Ring: true, Label: "target"})
	return panel
}

// distances are sliced W2 to exact samples over time; floor is that of two exact samples.
func distances(journeys []*journey, floor float64) figure.Panel {
	decay := figure.Panel{Title: "distance to the target", X: figure.Axis{Label: "t", Log: true, Min: .02, Max: 12},
		Y: figure.Axis{Label: "sliced W_{2}", Log: true, Min: .005, Max: 3}, Legend: figure.TopRight}
	for _, j := range journeys {
		decay.Layers = append(decay.Layers, figure.Line{X: j.times[1:], Y: kit.Centers(j.distance)[1:],
			Lo: kit.Lows(j.distance)[1:], Hi: kit.Highs(j.distance)[1:], Color: j.color, Label: j.name, Markers: true})
	}
	decay.Layers = append(decay.Layers, figure.HLine{At: floor, Dashed: true, Label: "two exact samples"},
		figure.VLine{At: .25, Color: figure.Gray, Label: "001's figure stops"})
	return decay
}

func journeyFilm(l *suite.Lab, journeys []*journey) (suite.Figure, error) {
	field, err := kit.DensityField(l, density.Cross(), 3.2, 81)
	if err != nil {
		return suite.Figure{}, err
	}
	var frames []figure.Figure
	for k, t := range journeys[0].times {
		row := []figure.Panel{}
		for _, j := range journeys {
			row = append(row, kit.Plane(j.name, 3.2, figure.Heat{Field: field}, kit.Cloud(j.clouds[k], 500, j.color)))
		}
		frames = append(frames, figure.Row(fmt.Sprintf("t = %.3f", t),
			append(row, momentPlane(journeys, k, figure.NoLegend))...))
	}
	return kit.GIF("two-starts", "Two starts under the same Langevin dynamics, and their paths in two moments. "+
		"The clouds look alike from t = 1 on.", frames)
}
