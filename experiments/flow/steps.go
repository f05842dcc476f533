package flow

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// workPrecision compares all samplers, those with noise too, by the law that they make of N(0, 0.25) data: each is
// affine there, so the distance W2 = |sd - sd exact| needs no samples.
func workPrecision(l *suite.Lab, r *suite.Report) error {
	const variance = .25
	vp := diffusion.VP{}
	tMin, tMax := vp.Horizon()
	alphaMax, sigmaMax, err := diffusion.PathAt(l.Backend, vp, tMax)
	if err != nil {
		return err
	}
	alphaMin, sigmaMin, err := diffusion.PathAt(l.Backend, vp, tMin)
	if err != nil {
		return err
	}
	begin, end := alphaMax*alphaMax*variance+sigmaMax*sigmaMax, math.Sqrt(alphaMin*alphaMin*variance+sigmaMin*sigmaMin)
	steps := []float64{5, 10, 20, 40, 80, 160}
	table := suite.Table{Name: "work", Caption: "W2 distance to the law of N(0, 0.25) data at t = 0.001, exactly, by " +
		"the sampler's own recursion from t = 1; steps uniform in log SNR",
		Header: []string{"sampler", "evaluations a step", "5", "10", "20", "40", "80", "160"}}
	grids := make([][]float64, len(steps))
	for i, n := range steps {
		if grids[i], err = diffusion.InRatio(l.Backend, vp, tMax, tMin, int(n), diffusion.Geometric); err != nil {
			return err
		}
	}
	var chance, single, multi []figure.Layer
	for _, spec := range diffusion.Samplers {
		if spec.Kind != diffusion.ReverseKind || math.IsNaN(spec.Order) {
			continue
		}
		wholes, err := affineLaws(l, spec, vp, variance, grids)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
		errors := kit.Map(wholes, func(a affine.Map) float64 {
			return math.Abs(math.Hypot(a.Gain*math.Sqrt(begin), a.Noise) - end)
		})
		perStep := evaluations(l, spec.Sampler)
		row := []any{spec.Name, perStep}
		for _, e := range errors {
			row = append(row, e)
		}
		table.Rows = append(table.Rows, row)
		line := look(spec.Name, kit.Map(steps, func(n float64) float64 { return n * float64(perStep) }), errors)
		switch {
		case spec.Stochastic:
			chance = append(chance, line)
			slope, err := metrics.LogSlope(steps[3:], errors[3:])
			if err != nil {
				return err
			}
			r.Add(suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "order of " + spec.Name + " in law on " +
				"N(0, 0.25), 40 to 160 steps", Got: -slope.Center, Want: spec.Order, Tol: .15, Why: whyOrder})
		case remembers(spec.Sampler):
			multi = append(multi, line)
		default:
			single = append(single, line)
		}
	}
	r.Tables = append(r.Tables, table)
	panel := func(title string, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "evaluations", Log: true, Min: 4, Max: 5000},
			Y:      figure.Axis{Label: "W_{2}", Log: true, Min: 1e-9, Max: 1},
			Layers: lines, Legend: figure.TopRight}
	}
	f, err := kit.PNG("work-precision", "Distance of the law that each sampler makes of N(0, 0.25) data to the exact "+
		"one, against the number of evaluations.",
		figure.Grid{RowHeight: 290, Rows: [][]figure.Panel{{panel("reverse SDE", chance)}, {panel("probability flow, "+
			"one step at a time", single)}, {panel("probability flow, multistep", multi)}}})
	r.Figures = append(r.Figures, f)
	if err != nil {
		return err
	}
	return l.Progress(.7, "quality against steps")
}

// affineLaws takes a sampler apart over each of the grids: step by step where it draws noise, as a whole where it may
// have a memory.
func affineLaws(l *suite.Lab, spec diffusion.SamplerSpec, p diffusion.Process, variance float64, grids [][]float64) (
	[]affine.Map, error) {
	if spec.Stochastic {
		return affine.Over(l.Backend, spec.Sampler, kit.NormalModel(p, variance), grids...)
	}
	solver, err := diffusion.Plan{Build: diffusion.Fixed(kit.NormalModel(p, variance)), Sampler: spec.Sampler}.Compile(
		l.Backend)
	if err != nil {
		return nil, err
	}
	defer solver.Finalize()
	laws := make([]affine.Map, len(grids))
	for i, grid := range grids {
		x, err := solver.Run(grid, tensors.FromValue([][]float64{{0}, {1}}))
		if err != nil {
			return nil, err
		}
		y := kit.Points(x).X
		laws[i] = affine.Map{Gain: y[1] - y[0], Shift: y[0]}
	}
	return laws, nil
}

// simulated is what a simulation apart from this code, with 20,000 samples, gave for W1 against the number of steps.
var simulated = []struct {
	steps      int
	ddim, ddpm float64
}{{1, 1.27, 1.27}, {2, 1.27, 1.27}, {5, .349, .435}, {10, .154, .238}, {20, .072, .137}, {50, .025, .068},
	{100, .0116, .048}, {1000, math.NaN(), math.NaN()}}

const whyLadder = "the error of the reference, W1 of 20,000 samples"

// stepLadder measures quality against the number of steps on the noise levels of a DDPM table, with its usual spacing
// and with steps uniform in log SNR.
func stepLadder(l *suite.Lab, r *suite.Report) error {
	g1 := density.G1()
	p, _, err := kit.DDPMChain()
	if err != nil {
		return err
	}
	steps := make([]float64, len(simulated))
	inTime, inLogSNR := make([][]float64, len(simulated)), make([][]float64, len(simulated))
	for i, rung := range simulated {
		steps[i] = float64(rung.steps)
		if inTime[i], err = diffusion.Linspace(1000, rung.steps); err != nil {
			return err
		}
		inLogSNR[i] = inTime[0] // one step has but one way to go
		if rung.steps > 1 {
			if inLogSNR[i], err = diffusion.InRatio(l.Backend, p, 1000, 1, rung.steps-1, diffusion.Geometric); err !=
				nil {
				return err
			}
			inLogSNR[i] = append(inLogSNR[i], 0)
		}
	}
	rungs := []struct {
		name    string
		sampler diffusion.Sampler
		grids   [][]float64
		line    figure.Line
	}{
		{"DDIM", diffusion.DDIM(0), inTime, figure.Line{Color: figure.Ink}},
		{"DPM-Solver++ 2M", diffusion.DPMSolverPP(2), inTime, figure.Line{Color: figure.Vermillion}},
		{"DDIM, log SNR", diffusion.DDIM(0), inLogSNR, figure.Line{Color: figure.Ink, Dashed: true}},
		{"DPM-Solver++ 2M, log SNR", diffusion.DPMSolverPP(2), inLogSNR, figure.Line{Color: figure.Vermillion,
			Dashed: true}},
		{"UniPC-3, log SNR", diffusion.NewUniPC(3), inLogSNR, figure.Line{Color: figure.Blue, Dashed: true}},
	}
	columns := [][]float64{steps}
	header := []string{"steps"}
	var lines []figure.Layer
	w1 := map[string][]float64{}
	for _, rung := range rungs {
		if w1[rung.name], err = flowLadder(l, g1, p, rung.sampler, rung.grids); err != nil {
			return fmt.Errorf("%s: %w", rung.name, err)
		}
		columns, header = append(columns, w1[rung.name]), append(header, rung.name)
		rung.line.X, rung.line.Y, rung.line.Label, rung.line.Markers = steps, w1[rung.name], rung.name, true
		lines = append(lines, rung.line)
	}
	ancestral, err := ancestralLadder(l, g1, p, inTime)
	if err != nil {
		return err
	}
	columns, header = append(columns, kit.Centers(ancestral), kit.Lows(ancestral), kit.Highs(ancestral)),
		append(header, "DDPM", "lo", "hi")
	lines = append(lines, figure.Line{X: steps, Y: kit.Centers(ancestral), Color: figure.Orange, Markers: true,
		Label: "DDPM (ancestral)"})
	for i, rung := range simulated {
		if math.IsNaN(rung.ddim) {
			continue
		}
		r.Add(
			suite.Equals{Claim: claims.D003IntegrationAccuracy,
				Metric: fmt.Sprintf("W1 to G1 of DDIM with %d of 1000 steps", rung.steps),
				Got:    w1["DDIM"][i], Want: rung.ddim, Tol: .02, Why: whyLadder},
			kit.NearReference{Claim: claims.D003IntegrationAccuracy,
				Metric: fmt.Sprintf("W1 to G1 of DDPM's sampler with %d of 1000 steps", rung.steps),
				Got:    ancestral[i], Want: rung.ddpm, SE: .02 / metrics.Width, Why: whyLadder})
	}
	const ten, twenty = 3, 4
	r.Add(
		suite.Between{Claim: claims.D002FewSteps, Metric: "W1 to G1 of DDIM with 10 steps over that with 1000",
			Got: metrics.Exactly(w1["DDIM"][ten] / w1["DDIM"][7]), Lo: 50, Hi: 200, Alpha: metrics.Miss,
			Why: "a preserved quality would be a ratio near 1; DDIM is of order 1, and 100 times the steps are 100 " +
				"times the accuracy", Shows: suite.Refuted},
		suite.Below{Claim: claims.D003FasterSolvers, Metric: "W1 to G1 of DPM-Solver++ 2M with 20 steps over that of " +
			"DDIM with 50, both uniform in log SNR", Got: w1["DPM-Solver++ 2M, log SNR"][twenty] /
			w1["DDIM, log SNR"][5], Bound: 1, Why: "the claim itself"},
		suite.Below{Claim: claims.D003FasterSolvers, Metric: "W1 to G1 of DDIM with 20 steps over that of DDPM's " +
			"sampler with 20", Got: w1["DDIM"][twenty] / ancestral[twenty].Center, Bound: 1, Why: "the claim itself"})
	for _, name := range []string{"DDIM", "DDIM, log SNR"} {
		r.Add(suite.Below{Claim: claims.D003IntegrationAccuracy, Metric: "W1 to G1 of " + name + ": largest rise " +
			"from one number of steps to the next, from 5 on", Got: largestRise(w1[name][2:]), Bound: 0,
			Why: "the claim itself"})
	}
	r.Tables = append(r.Tables, suite.Table{Name: "ladder", Caption: "W1 to G1 against the number of steps, exact " +
		"score, DDPM's table of 1000 noise levels; the flow's solvers without samples, DDPM's with 20,000",
		Header: header, Rows: kit.Rows(columns...)})
	floor := .0111 * math.Sqrt(20_000/float64(l.Size(20_000, 200_000)))
	f, err := kit.PNG("ladder", "Distance of what a sampler makes from noise to G1, against its number of steps; the "+
		"score is exact. Solid: steps uniform in time, as DDPM's; dashed: uniform in log SNR. The floor is that of "+
		"as many exact samples as DDPM's sampler made.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "steps, one evaluation each", Log: true, Min: .8, Max: 1300},
			Y:      figure.Axis{Label: "W_{1}", Log: true, Min: 1e-6, Max: 4},
			Layers: append(lines, figure.HLine{At: floor, Dashed: true, Label: "floor of DDPM's samples"}),
			Legend: figure.BottomLeft}))
	r.Figures = append(r.Figures, f)
	return err
}

// flowLadder is W1 after each of the grids, without samples: a solver carries the quantiles of N(0, 1), one for each
// 4096th of the mass, and W1 on a line is the mean distance of quantiles.
func flowLadder(l *suite.Lab, target *density.Mixture, p diffusion.Process, s diffusion.Sampler, grids [][]float64) (
	[]float64, error) {
	const n = 4096
	start, exact := kit.Normal([]float64{0}, 1).Quantiles(n), target.Quantiles(n)
	solver, err := diffusion.Plan{Build: target.Build(p), Sampler: s}.Compile(l.Backend)
	if err != nil {
		return nil, err
	}
	defer solver.Finalize()
	w1 := make([]float64, len(grids))
	for k, grid := range grids {
		end, err := solver.Run(grid, view.Tensor(metrics.Line(start)))
		if err != nil {
			return nil, err
		}
		x := kit.Points(end).X
		slices.Sort(x)
		for i := range x {
			w1[k] += math.Abs(x[i]-exact[i]) / n
		}
	}
	return w1, nil
}

// ancestralLadder is W1 after each of the grids, of samples that DDPM's sampler makes.
func ancestralLadder(l *suite.Lab, target *density.Mixture, p diffusion.Process, grids [][]float64) ([]metrics.Summary,
	error) {
	start, err := kit.Normal([]float64{0}, 1).Sample(l.Backend, l.Key("ladder"), l.Size(20_000, 200_000))
	if err != nil {
		return nil, err
	}
	w1 := make([]metrics.Summary, len(grids))
	for k, grid := range grids {
		end, err := diffusion.Plan{Build: target.Build(p), Sampler: diffusion.Ancestral(diffusion.PosteriorVariance),
			Grid: grid, Noise: l.Key(fmt.Sprint("ladder ", len(grid)-1))}.Run(l.Backend, start)
		if err != nil {
			return nil, err
		}
		if w1[k], err = metrics.W1(kit.Points(end).X, target.CDF); err != nil {
			return nil, err
		}
		if err := l.Progress(.8+.2*float64(k+1)/float64(len(grids)), "quality against steps"); err != nil {
			return nil, err
		}
	}
	return w1, nil
}

// largestRise is the largest rise of one number over the one before; 0 where all fall.
func largestRise(xs []float64) float64 {
	worst := 0.0
	for i := 1; i < len(xs); i++ {
		worst = math.Max(worst, xs[i]-xs[i-1])
	}
	return worst
}
