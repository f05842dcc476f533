package reverse

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// figure draws W1 against steps and evaluations, and against the length of the corrector.
func (s *lineStudy) figure() (suite.Figure, error) {
	curve := func(cost int, values map[int]float64, steps []int) figure.Line {
		line := figure.Line{Markers: true}
		for _, n := range steps {
			line.X, line.Y = append(line.X, float64(cost*n)), append(line.Y, values[n])
		}
		return line
	}
	single, double := curve(1, s.plain, []int{5, 10, 20, 50, 100, 200}), curve(1, s.corrected[correctorSNR], gridSizes)
	single.Color, single.Width, single.Label = figure.Sky, 5, "reverse SDE"
	double.Color, double.Label = figure.Vermillion, "with a corrector, by steps"
	paid := curve(2, s.corrected[correctorSNR], gridSizes)
	paid.Color, paid.Dashed, paid.Label = figure.Vermillion, true, "with a corrector, by evaluations"
	cost := figure.Panel{Title: "equal steps and equal cost", X: figure.Axis{Label: "steps (dashed: score evaluations)",
		Log: true, Min: 4, Max: 260}, Y: figure.Axis{Label: "W_{1} to G1", Log: true, Min: .002, Max: .5},
		Legend: figure.BottomLeft, Layers: []figure.Layer{single, double, paid}}
	length := figure.Panel{Title: "length of the corrector", X: figure.Axis{Label: "signal-to-noise ratio of the " +
		"corrector", Log: true,
		Min: .09, Max: .9}, Y: figure.Axis{Label: "W_{1} with a corrector / without", Log: true, Min: .5, Max: 5},
		Legend: figure.TopLeft}
	for _, n := range gridSizes {
		line := figure.Line{Markers: true, Label: fmt.Sprintf("%d steps", n)}
		for _, snr := range lineSNRs {
			line.X, line.Y = append(line.X, snr), append(line.Y, s.corrected[snr][n]/s.plain[n])
		}
		length.Layers = append(length.Layers, line)
	}
	length.Layers = append(length.Layers, figure.HLine{At: 1, Dashed: true})
	return kit.PNG("line", fmt.Sprintf("W1 distance to G1 of the reverse SDE, by quadrature. Left: a corrector "+
		"(signal-to-noise "+
		"ratio %g) lowers the error at equal steps, but it doubles the evaluations, and at equal cost the error is "+
		"larger (dashed). Right: correctors of other lengths; above 1 they hurt.", correctorSNR),
		figure.Row("", cost, length))
}

// crossFigure draws sliced W2 of n samples of the cross against the steps of each scheme.
func crossFigure(schemes []crossScheme, n int) (suite.Figure, error) {
	panel := figure.Panel{Title: "samples of the cross", X: figure.Axis{Label: "number of steps", Log: true, Min: 4,
		Max: 130},
		Y: figure.Axis{Label: "sliced W_{2} to exact samples", Min: 0, Max: .45}, Legend: figure.TopRight}
	for i, s := range schemes {
		bars := figure.ErrorBars{Color: []figure.Color{figure.Blue, figure.Vermillion}[i], Label: s.name,
			Y: kit.Centers(s.distance), Lo: kit.Lows(s.distance), Hi: kit.Highs(s.distance)}
		for _, steps := range gridSizes {
			bars.X = append(bars.X, float64(steps)*[]float64{.97, 1.03}[i])
		}
		panel.Layers = append(panel.Layers, bars)
	}
	panel.Layers = append(panel.Layers, figure.HLine{At: .0305 * math.Sqrt(1e4/float64(n)), Dashed: true,
		Label: "two exact samples"})
	return kit.PNG("cross", "Sliced W2 distance of samples of the cross to as many exact ones, with 5 standard "+
		"errors. The effect of the corrector is too small for 10,000 samples to show.", figure.Single(panel, 560))
}
