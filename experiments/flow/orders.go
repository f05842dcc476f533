package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

const whyOrder = "an error C/n^p (1 + c/n) changes the slope by less at this many steps"

// flowSamplers are the registered samplers that integrate the probability flow with a fixed grid.
func flowSamplers() (specs []diffusion.SamplerSpec) {
	for _, s := range diffusion.Samplers {
		if s.Kind == diffusion.ReverseKind && !s.Stochastic && !math.IsNaN(s.Order) {
			specs = append(specs, s)
		}
	}
	return specs
}

// orderSteps are the numbers of steps at which the solvers' errors are measured.
var orderSteps = []float64{20, 80, 320, 1280}

// solverError is the error of a sampler against its number of steps.
type solverError struct {
	spec    diffusion.SamplerSpec
	perStep int       // evaluations of the model
	errors  []float64 // by number of steps
}

// flowOrders measures the error of every solver on G1 at the end of the flow, where the exact position is a quantile.
func flowOrders(l *suite.Lab, r *suite.Report) error {
	q, err := newQuantileFlow(l, density.Bimodal(), 64)
	if err != nil {
		return err
	}
	grids, err := logSNRGrids(l, orderSteps)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "orders", Caption: "Root mean square error of the probability flow's solvers on G1, " +
		"along VP from t = 1 to 0.001, in steps uniform in log SNR; every solver has its declared order",
		Header: []string{"solver", "evaluations a step", "20", "80", "320", "1280", "order", "declared"}}
	var measured []solverError
	specs := flowSamplers()
	for i, spec := range specs {
		e, err := q.errorsOf(l, spec, grids)
		if err != nil {
			return err
		}
		slope, err := metrics.LogSlope(orderSteps[1:], e.errors[1:])
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "order of " + spec.Name + " on G1, 80 to " +
			"1280 steps", Got: -slope.Center, Want: spec.Order, Tol: .15, Why: whyOrder})
		table.Rows = append(table.Rows, []any{spec.Name, e.perStep, e.errors[0], e.errors[1], e.errors[2], e.errors[3],
			-slope.Center, spec.Order})
		measured = append(measured, e)
		if err := l.Progress(.1+.5*float64(i+1)/float64(len(specs)), "orders of the solvers"); err != nil {
			return err
		}
	}
	r.Tables = append(r.Tables, table)
	f, err := ordersFigure(measured)
	r.Figures = append(r.Figures, f)
	return err
}

// logSNRGrids go from noise to data over VP's horizon, one grid for each number of steps, even in log SNR.
func logSNRGrids(l *suite.Lab, steps []float64) ([][]float64, error) {
	tMin, tMax := diffusion.VP{}.Horizon()
	grids := make([][]float64, len(steps))
	for i, n := range steps {
		var err error
		grids[i], err = diffusion.InRatio(l.Backend, diffusion.VP{}, tMax, tMin, int(n), diffusion.Geometric)
		if err != nil {
			return nil, err
		}
	}
	return grids, nil
}

// isMultistep tells whether a sampler uses earlier steps.
func isMultistep(s diffusion.Sampler) bool {
	_, single := s.(diffusion.OneStep)
	return !single
}

// quantileFlow is the exact flow of a 1-D density over VP's horizon: the flow keeps the order of samples, so each
// stays at its quantile.
type quantileFlow struct {
	target *density.Mixture
	start  *tensors.Tensor // [n, 1], one in the middle of each n-th of the mass
	end    []float64       // where the flow takes them
}

func newQuantileFlow(l *suite.Lab, m *density.Mixture, n int) (quantileFlow, error) {
	tMin, tMax := diffusion.VP{}.Horizon()
	begins, err := kit.NoisedVP(l, m, tMax)
	if err != nil {
		return quantileFlow{}, err
	}
	ends, err := kit.NoisedVP(l, m, tMin)
	if err != nil {
		return quantileFlow{}, err
	}
	return quantileFlow{m, tensors.FromFlatDataAndDimensions(begins.Quantiles(n), n, 1), ends.Quantiles(n)}, nil
}

// errorsOf is the root mean square error of a solver on each grid.
func (q quantileFlow) errorsOf(l *suite.Lab, spec diffusion.SamplerSpec, grids [][]float64) (solverError, error) {
	solver, err := diffusion.Plan{Build: q.target.Build(diffusion.VP{}), Sampler: spec.Sampler}.Compile(l.Backend)
	if err != nil {
		return solverError{}, fmt.Errorf("%s: %w", spec.Name, err)
	}
	defer solver.Finalize()
	out := solverError{spec: spec, perStep: evaluations(l, spec.Sampler)}
	for _, grid := range grids {
		end, err := solver.Run(grid, q.start)
		if err != nil {
			return solverError{}, fmt.Errorf("%s, %d steps: %w", spec.Name, len(grid)-1, err)
		}
		sum := 0.0
		for j, x := range kit.Points(end).X {
			sum += (x - q.end[j]) * (x - q.end[j])
		}
		out.errors = append(out.errors, math.Sqrt(sum/float64(len(q.end))))
	}
	return out, nil
}

// evaluations counts the model evaluations in one step of a sampler, by building its graph.
func evaluations(l *suite.Lab, s diffusion.Sampler) (calls int) {
	g := NewGraph(l.Backend, "evaluations")
	defer g.Finalize()
	exact := density.Bimodal().Model(diffusion.VP{})
	model := diffusion.Model{Process: exact.Process, Denoise: func(x, t *Node) *Node {
		calls++
		return exact.Denoise(x, t)
	}}
	x, random := Const(g, [][]float64{{.5}}), random.New(g, l.Key("count"))
	s.Step(model, diffusion.Falling(kit.ScalarLike(x, .5), kit.ScalarLike(x, .4), Const(g, int32(0))), x,
		s.Init(model, x, random), random)
	return calls
}
