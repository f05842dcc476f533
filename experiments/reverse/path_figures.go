package reverse

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// shownPaths is how many paths the figure shows of each kind.
const shownPaths = 3

// pathKind is a process with the marginals of the walk: how to run it, and how its positions at the five times are
// correlated.
type pathKind struct {
	name        string
	sampler     diffusion.OneStep
	grid        []float64
	start       *tensors.Tensor
	correlation [][]float64
}

// pathFigure draws what the marginals do not show: three processes with the same densities at every time, some paths
// of each, and the correlations between the five times.
func pathFigure(l *suite.Lab, r *suite.Report, w walk, m *density.Mixture, sde, flow metrics.Points) error {
	field, err := w.field(l, m)
	if err != nil {
		return err
	}
	kinds, err := w.kinds(l, m, sde, flow)
	if err != nil {
		return err
	}
	var paths, matrices []figure.Panel
	for _, k := range kinds {
		lines, err := w.lines(l, m, k)
		if err != nil {
			return err
		}
		paths = append(paths, figure.Panel{Title: k.name, X: figure.Axis{Label: "t"},
			Y:      figure.Axis{Label: "x", Min: -3.5, Max: 3.5},
			Layers: append([]figure.Layer{figure.Heat{Field: field, Hi: .6}}, lines...)})
		panel, err := w.matrix(k.correlation)
		if err != nil {
			return err
		}
		matrices = append(matrices, panel)
	}
	f, err := kit.PNG("path-law", "Three processes with the same density of x at every time (shaded; "+
		"Ornstein-Uhlenbeck from G1). Top: some paths of each; the reverse SDE and the flow start at the same "+
		"points. Bottom: the correlation of x between five times, from 0 (white) to 1 (dark), with its value "+
		"between t = 0 and t = 2. The reverse SDE has the correlations of the forward process; the probability "+
		"flow does not.",
		figure.Grid{Rows: [][]figure.Panel{paths, matrices}, Width: 680, RowHeight: 235})
	r.Figures = append(r.Figures, f)
	return err
}

// kinds are the three processes. The correlations of the forward process are exact, the others those of particles.
func (w walk) kinds(l *suite.Lab, m *density.Mixture, sde, flow metrics.Points) ([]pathKind, error) {
	data, err := m.Sample(l.Backend, l.Key("travellers"), shownPaths)
	if err != nil {
		return nil, err
	}
	noise, err := w.start(l, m, shownPaths, "travellers back")
	if err != nil {
		return nil, err
	}
	back, err := w.grid(60)
	if err != nil {
		return nil, err
	}
	there := slices.Clone(back)
	slices.Reverse(there)
	kinds := []pathKind{{name: "forward process", sampler: diffusion.Transition, grid: there, start: data},
		{name: "reverse SDE", sampler: diffusion.ReverseEulerMaruyama, grid: back, start: noise},
		{name: "probability flow", sampler: diffusion.Flow(diffusion.ClassicMethod), grid: back, start: noise}}
	if kinds[0].correlation, err = w.correlations(l, m); err != nil {
		return nil, err
	}
	if kinds[1].correlation, err = sampleCorrelations(sde); err != nil {
		return nil, err
	}
	kinds[2].correlation, err = sampleCorrelations(flow)
	return kinds, err
}

// field is the density of x_t over the plane of t and x.
func (w walk) field(l *suite.Lab, m *density.Mixture) (figure.Field, error) {
	tMin, _ := w.process.Horizon()
	f := figure.NewField(tMin, w.from, 41, -3.5, 3.5, 57, func(_, _ float64) float64 { return 0 })
	var t, x []float64
	for j := range f.NY {
		for i := range f.NX {
			t = append(t, f.X0+(f.X1-f.X0)*float64(i)/float64(f.NX-1))
			x = append(x, f.Y0+(f.Y1-f.Y0)*float64(j)/float64(f.NY-1))
		}
	}
	column := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, len(v), 1) }
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{Exp(m.Model(w.process).LogDensity(in[0], in[1]))}
	}, column(x), column(t))
	if err != nil {
		return f, err
	}
	f.Z = out[0]
	return f, nil
}

// lines are paths in the plane of t and x.
func (w walk) lines(l *suite.Lab, m *density.Mixture, k pathKind) ([]figure.Layer, error) {
	curves := make([]figure.Line, k.start.Shape().Dim(0))
	plan := diffusion.Plan{Build: m.Build(w.process), Sampler: k.sampler, Grid: k.grid, Noise: l.Key("travelling")}
	for s, err := range plan.Trace(l.Backend, k.start) {
		if err != nil {
			return nil, err
		}
		for i, x := range kit.Points(s.X).X {
			curves[i].X, curves[i].Y = append(curves[i].X, s.Time), append(curves[i].Y, x)
		}
	}
	return kit.Map(curves, func(c figure.Line) figure.Layer {
		c.Color, c.Width = figure.Vermillion, 1.1
		return c
	}), nil
}

// correlations are those of the forward process between the five times.
func (w walk) correlations(l *suite.Lab, m *density.Mixture) ([][]float64, error) {
	c, err := w.forward(l, m.Covariance()[0][0])
	if err != nil {
		return nil, err
	}
	return symmetric(len(c), func(i, j int) float64 { return c[i][j] / math.Sqrt(c[i][i]*c[j][j]) }), nil
}

func sampleCorrelations(p metrics.Points) ([][]float64, error) {
	c, err := metrics.Covariance(p)
	if err != nil {
		return nil, err
	}
	return symmetric(len(c), func(i, j int) float64 {
		return c[i][j].Center / math.Sqrt(c[i][i].Center*c[j][j].Center)
	}), nil
}

// matrix shows a correlation matrix between the five times.
func (w walk) matrix(c [][]float64) (figure.Panel, error) {
	times, err := w.times()
	if err != nil {
		return figure.Panel{}, err
	}
	n := len(c)
	last := float64(n - 1)
	field := figure.Field{X1: last, Y1: last, NX: n, NY: n}
	for j := range n {
		for i := range n {
			field.Z = append(field.Z, c[n-1-j][n-1-i]) // time rises to the right, as above
		}
	}
	label := "t = "
	for i := range times {
		if i > 0 {
			label += ", "
		}
		label += fmt.Sprintf("%.1f", times[n-1-i])
	}
	axis := figure.Axis{Label: label, Min: -.5, Max: last + .5, Hide: true}
	return figure.Panel{Title: fmt.Sprintf("corr(x_{0}, x_{2}) = %.2f", c[0][n-1]),
		Layers: []figure.Layer{figure.Heat{Field: field, Hi: 1, Cells: true}}, X: axis, Y: axis, EqualAspect: true}, nil
}
