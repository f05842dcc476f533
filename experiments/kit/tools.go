package kit

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// Evaluate runs a graph function once and returns its outputs as float64, flattened.
func Evaluate(l *suite.Lab, fn func(in []*Node) []*Node, args ...any) ([][]float64, error) {
	return exec.Evaluate(l.Backend, fn, args...)
}

// ScalarLike is a constant in the graph and type of x.
func ScalarLike(x *Node, v float64) *Node { return Scalar(x.Graph(), x.DType(), v) }

// Points views samples [n, ...] as metrics do.
func Points(t *tensors.Tensor) metrics.Points { return view.Points(t) }

// Normal is N(mean, variance I).
func Normal(mean []float64, variance float64) *density.Mixture {
	m, err := density.Normal(mean, variance)
	if err != nil {
		panic(fmt.Errorf("normal(%v, %g): %w", mean, variance, err)) // a mistake in an experiment's literals
	}
	return m
}

// Static is the model of a target at t = 0, for chains on a fixed density.
func Static(m *density.Mixture) diffusion.Build { return m.Build(diffusion.OU{}) }

// DensityFields are the densities of a target in the plane, noised along p to each of the times, on [-side, side]^2.
func DensityFields(l *suite.Lab, m *density.Mixture, p diffusion.Process, side float64, n int, times ...float64) (
	[]figure.Field, error) {
	return view.Densities(l.Backend, m, p, side, n, times...)
}

// DensityField is the density of the target itself on [-side, side]^2.
func DensityField(l *suite.Lab, m *density.Mixture, side float64, n int) (figure.Field, error) {
	fields, err := DensityFields(l, m, diffusion.OU{}, side, n, 0)
	if err != nil {
		return figure.Field{}, err
	}
	return fields[0], nil
}

// InTurn lets the parts of an experiment add to its report, one after the other, up to the first error.
func InTurn(l *suite.Lab, r *suite.Report, parts ...func(*suite.Lab, *suite.Report) error) (*suite.Report, error) {
	for _, part := range parts {
		if err := part(l, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Shots are the samples of a plan at the start and after every so many steps.
func Shots(l *suite.Lab, plan diffusion.Plan, start *tensors.Tensor, every int) (all []diffusion.Snapshot, err error) {
	var marks []int
	for s := every; s < len(plan.Grid); s += every {
		marks = append(marks, s)
	}
	for s, err := range plan.Trace(l.Backend, start, marks...) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// StepsAt are the steps of length dt that end at the given times.
func StepsAt(dt float64, times ...float64) []int {
	return Map(times, func(t float64) int { return int(math.Round(t / dt)) })
}

// PNG draws a still figure for a report.
func PNG(name, caption string, f figure.Figure) (suite.Figure, error) {
	data, err := figure.PNG(f)
	if err != nil {
		return suite.Figure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	return suite.Figure{Name: name + ".png", Caption: caption, Data: data}, nil
}

// GIF draws an animation for a report.
func GIF(name, caption string, frames []figure.Figure) (suite.Figure, error) {
	data, err := figure.GIF(frames, figure.Movie{})
	if err != nil {
		return suite.Figure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	return suite.Figure{Name: name + ".gif", Caption: caption, Data: data}, nil
}

// Plane is a square panel over [-side, side]^2.
func Plane(title string, side float64, layers ...figure.Layer) figure.Panel {
	return view.Plane(title, side, layers...)
}

// Cloud are samples in the plane, the first at most limit of them, as a layer.
func Cloud(p metrics.Points, limit int, color figure.Color) figure.Points {
	return view.Cloud(p, limit, color)
}

// LargestAbs is the largest absolute value; NaN if there is one.
func LargestAbs(xs []float64) float64 {
	worst := 0.0
	for _, x := range xs {
		worst = math.Max(worst, math.Abs(x))
		if math.IsNaN(x) {
			return x
		}
	}
	return worst
}

// StaticScore is the score of the target itself at x [batch, d].
func StaticScore(m *density.Mixture, x *Node) *Node {
	return m.Model(diffusion.OU{}).Score(x, ScalarLike(x, 0))
}
