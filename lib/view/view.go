// Package view turns distributions, models and samples in the plane into layers of figures.
package view

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
)

// Points turns samples [n, ...] in float64 into points [n, d] of package metrics.
func Points(t *tensors.Tensor) metrics.Points {
	n := t.Shape().Dim(0)
	return metrics.Points{N: n, D: t.Size() / n, X: tensors.MustCopyFlatData[float64](t)}
}

// Tensor turns points into a tensor [n, d]: the inverse of Points.
func Tensor(p metrics.Points) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(slices.Clone(p.X), p.N, p.D)
}

// Densities returns the densities of a distribution in the plane, noised along p to each of the times, on n x n nodes
// of [-side, side]^2.
func Densities(b compute.Backend, target density.Target, p diffusion.Process, side float64, n int, times ...float64) (
	[]figure.Field, error) {
	return Fields(b, nil, target.Build(p), func(m diffusion.Model, x, t *Node) *Node { return Exp(m.LogDensity(x, t)) },
		side, n, times...)
}

// Fields returns the values [batch] of a function of a model at each of the times, on n x n nodes of [-side, side]^2.
func Fields(b compute.Backend, weights *model.Store, build diffusion.Build,
	of func(m diffusion.Model, x, t *Node) *Node, side float64, n int, times ...float64) ([]figure.Field, error) {
	_, values, err := onGrid(b, weights, build, of, side, n, times)
	if err != nil {
		return nil, err
	}
	fields := make([]figure.Field, len(times))
	for k, flat := range values {
		f := figure.Field{X0: -side, X1: side, Y0: -side, Y1: side, NX: n, NY: n, Z: make([]float64, n*n)}
		for i := range n { // the last axis of the grid is y, that of the field is x
			for j := range n {
				f.Z[j*n+i] = flat[i*n+j]
			}
		}
		fields[k] = f
	}
	return fields, nil
}

// Scores returns the scores of a model at each of the times, as arrows on n x n nodes of [-side, side]^2. Their lengths
// are compressed by a square root.
func Scores(b compute.Backend, weights *model.Store, build diffusion.Build, side float64, n int, times ...float64) (
	[]figure.Arrows, error) {
	nodes, values, err := onGrid(b, weights, build, diffusion.Model.ScoreAt, side, n, times)
	if err != nil {
		return nil, err
	}
	all := make([]figure.Arrows, len(times))
	for k, flat := range values {
		a := figure.Arrows{Power: .5}
		for i := 0; i < len(flat); i += 2 {
			a.X, a.Y = append(a.X, nodes[i]), append(a.Y, nodes[i+1])
			a.U, a.V = append(a.U, flat[i]), append(a.V, flat[i+1])
		}
		all[k] = a
	}
	return all, nil
}

// onGrid evaluates a function of a model on the nodes of a square. It returns the nodes [n*n*2], flat, and the values.
func onGrid(b compute.Backend, weights *model.Store, build diffusion.Build,
	of func(m diffusion.Model, x, t *Node) *Node, side float64, n int, times []float64) (nodes []float64,
	values [][]float64, err error) {
	grid, _, err := density.Grid(-side, side, n, 2)
	if err != nil {
		return nil, nil, err
	}
	exec, err := exec.NewModel(b, weights, func(scope *model.Scope, x, t *Node) *Node {
		return of(build(scope, nil), x, t)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("drawing a model: %w", err)
	}
	defer exec.Finalize()
	for _, t := range times {
		out, err := exec.Call(grid, t)
		if err != nil {
			return nil, nil, fmt.Errorf("drawing a model at t = %g: %w", t, err)
		}
		values = append(values, tensors.MustCopyFlatData[float64](out[0]))
	}
	return tensors.MustCopyFlatData[float64](grid), values, nil
}

// Plane is a square panel over [-side, side]^2.
func Plane(title string, side float64, layers ...figure.Layer) figure.Panel {
	return figure.Panel{
		Title: title, EqualAspect: true, Layers: layers,
		X: figure.Axis{Label: "x_{1}", Min: -side, Max: side},
		Y: figure.Axis{Label: "x_{2}", Min: -side, Max: side},
	}
}

// Cloud is a layer of samples in the plane, at most the first limit of them.
func Cloud(p metrics.Points, limit int, color figure.Color) figure.Points {
	return figure.Points{X: p.Col(0)[:min(limit, p.N)], Y: p.Col(1)[:min(limit, p.N)], Color: color}
}
