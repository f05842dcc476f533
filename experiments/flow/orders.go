package flow

import (
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

const whyOrder = "an error C/n^p (1 + c/n) bends the line by less where steps are this many"

// flowSamplers are the registered samplers that integrate the probability flow by steps of their own choice.
func flowSamplers() (specs []diffusion.SamplerSpec) {
	for _, s := range diffusion.Samplers {
		if s.Kind == diffusion.ReverseKind && !s.Stochastic && !math.IsNaN(s.Order) {
			specs = append(specs, s)
		}
	}
	return specs
}

// flowOrders measures the error of every solver on G1 where the flow ends: at the quantile at which it began.
func flowOrders(l *suite.Lab, r *suite.Report) error {
	g1, vp := density.G1(), diffusion.VP{}
	tMin, tMax := vp.Horizon()
	const n = 64
	start, exact, err := quantileFlow(l, g1, tMax, tMin, n)
	if err != nil {
		return err
	}
	steps := []float64{20, 80, 320, 1280}
	table := suite.Table{Name: "orders", Caption: "RMS error of the probability flow's solvers on G1, VP from t = 1 " +
		"to 0.001, steps uniform in log SNR",
		Header: []string{"solver", "evaluations a step", "20", "80", "320", "1280", "order", "declared"}}
	var singlestep, multistep []figure.Layer
	grids := make([][]float64, len(steps))
	for k, n := range steps {
		if grids[k], err = diffusion.InRatio(l.Backend, vp, tMax, tMin, int(n), diffusion.Geometric); err != nil {
			return err
		}
	}
	specs := flowSamplers()
	for i, spec := range specs {
		solver, err := diffusion.Plan{Build: g1.Build(vp), Sampler: spec.Sampler}.Compile(l.Backend)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
		defer solver.Finalize()
		var errors []float64
		for k, grid := range grids {
			end, err := solver.Run(grid, start)
			if err != nil {
				return fmt.Errorf("%s, %g steps: %w", spec.Name, steps[k], err)
			}
			sum := 0.0
			for j, x := range kit.Points(end).X {
				sum += (x - exact[j]) * (x - exact[j])
			}
			errors = append(errors, math.Sqrt(sum/n))
		}
		slope, err := metrics.LogSlope(steps[1:], errors[1:])
		if err != nil {
			return err
		}
		perStep := evaluations(l, spec.Sampler)
		r.Add(suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "order of " + spec.Name + " on G1, 80 to " +
			"1280 steps", Got: -slope.Center, Want: spec.Order, Tol: .15, Why: whyOrder})
		table.Rows = append(table.Rows, []any{spec.Name, perStep, errors[0], errors[1], errors[2], errors[3],
			-slope.Center, spec.Order})
		cost := kit.Map(steps, func(k float64) float64 { return k * float64(perStep) })
		if line := look(spec.Name, cost, errors); remembers(spec.Sampler) {
			multistep = append(multistep, line)
		} else {
			singlestep = append(singlestep, line)
		}
		if err := l.Progress(.1+.5*float64(i+1)/float64(len(specs)), "orders of the solvers"); err != nil {
			return err
		}
	}
	r.Tables = append(r.Tables, table)
	panel := func(title string, lines []figure.Layer) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Label: "evaluations", Log: true, Min: 15, Max: 100_000},
			Y:      figure.Axis{Label: "RMS error", Log: true, Min: 1e-11, Max: .5},
			Layers: lines, Legend: figure.TopRight}
	}
	f, err := kit.PNG("orders", "Error against the number of evaluations on G1 with its exact score, where the flow "+
		"ends at t = 0.001: solvers that look at one step, and those that remember the last ones.",
		figure.Grid{RowHeight: 320, Rows: [][]figure.Panel{{panel("one step at a time", singlestep)},
			{panel("multistep", multistep)}}})
	r.Figures = append(r.Figures, f)
	return err
}

// remembers tells a multistep method.
func remembers(s diffusion.Sampler) bool {
	_, single := s.(diffusion.OneStep)
	return !single
}

// look is a solver's line: methods of one family share a colour, and the higher order is dashed.
func look(name string, x, y []float64) figure.Line {
	line := figure.Line{X: x, Y: y, Markers: true, Label: name}
	for _, family := range []struct {
		prefix string
		color  figure.Color
	}{
		{"ddim", figure.Ink}, {"ancestral", figure.Orange}, {"reverse", figure.Purple}, {"flow-euler", figure.Sky},
		{"flow-midpoint", figure.Green}, {"flow-heun", figure.Vermillion}, {"flow-rk4", figure.Blue},
		{"edm-heun", figure.Orange}, {"dpm-solver-2", figure.Purple}, {"dpm-solver++", figure.Vermillion},
		{"exponential", figure.Green}, {"deis", figure.Purple}, {"unipc", figure.Blue},
	} {
		if strings.HasPrefix(name, family.prefix) {
			line.Color = family.color
			break
		}
	}
	line.Dashed = strings.HasSuffix(name, "-3") || strings.HasSuffix(name, "-3m") || strings.HasSuffix(
		name, "-kernel") || strings.HasSuffix(name, "-eta")
	return line
}

// quantileFlow gives n samples of a density on a line at time from, one in the middle of each n-th of its mass, and
// where the probability flow takes them by time to: the flow keeps their order, so each stays at its quantile.
func quantileFlow(l *suite.Lab, m *density.Mixture, from, to float64, n int) (start *tensors.Tensor, end []float64,
	err error) {
	begins, err := kit.NoisedVP(l, m, from)
	if err != nil {
		return nil, nil, err
	}
	ends, err := kit.NoisedVP(l, m, to)
	if err != nil {
		return nil, nil, err
	}
	return tensors.FromFlatDataAndDimensions(begins.Quantiles(n), n, 1), ends.Quantiles(n), nil
}

// evaluations counts how often a step of a sampler asks the model, by building its graph.
func evaluations(l *suite.Lab, s diffusion.Sampler) (calls int) {
	g := NewGraph(l.Backend, "evaluations")
	defer g.Finalize()
	exact := density.G1().Model(diffusion.VP{})
	model := diffusion.Model{Process: exact.Process, Denoise: func(x, t *Node) *Node {
		calls++
		return exact.Denoise(x, t)
	}}
	x, random := Const(g, [][]float64{{.5}}), random.New(g, l.Key("count"))
	s.Step(model, diffusion.Falling(kit.ScalarLike(x, .5), kit.ScalarLike(x, .4), Const(g, int32(0))), x,
		s.Init(model, x, random), random)
	return calls
}
