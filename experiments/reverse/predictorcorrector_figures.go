package reverse

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// figure draws W1 against steps and evaluations, and what the corrector's length does.
func (s *lineStudy) figure() (suite.Figure, error) {
	curve := func(cost int, values map[int]float64, steps []int) figure.Line {
		line := figure.Line{Markers: true}
		for _, n := range steps {
			line.X, line.Y = append(line.X, float64(cost*n)), append(line.Y, values[n])
		}
		return line
	}
	single, double := curve(1, s.plain, []int{5, 10, 20, 50, 100, 200}), curve(1, s.corrected[correctorSNR], gridSizes)
	single.Color, single.Label = figure.Blue, "reverse SDE"
	double.Color, double.Label = figure.Vermillion, "with a corrector"
	paid := curve(2, s.corrected[correctorSNR], gridSizes)
	paid.Color, paid.Dashed, paid.Label = figure.Vermillion, true, "by evaluations"
	cost := figure.Panel{Title: "at equal grid, and at equal cost", X: figure.Axis{Label: "steps (dashed: evaluations)",
		Log: true, Min: 4, Max: 260}, Y: figure.Axis{Label: "W_{1} to G1", Log: true, Min: .002, Max: .5},
		Legend: figure.BottomLeft, Layers: []figure.Layer{single, double, paid}}
	length := figure.Panel{Title: "the corrector's length", X: figure.Axis{Label: "signal-to-noise ratio", Log: true,
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
	return kit.PNG("line", fmt.Sprintf("By quadrature, no samples. Left: W1 to G1 against the number of steps; a "+
		"corrector (signal-to-noise ratio %g) doubles the evaluations. Right: what correctors of other lengths win "+
		"or lose.", correctorSNR),
		figure.Row("", cost, length))
}

// crossFigure draws sliced W2 of n samples of the cross against the steps of each scheme.
func crossFigure(schemes []crossScheme, n int) (suite.Figure, error) {
	panel := figure.Panel{Title: "the cross, by samples", X: figure.Axis{Label: "steps", Log: true, Min: 4, Max: 130},
		Y: figure.Axis{Label: "sliced W_{2}", Log: true, Min: .01, Max: .6}, Legend: figure.TopRight}
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
	return kit.PNG("cross", "Sliced W2 of samples of the cross to as many exact ones, with 5 standard errors: "+
		"what the corrector wins is less than 10,000 samples can tell.", figure.Single(panel, 560))
}
