package flow

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// workVariance is that of the data on which samplers are compared.
const workVariance = .25

// workSteps are the numbers of steps compared.
var workSteps = []float64{5, 10, 20, 40, 80, 160}

// workPrecision compares all samplers, stochastic ones too, by the distribution that they make of N(0, 0.25) data.
// Every sampler is affine there, so the distance W2 = |sd - exact sd| needs no samples.
func workPrecision(l *suite.Lab, r *suite.Report) error {
	grids, err := logSNRGrids(l, workSteps)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "work", Caption: "Exact distance W2 to N(0, 0.25) data at t = 0.001, by each " +
		"sampler's own recursion from t = 1, in steps uniform in log SNR",
		Header: []string{"sampler", "evaluations a step", "5", "10", "20", "40", "80", "160"}}
	var measured []solverError
	for _, spec := range diffusion.Samplers {
		if spec.Kind != diffusion.ReverseKind || math.IsNaN(spec.Order) {
			continue
		}
		e, err := distributionErrors(l, spec, grids)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
		row := []any{spec.Name, e.perStep}
		for _, v := range e.errors {
			row = append(row, v)
		}
		table.Rows = append(table.Rows, row)
		measured = append(measured, e)
		if !spec.Stochastic {
			continue
		}
		slope, err := metrics.LogSlope(workSteps[3:], e.errors[3:])
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: claims.D003IntegrationAccuracy, Metric: "order of " + spec.Name + " in law on " +
			"N(0, 0.25), 40 to 160 steps", Got: -slope.Center, Want: spec.Order, Tol: .15, Why: whyOrder})
	}
	r.Tables = append(r.Tables, table)
	f, err := workFigure(measured)
	r.Figures = append(r.Figures, f)
	if err != nil {
		return err
	}
	return l.Progress(.7, "quality against steps")
}

// distributionErrors is the distance W2 between the end of a sampler and the data at t = 0.001, on each grid.
func distributionErrors(l *suite.Lab, spec diffusion.SamplerSpec, grids [][]float64) (solverError, error) {
	vp := diffusion.VP{}
	tMin, tMax := vp.Horizon()
	begin, err := noisedVariance(l, vp, tMax)
	if err != nil {
		return solverError{}, err
	}
	end, err := noisedVariance(l, vp, tMin)
	if err != nil {
		return solverError{}, err
	}
	wholes, err := affineMaps(l, spec, vp, workVariance, grids)
	if err != nil {
		return solverError{}, err
	}
	return solverError{spec: spec, perStep: evaluations(l, spec.Sampler),
		errors: kit.Map(wholes, func(a affine.Map) float64 {
			return math.Abs(math.Hypot(a.Gain*math.Sqrt(begin), a.Noise) - math.Sqrt(end))
		})}, nil
}

// noisedVariance is the variance of the data at time t of a process.
func noisedVariance(l *suite.Lab, p diffusion.Process, t float64) (float64, error) {
	alpha, sigma, err := diffusion.PathAt(l.Backend, p, t)
	return alpha*alpha*workVariance + sigma*sigma, err
}

// affineMaps are the affine maps of a sampler over each of the grids: step by step where it draws noise, as a whole
// where it may be a multistep method.
func affineMaps(l *suite.Lab, spec diffusion.SamplerSpec, p diffusion.Process, variance float64, grids [][]float64) (
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
	maps := make([]affine.Map, len(grids))
	for i, grid := range grids {
		x, err := solver.Run(grid, tensors.FromValue([][]float64{{0}, {1}}))
		if err != nil {
			return nil, err
		}
		y := kit.Points(x).X
		maps[i] = affine.Map{Gain: y[1] - y[0], Shift: y[0]}
	}
	return maps, nil
}
