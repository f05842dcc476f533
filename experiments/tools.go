package main

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// Why a tolerance is what it is, where several checks share the reason.
const (
	whySE       = "5 standard errors of the estimate"
	whyRounding = "rounding in float64 of numbers of this size"
	whyLongRun  = "5 standard errors of the estimate and of its reference, a run of 4 million samples"
)

// evaluate runs a graph function once and returns its outputs as float64, flattened.
func evaluate(l *suite.Lab, fn func(in []*Node) []*Node, args ...any) ([][]float64, error) {
	out, err := ExecOnceN(l.Backend, func(in []*Node) []*Node {
		nodes := fn(in)
		for i, n := range nodes {
			nodes[i] = ConvertDType(n, dtypes.Float64)
		}
		return nodes
	}, args...)
	if err != nil {
		return nil, err
	}
	flat := make([][]float64, len(out))
	for i, t := range out {
		if flat[i], err = tensors.CopyFlatData[float64](t); err != nil {
			return nil, err
		}
	}
	return flat, nil
}

// scalar is a constant in the graph and type of x.
func scalar(x *Node, v float64) *Node { return Scalar(x.Graph(), x.DType(), v) }

// points views samples [n, ...] as metrics do.
func points(t *tensors.Tensor) metrics.Points {
	n := t.Shape().Dim(0)
	return metrics.Points{N: n, D: t.Size() / n, X: tensors.MustCopyFlatData[float64](t)}
}

// normal is N(mean, variance I).
func normal(mean []float64, variance float64) *density.Mixture {
	cov := make([][]float64, len(mean))
	for i := range cov {
		cov[i] = make([]float64, len(mean))
		cov[i][i] = variance
	}
	m, err := density.NewMixture("normal", density.Component{Weight: 1, Mean: mean, Cov: cov})
	if err != nil {
		panic(fmt.Errorf("normal(%v, %g): %w", mean, variance, err)) // a mistake in an experiment's literals
	}
	return m
}

// frozen is the density at t = 0 of a target, for chains that stay on it.
func frozen(m *density.Mixture) diffusion.Build { return m.Build(diffusion.OU{}) }

// densityFields are the densities of a target in the plane, noised along p to each of the times, on [-side, side]^2.
func densityFields(l *suite.Lab, m *density.Mixture, p diffusion.Process, side float64, n int, times ...float64) ([]figure.Field, error) {
	nodes, _, err := density.Lattice(-side, side, n, 2)
	if err != nil {
		return nil, err
	}
	exec, err := NewExec(l.Backend, func(x, t *Node) *Node { return Exp(m.Model(p).LogDensity(x, t)) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	fields := make([]figure.Field, len(times))
	for k, t := range times {
		out, err := exec.Call1(nodes, t)
		if err != nil {
			return nil, err
		}
		flat := tensors.MustCopyFlatData[float64](out)
		f := figure.Field{X0: -side, X1: side, Y0: -side, Y1: side, NX: n, NY: n, Z: make([]float64, n*n)}
		for i := range n { // the lattice runs over x first, the field over y
			for j := range n {
				f.Z[j*n+i] = flat[i*n+j]
			}
		}
		fields[k] = f
	}
	return fields, nil
}

// densityField is densityFields for the target itself.
func densityField(l *suite.Lab, m *density.Mixture, side float64, n int) (figure.Field, error) {
	fields, err := densityFields(l, m, diffusion.OU{}, side, n, 0)
	if err != nil {
		return figure.Field{}, err
	}
	return fields[0], nil
}

// nearReference checks an estimate against a reference that has an error too, with standard error se: the interval is that
// of their difference, about the estimate.
func nearReference(claim, metric string, got metrics.Summary, want, se float64, why string) suite.Check {
	half := math.Hypot(got.Half(), metrics.Width*se)
	got.Lo, got.Hi = got.Center-half, got.Center+half
	return suite.Near(claim, metric, got, want, why)
}

// ksCheck holds a sample against its exact law by the Kolmogorov-Smirnov distance, at alpha = 1e-6 on the far side and on
// the near one: too good is wrong too. slack is a known distance of the sampled law itself, and why says whence.
func ksCheck(claim, metric string, xs []float64, cdf func(float64) float64, slack float64, why string) (suite.Check, error) {
	ks, err := metrics.KS(xs, cdf)
	if err != nil {
		return suite.Check{}, err
	}
	critical, err := metrics.KSCritical(len(xs), 1e-6)
	if err != nil {
		return suite.Check{}, err
	}
	tooGood := .27 / math.Sqrt(float64(len(xs))) // Kolmogorov's law leaves less than 1e-6 below
	return suite.Between(claim, metric, ks, tooGood, critical+slack, 2e-6, "Kolmogorov's law at alpha = 1e-6 on either side"+why), nil
}

// affine is a sampler's step on N(mean, variance I) data, where every scheme is affine: x -> gain x + shift + noise z.
type affine struct{ gain, shift, noise float64 }

// affineSteps takes the steps of a grid apart and composes them: one step runs on x = 0 and 1 without noise and on x = 0
// with z = 1.
func affineSteps(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64, grid ...float64) (affine, error) {
	exec, err := NewExec(l.Backend, func(from, to *Node) *Node {
		g := from.Graph()
		x, z := Const(g, [][]float64{{0}, {1}, {0}}), Const(g, [][]float64{{0}, {0}, {1}})
		span := diffusion.Span{From: from, To: to, Index: Const(g, int32(0))}
		next, _ := s.Step(normal([]float64{0}, variance).Model(p), span, x, nil, diffusion.Replay(z))
		return next
	})
	if err != nil {
		return affine{}, err
	}
	defer exec.Finalize()
	whole := affine{gain: 1}
	for i := range len(grid) - 1 {
		out, err := exec.Call1(grid[i], grid[i+1])
		if err != nil {
			return affine{}, err
		}
		y := tensors.MustCopyFlatData[float64](out)
		step := affine{gain: y[1] - y[0], shift: y[0], noise: y[2] - y[0]}
		if i == 0 {
			whole = step // exactly, not composed with the identity
			continue
		}
		whole = whole.then(step)
	}
	return whole, nil
}

// then is the step a followed by b, their noises independent.
func (a affine) then(b affine) affine {
	return affine{a.gain * b.gain, b.gain*a.shift + b.shift, math.Hypot(b.gain*a.noise, b.noise)}
}

// stationary is the variance that the step, repeated, settles at.
func (a affine) stationary() float64 { return a.noise * a.noise / (1 - a.gain*a.gain) }

// marksAt are the steps of length dt that end at the given times.
func marksAt(dt float64, times ...float64) []int {
	return each(times, func(t float64) int { return int(math.Round(t / dt)) })
}

// png draws a still figure for a report.
func png(name, caption string, f figure.Figure) (suite.Figure, error) {
	data, err := figure.PNG(f)
	if err != nil {
		return suite.Figure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	return suite.Figure{Name: name + ".png", Caption: caption, Data: data}, nil
}

// gif draws an animation for a report.
func gif(name, caption string, frames []figure.Figure) (suite.Figure, error) {
	data, err := figure.GIF(frames, figure.Movie{})
	if err != nil {
		return suite.Figure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	return suite.Figure{Name: name + ".gif", Caption: caption, Data: data}, nil
}

// plane is a square panel over [-side, side]^2.
func plane(title string, side float64, layers ...figure.Layer) figure.Panel {
	return figure.Panel{
		Title: title, EqualAspect: true, Layers: layers,
		X: figure.Axis{Label: "x_{1}", Min: -side, Max: side},
		Y: figure.Axis{Label: "x_{2}", Min: -side, Max: side},
	}
}

// cloud are the samples that lie within [-side, side]^2, the first at most limit of them, as a layer.
func cloud(p metrics.Points, limit int, color figure.Color) figure.Points {
	return figure.Points{X: p.Col(0)[:min(limit, p.N)], Y: p.Col(1)[:min(limit, p.N)], Color: color}
}

// largest is the greatest absolute value.
func largest(xs []float64) float64 {
	worst := 0.0
	for _, x := range xs {
		worst = math.Max(worst, math.Abs(x))
		if math.IsNaN(x) {
			return x
		}
	}
	return worst
}

// along is the projection of samples on a direction.
func along(p metrics.Points, direction ...float64) []float64 {
	out := make([]float64, p.N)
	for i := range out {
		for j, u := range direction {
			out[i] += u * p.X[i*p.D+j]
		}
	}
	return out
}

// zip makes table rows of columns of equal length.
func zip(columns ...[]float64) [][]any {
	rows := make([][]any, len(columns[0]))
	for i := range rows {
		for _, c := range columns {
			rows[i] = append(rows[i], c[i])
		}
	}
	return rows
}
