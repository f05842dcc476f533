package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// pairTime is when the other experiments call Langevin dynamics converged.
const pairTime = 20

// modePairs are the dynamics on .5 N(-m, 1) + .5 N(m, 1), for a range of m.
type modePairs struct {
	m, gap []float64
	line   fokkerplanck.Line
	// From N(m, 1), to pairTime: target and density for m = 2 and 6.
	target, density [2][]float64
}

// pairGap is the spectral gap for modes far apart. One slow mode moves mass between them, against the resistance
// int dx/q of the saddle: gap = 4 / int dx/q, and Laplace's expansion at the saddle, where q is cosh(mx) exp(-x^2/2),
// gives the factors.
func pairGap(m float64) float64 {
	u := math.Pi * math.Pi / (4 * m * m) // the variance of x under 1/cosh(mx)
	return 4 * m * math.Exp(-m*m/2) / (math.Pi * math.Sqrt(2*math.Pi)) / (1 + u/2 + 5*u*u/8)
}

// separatedModes measures what the theorem leaves open: when.
func separatedModes(l *suite.Lab, r *suite.Report) (modePairs, error) {
	pairs := modePairs{line: fokkerplanck.Line{Lo: -11, Hi: 11, N: 1101}}
	table := suite.Table{Name: "separated", Caption: "Two unit modes at +-m: spectral gap and its law for modes far " +
		"apart", Header: []string{"m", "gap", "law"}}
	for m := 1.; m <= 6; m += .5 {
		component := func(mean float64) density.Component {
			return density.Component{Weight: .5, Mean: []float64{mean}, Cov: [][]float64{{1}}}
		}
		target, err := density.NewMixture("pair", component(-m), component(m))
		if err != nil {
			return pairs, err
		}
		g, q, err := kit.LangevinLine(l, target, pairs.line)
		if err != nil {
			return pairs, err
		}
		modes, err := g.Spectrum(2)
		if err != nil {
			return pairs, err
		}
		pairs.m, pairs.gap = append(pairs.m, m), append(pairs.gap, modes[1].Rate)
		table.Rows = append(table.Rows, []any{m, modes[1].Rate, pairGap(m)})
		if m != 2 && m != 6 {
			continue
		}
		p, err := kit.LineDensity(l, kit.Normal([]float64{m}, 1), pairs.line)
		if err != nil {
			return pairs, err
		}
		step, err := g.Stepper(fokkerplanck.BackwardEuler, relaxStep)
		if err != nil {
			return pairs, err
		}
		if err := step.Advance(p, pairTime/relaxStep); err != nil {
			return pairs, err
		}
		kl, err := fokkerplanck.KL(g, p, q)
		if err != nil {
			return pairs, err
		}
		if m == 2 {
			pairs.target[0], pairs.density[0] = q, p
			continue
		}
		pairs.target[1], pairs.density[1] = q, p
		change, err := g.Apply(q)
		if err != nil {
			return pairs, err
		}
		r.Add(
			suite.Below{Claim: claims.D001Stationarity, Metric: "largest |dp/dt| at p = the target, modes at +-6",
				Got: kit.LargestAbs(change), Bound: 1e-10, Why: "rounding in float64 of fluxes of 1,000"},
			suite.Equals{Claim: claims.D001Stationarity, Metric: "KL(p_t, p) at t = 20, modes at +-6, started in " +
				"one; the target is as stationary as any", Got: kl, Want: math.Ln2, Tol: 1e-5,
				Why: "log 2 is half the mass missing; 4e-7 of it comes over by then, and adds 4e-7 log(1/4e-7) to " +
					"the entropy", Shows: suite.Qualified},
			suite.Equals{Claim: claims.D004LangevinConvergence, Metric: "relaxation time 1/gap, modes at +-6",
				Got: 1 / modes[1].Rate, Want: 1 / pairGap(m), Tol: .005 / pairGap(m),
				Why:   "the next term of Laplace's expansion, 61 u^3/48 with u = (pi/2m)^2 = 0.07, and cells of 0.02",
				Shows: suite.Qualified})
	}
	r.Tables = append(r.Tables, table)
	return pairs, nil
}

func relaxFigures(r *suite.Report, g *fokkerplanck.Generator, q []float64, modes []fokkerplanck.Mode, runs []relaxation,
	shots []int, pairs modePairs) error {
	xs := g.Nodes()
	colors := []figure.Color{figure.Blue, figure.Vermillion, figure.Green}
	gap := modes[1].Rate
	// decay is log KL from every start, beside the slope that all of them end with, and marks at a step unless
	// negative.
	decay := func(title string, now int) figure.Panel {
		panel := figure.Panel{Title: title, X: figure.Axis{Label: "t", Min: -1, Max: relaxEnd},
			Y: figure.Axis{Label: "KL(p_{t}, p)", Min: 1e-6, Max: 30, Log: true}, Legend: figure.TopRight}
		var slopes []figure.Layer
		for i, run := range runs {
			curve := figure.Line{Color: colors[i], Label: "from " + relaxStarts[i].name}
			for s := 0; s < len(run.kl); s += 20 {
				curve.X, curve.Y = append(curve.X, relaxStep*float64(s)), append(curve.Y, run.kl[s])
			}
			late := run.kl[len(run.kl)-1]
			slopes = append(slopes, figure.Line{X: []float64{0, relaxEnd},
				Y: []float64{late * math.Exp(2*gap*relaxEnd), late}, Color: figure.Ink, Dashed: true, Width: 1})
			panel.Layers = append(panel.Layers, curve)
			if now >= 0 {
				panel.Layers = append(panel.Layers, figure.Points{X: []float64{relaxStep * float64(now)},
					Y: []float64{run.kl[now]}, Size: 8, Color: colors[i], Ring: true})
			}
		}
		line := slopes[0].(figure.Line)
		line.Label = "slope -2 gap"
		slopes[0] = line
		panel.Layers = append(panel.Layers, slopes...)
		return panel
	}
	var frames []figure.Figure
	zero := make([]float64, len(xs))
	for k, s := range shots {
		now := figure.Panel{Title: fmt.Sprintf("t = %.2f", relaxStep*float64(s)), X: figure.Axis{Label: "x", Min: -5,
			Max: 5}, Y: figure.Axis{Label: "density", Min: 0, Max: 1.3}, Legend: figure.NoLegend,
			Layers: []figure.Layer{figure.Band{X: xs, Lo: zero, Hi: q, Color: figure.Gray}}}
		for i, run := range runs {
			now.Layers = append(now.Layers, figure.Line{X: xs, Y: run.shots[k], Color: colors[i]})
		}
		frames = append(frames, figure.Row("", now, decay("divergence from the target", s)))
	}
	film, err := kit.GIF("relaxation", "The density of Langevin dynamics on G1 (shaded) from three starts, by the "+
		"Fokker-Planck equation. The modes form within t = 1; what crosses between them takes 15.", frames)
	if err != nil {
		return err
	}

	shapes := figure.Panel{Title: "what is forgotten last", X: figure.Axis{Label: "x", Min: -4, Max: 4},
		Y: figure.Axis{Label: "mode of the density", Min: -.5, Max: 1}, Legend: figure.TopRight,
		Layers: []figure.Layer{figure.Band{X: xs, Lo: zero, Hi: q, Color: figure.Gray}, figure.HLine{Color: figure.Gray,
			Width: 1}}}
	for k, mode := range modes[1:] {
		shapes.Layers = append(shapes.Layers, figure.Line{X: xs,
			Y: mode.Shape, Color: []figure.Color{figure.Blue, figure.Orange, figure.Purple}[k],
			Label: fmt.Sprintf("decays at rate %.3f", mode.Rate)})
	}
	still, err := kit.PNG("modes", "Left: the divergence in the end falls by exp(-2 gap t), whatever the start. "+
		"Right: the slowest modes; the slowest by far moves mass between the two humps of the target (shaded).",
		figure.Row("", decay("three starts, one slope", -1), shapes))
	if err != nil {
		return err
	}

	law := figure.Line{Color: figure.Gray, Dashed: true, Label: "modes far apart"}
	for m := 2.; m <= 6.01; m += .1 {
		law.X, law.Y = append(law.X, m), append(law.Y, 1/pairGap(m))
	}
	times := figure.Panel{Title: "time to forget", X: figure.Axis{Label: "m", Min: .5, Max: 6.5},
		Y: figure.Axis{Label: "1/gap", Min: 1, Max: 1e8, Log: true}, Legend: figure.TopLeft,
		Layers: []figure.Layer{law, figure.Points{X: pairs.m,
			Y: kit.Map(pairs.gap, func(g float64) float64 { return 1 / g }), Size: 7, Color: figure.Blue,
			Label: "measured"}}}
	row := []figure.Panel{times}
	wide := pairs.line.Nodes()
	for i, m := range []int{2, 6} {
		row = append(row, figure.Panel{Title: fmt.Sprintf("m = %d at t = %d", m, pairTime),
			X: figure.Axis{Label: "x", Min: -10, Max: 10}, Y: figure.Axis{Min: 0, Max: .5}, Legend: figure.TopLeft,
			Layers: []figure.Layer{figure.Band{X: wide, Lo: make([]float64, len(wide)), Hi: pairs.target[i],
				Color: figure.Gray, Label: "target"},
				figure.Line{X: wide, Y: pairs.density[i], Color: figure.Vermillion, Label: "p_{t}"}}})
	}
	apart, err := kit.PNG("separated", "Two equal modes at ±m, started in the right one. Both targets are "+
		"stationary; the time to reach them grows as exp(m²/2).", figure.Row("", row...))
	r.Figures = append(r.Figures, film, still, apart)
	return err
}
