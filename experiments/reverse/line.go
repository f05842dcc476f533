package reverse

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// correctedLine measures the schemes on G1 by quadrature: W1 without samples.
func correctedLine(l *suite.Lab, r *suite.Report) error {
	g1 := density.G1().Build(diffusion.VP{})
	predictor, err := kit.NewTransfer(l, g1, diffusion.ReverseEulerMaruyama)
	if err != nil {
		return err
	}
	defer predictor.Finalize()
	plain := map[int]float64{}
	for _, n := range []int{5, 10, 20, 40, 50, 100, 200} {
		law, err := reverseLaw(predictor, nil, n)
		if err != nil {
			return err
		}
		if plain[n], err = law.toData(predictor); err != nil {
			return err
		}
	}
	table := suite.Table{Name: "line", Caption: "W1 to G1, by quadrature, of the reverse SDE by Euler-Maruyama with " +
		"one corrector a step, of signal-to-noise ratio snr (0: no corrector)",
		Header: []string{"snr", "steps", "evaluations", "W1"}}
	for _, n := range gridSizes {
		table.Rows = append(table.Rows, []any{0., n, n, plain[n]})
	}
	snrs := []float64{.1, correctorSNR, .25, .4, .7}
	w1 := map[float64]map[int]float64{}
	for i, snr := range snrs {
		corrector, err := kit.NewTransfer(l, g1, diffusion.PredictorCorrector(stay, 1, snr))
		if err != nil {
			return err
		}
		defer corrector.Finalize()
		w1[snr] = map[int]float64{}
		for _, n := range gridSizes {
			law, err := reverseLaw(predictor, &corrector, n)
			if err != nil {
				return err
			}
			if w1[snr][n], err = law.toData(predictor); err != nil {
				return err
			}
			table.Rows = append(table.Rows, []any{snr, n, 2 * n, w1[snr][n]})
			if snr == correctorSNR && n == 20 {
				if err := samplesFollow(l, r, law.GridDensity, n); err != nil {
					return err
				}
			}
		}
		if err := l.Progress(.35+.25*float64(i+1)/float64(len(snrs)), "G1"); err != nil {
			return err
		}
	}
	r.Tables = append(r.Tables, table)
	for _, n := range gridSizes {
		r.Add(
			suite.Between{Claim: claims.D003GeneralizedLangevin,
				Metric: fmt.Sprintf("W1 to G1 with a corrector over W1 without, %d steps, by quadrature", n),
				Got:    metrics.Exactly(w1[correctorSNR][n] / plain[n]), Lo: 0, Hi: 1, Alpha: 0,
				Why: "what the corrector is for: less than 1"},
			suite.Between{Claim: claims.D003GeneralizedLangevin, Metric: fmt.Sprintf("W1 to G1 of twice %d steps "+
				"over that of %d steps with a corrector, the same number of evaluations, by quadrature", n, n),
				Got: metrics.Exactly(plain[2*n] / w1[correctorSNR][n]), Lo: 0, Hi: 1, Alpha: 0,
				Why:   "where evaluations are better spent, with the exact score: less than 1 says on the grid",
				Shows: suite.Qualified})
	}
	return lineFigure(r, plain, w1, snrs)
}

// stay is a predictor that does not predict: with it, the corrector stands alone.
func stay(_ diffusion.Model, _ diffusion.Span, x *Node, _ *random.Source) *Node { return x }

// timedLaw is a law at a time.
type timedLaw struct {
	kit.GridDensity
	t float64
}

// toData is W1 to the noised data of that time.
func (w timedLaw) toData(c kit.Transfer) (float64, error) {
	density, err := c.DensityAt(w.GridDensity, w.t)
	return w.W1(density), err
}

// reverseLaw is the law of n steps back from N(0, 1), each followed by a corrector, if there is one.
func reverseLaw(predictor kit.Transfer, corrector *kit.Transfer, n int) (timedLaw, error) {
	grid, err := kit.ReverseGrid(n)
	if err != nil {
		return timedLaw{}, err
	}
	law := kit.NormalOnGrid(1, 1024)
	for i := range n {
		points := 1024
		if corrector != nil && grid[i+1] < .04 { // a corrector's noise is fine there
			points = 16384
		}
		if law, err = predictor.AdvanceTo(law, grid[i], grid[i+1], points); err != nil {
			return timedLaw{}, err
		}
		if corrector == nil {
			continue
		}
		if law, err = corrector.AdvanceTo(law, grid[i], grid[i+1], points); err != nil {
			return timedLaw{}, err
		}
	}
	return timedLaw{law, grid[n]}, nil
}

// samplesFollow holds samples of the whole scheme against the law that its parts give.
func samplesFollow(l *suite.Lab, r *suite.Report, law kit.GridDensity, n int) error {
	start, err := kit.FromPrior(l, density.G1(), "line start", l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	grid, err := kit.ReverseGrid(n)
	if err != nil {
		return err
	}
	end, err := diffusion.Plan{Build: density.G1().Build(diffusion.VP{}), Sampler: corrected(correctorSNR), Grid: grid,
		Noise: l.Key("line")}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	check, err := kit.KSCheck(claims.D003GeneralizedLangevin, fmt.Sprintf("KS distance of samples to the law by "+
		"quadrature, %d steps with a corrector", n), kit.Points(end).X, law.CDF(), 0, "")
	r.Add(check)
	return err
}

// lineFigure draws W1 against steps and evaluations, and what the corrector's length does.
func lineFigure(r *suite.Report, plain map[int]float64, w1 map[float64]map[int]float64, snrs []float64) error {
	curve := func(cost int, values map[int]float64, steps []int) figure.Line {
		line := figure.Line{Markers: true}
		for _, n := range steps {
			line.X, line.Y = append(line.X, float64(cost*n)), append(line.Y, values[n])
		}
		return line
	}
	single, double := curve(1, plain, []int{5, 10, 20, 50, 100, 200}), curve(1, w1[correctorSNR], gridSizes)
	single.Color, single.Label = figure.Blue, "reverse SDE"
	double.Color, double.Label = figure.Vermillion, "with a corrector"
	paid := curve(2, w1[correctorSNR], gridSizes)
	paid.Color, paid.Dashed, paid.Label = figure.Vermillion, true, "by evaluations"
	cost := figure.Panel{Title: "at equal grid, and at equal cost", X: figure.Axis{Label: "steps (dashed: evaluations)",
		Log: true, Min: 4, Max: 260}, Y: figure.Axis{Label: "W_{1} to G1", Log: true, Min: .002, Max: .5},
		Legend: figure.BottomLeft, Layers: []figure.Layer{single, double, paid}}
	length := figure.Panel{Title: "the corrector's length", X: figure.Axis{Label: "signal-to-noise ratio", Log: true,
		Min: .09, Max: .9}, Y: figure.Axis{Label: "W_{1} with a corrector / without", Log: true, Min: .5, Max: 5},
		Legend: figure.TopLeft}
	for _, n := range gridSizes {
		line := figure.Line{Markers: true, Label: fmt.Sprintf("%d steps", n)}
		for _, snr := range snrs {
			line.X, line.Y = append(line.X, snr), append(line.Y, w1[snr][n]/plain[n])
		}
		length.Layers = append(length.Layers, line)
	}
	length.Layers = append(length.Layers, figure.HLine{At: 1, Dashed: true})
	f, err := kit.PNG("line", fmt.Sprintf("By quadrature, no samples. Left: W1 to G1 against the number of steps; a "+
		"corrector (signal-to-noise ratio %g) doubles the evaluations. Right: what correctors of other lengths win "+
		"or lose.", correctorSNR),
		figure.Row("", cost, length))
	r.Figures = append(r.Figures, f)
	return err
}
