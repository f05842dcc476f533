package forward

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// orderLevels are the numbers of steps to T = 1, each dividing the last.
var orderLevels = []int{8, 16, 32, 64, 128}

// orderErrors are the errors of Euler-Maruyama at T = 1, by number of steps: the root mean square distance from the
// exact path and the error of the variance, both exact, and the former as measured on paths.
type orderErrors struct {
	steps, strong, weak []float64
	square              []metrics.Summary // mean squared distance, measured
}

// forwardOrders measures the strong and the weak order of Euler-Maruyama on dx = -x dt + sqrt(2) dB from x = 1:
// exactly, by a recursion of moments, and on paths that share their Brownian motion with the exact solution.
func forwardOrders(l *suite.Lab, r *suite.Report) error {
	paths, err := coupledPaths(l)
	if err != nil {
		return err
	}
	exactVariance := -math.Expm1(-2)
	e, err := measureOrders(paths, exactVariance)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "orders", Caption: "Errors of Euler-Maruyama at T = 1 by number of steps: root mean " +
		"square distance to the exact path (exact, then measured with 5 s.e.), and error of the variance",
		Header: []string{"steps", "strong (RMS)", "measured", "lo", "hi", "weak (variance)"}}
	for i, n := range orderLevels {
		rms, square := e.strong[i], e.square[i]
		r.Add(suite.Near{Claim: claims.D004EulerMaruyama, Metric: fmt.Sprintf("mean squared distance from the exact "+
			"path, %d steps", n), Got: square, Want: rms * rms,
			Why: kit.WhySE + "; exact by the recursion of the joint moments"})
		table.Rows = append(table.Rows, []any{n, rms, math.Sqrt(square.Center), math.Sqrt(square.Lo),
			math.Sqrt(square.Hi), e.weak[i]})
	}
	// The exact path ends in N(exp(-1), 1 - exp(-2)).
	variance, err := metrics.Variance(paths.Col(0))
	if err != nil {
		return err
	}
	r.Add(suite.Near{Claim: claims.D001OneJump, Metric: fmt.Sprintf("variance of the exact path of %d joint increments",
		orderLevels[len(orderLevels)-1]), Got: variance, Want: exactVariance, Why: kit.WhySE})
	for _, o := range []struct {
		name   string
		errors []float64
		tol    float64
	}{{"strong", e.strong, .1}, {"weak", e.weak, .05}} {
		slope, err := metrics.LogSlope(e.steps, o.errors)
		if err != nil {
			return err
		}
		r.Add(suite.Equals{Claim: claims.D004EulerMaruyama, Metric: o.name + " order between 8 and 128 steps",
			Got: -slope.Center, Want: 1, Tol: o.tol,
			Why: "theory: order 1 (the strong order too, since the noise is additive); the next term of the error " +
				"bends the slope of the first steps by a few percent", Shows: suite.Qualified})
	}
	f, err := ordersFigure(e)
	r.Figures, r.Tables = append(r.Figures, f), append(r.Tables, table)
	return err
}

// measureOrders finds the errors at every level, exactly and on the coupled paths.
func measureOrders(paths metrics.Points, exactVariance float64) (e orderErrors, err error) {
	for i, n := range orderLevels {
		rms, variance := emErrors(n, exactVariance)
		e.steps, e.strong, e.weak = append(e.steps, float64(n)), append(e.strong, rms), append(e.weak, variance)
		square, err := metrics.MeanOf(paths.N, func(k int) float64 {
			row := paths.Row(k)
			return (row[i+1] - row[0]) * (row[i+1] - row[0])
		})
		if err != nil {
			return e, err
		}
		e.square = append(e.square, square)
	}
	return e, nil
}

// emErrors returns the root mean square distance between n Euler-Maruyama steps and the exact path with the same
// Brownian motion, and the error of their variance. Over a step h the exact noise has variance 1 - exp(-2h), that of
// the scheme 2h, and their covariance is 2 (1 - exp(-h)).
func emErrors(n int, exactVariance float64) (rms, variance float64) {
	h := 1 / float64(n)
	a, b := math.Exp(-h), 1-h
	xx, xy, yy, mean := 1., 1., 1., 1.
	for range n {
		xx, xy, yy, mean = a*a*xx-math.Expm1(-2*h), a*b*xy-2*math.Expm1(-h), b*b*yy+2*h, b*mean
	}
	return math.Sqrt(xx - 2*xy + yy), math.Abs(yy - mean*mean - exactVariance)
}

// coupledPaths runs the exact solution (column 0) and Euler-Maruyama at every level (the others) on one Brownian
// motion.
func coupledPaths(l *suite.Lab) (metrics.Points, error) {
	n, columns := l.Size(20_000, 200_000), len(orderLevels)+1
	start := make([]float64, n*columns)
	for i := range start {
		start[i] = 1
	}
	finest := orderLevels[len(orderLevels)-1]
	grid, err := diffusion.Uniform(0, 1, finest)
	if err != nil {
		return metrics.Points{}, err
	}
	build := diffusion.Fixed(func() diffusion.Model { return diffusion.Model{Process: diffusion.OU{}} })
	end, err := diffusion.Plan{Build: build, Sampler: coupled{}, Grid: grid, Noise: l.Key("coupled paths")}.Run(
		l.Backend, tensors.FromFlatDataAndDimensions(start, n, columns))
	if err != nil {
		return metrics.Points{}, err
	}
	return kit.Points(end), nil
}

// coupled steps the exact solution on the finest grid, and each coarser chain when its own step is complete. It
// carries the Brownian increment that each chain has accumulated, [n, levels].
type coupled struct{}

// Init implements diffusion.Sampler.
func (coupled) Init(_ diffusion.Model, x *Node, _ *random.Source) []*Node {
	return []*Node{Zeros(x.Graph(), shapes.Make(x.DType(), x.Shape().Dim(0), len(orderLevels)))}
}

// Step implements diffusion.Sampler.
func (coupled) Step(_ diffusion.Model, s diffusion.Span, x *Node, carry []*Node, r *random.Source) (*Node, []*Node) {
	finest := orderLevels[len(orderLevels)-1]
	column := func(m *Node, i int) *Node { return Slice(m, AxisRange(), AxisElem(i)) }
	h := 1 / float64(finest)
	dw := MulScalar(r.Normal(column(x, 0)), math.Sqrt(h))
	next := []*Node{kit.ExactOU(column(x, 0), dw, r.Normal(dw), h)}
	var gathered []*Node
	for i, n := range orderLevels {
		w := Add(column(carry[0], i), dw)
		y := column(x, i+1)
		dt := 1 / float64(n)
		moved := Add(MulScalar(y, 1-dt), MulScalar(w, math.Sqrt2))
		full := Equal(ModScalar(AddScalar(s.Index, 1), finest/n), ScalarZero(x.Graph(), dtypes.Int32))
		full = BroadcastToDims(full, w.Shape().Dimensions...)
		next = append(next, Where(full, moved, y))
		gathered = append(gathered, Where(full, ZerosLike(w), w))
	}
	return Concatenate(next, 1), []*Node{Concatenate(gathered, 1)}
}
