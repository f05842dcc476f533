package reverse

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// Anderson's theorem is about the distribution of the whole path. On Gaussian data that is the covariance at every pair
// of times. This file computes it without sampling; particles.go measures particles, and data that are not Gaussian.

// walk is a process between its own tMin and the time from, where the way back starts.
type walk struct {
	name    string
	process diffusion.Process
	from    float64
}

var (
	ouWalk = walk{"OU", diffusion.OU{}, 2}
	walks  = []walk{ouWalk, {"VP", diffusion.VP{}, 1}}
)

// pathVariance is that of the Gaussian data.
const pathVariance = .25

// stops are the steps after which a way back of n steps is measured, the start first. There are five; n is a
// multiple of 20.
func (walk) stops(n int) []int { return []int{0, n / 2, n * 3 / 4, n * 9 / 10, n} }

// grid is n equal steps back.
func (w walk) grid(n int) ([]float64, error) {
	tMin, _ := w.process.Horizon()
	return diffusion.Uniform(w.from, tMin, n)
}

// times are the five times.
func (w walk) times() ([]float64, error) {
	grid, err := w.grid(20)
	if err != nil {
		return nil, err
	}
	return kit.Map(w.stops(20), func(i int) float64 { return grid[i] }), nil
}

// forward is the covariance of the process itself between the five times, [5][5], on data of the given variance: the
// variance at the earlier time, times the ratio of the alphas.
func (w walk) forward(l *suite.Lab, data float64) ([][]float64, error) {
	times, err := w.times()
	if err != nil {
		return nil, err
	}
	alpha, variance := make([]float64, len(times)), make([]float64, len(times))
	for i, t := range times {
		a, sigma, err := diffusion.PathAt(l.Backend, w.process, t)
		if err != nil {
			return nil, err
		}
		alpha[i], variance[i] = a, a*a*data+sigma*sigma
	}
	return symmetric(len(times), func(i, j int) float64 { return alpha[i] / alpha[j] * variance[j] }), nil
}

// back is the covariance between the five times of a chain of n steps that starts with the given variance.
func (w walk) back(a *affine.Sampler, start float64, n int) ([][]float64, error) {
	grid, err := w.grid(n)
	if err != nil {
		return nil, err
	}
	stops := w.stops(n)
	variance, gains := []float64{start}, []float64{1}
	for k := 1; k < len(stops); k++ {
		stretch, err := a.Over(grid[stops[k-1] : stops[k]+1])
		if err != nil {
			return nil, err
		}
		variance = append(variance, stretch.Variance(variance[k-1]))
		gains = append(gains, stretch.Gain)
	}
	return symmetric(len(stops), func(i, j int) float64 {
		c := variance[i]
		for k := i + 1; k <= j; k++ {
			c *= gains[k]
		}
		return c
	}), nil
}

// symmetric is the matrix with entry f(i, j) for i <= j.
func symmetric(n int, f func(i, j int) float64) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	for i := range n {
		for j := i; j < n; j++ {
			m[i][j] = f(i, j)
			m[j][i] = m[i][j]
		}
	}
	return m
}

// farthest is the largest difference of two matrices.
func farthest(a, b [][]float64) float64 {
	worst := 0.
	for i := range a {
		for j := range a[i] {
			worst = math.Max(worst, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return worst
}

// startToEnd is the correlation of the first and the last.
func startToEnd(c [][]float64) float64 {
	last := len(c) - 1
	return c[0][last] / math.Sqrt(c[0][0]*c[last][last])
}

// reversedPath compares the covariance of the reverse SDE's path with that of the forward process; and that of the
// probability flow with the product of the standard deviations.
func reversedPath(l *suite.Lab, r *suite.Report) error {
	for _, w := range walks {
		want, err := w.forward(l, pathVariance)
		if err != nil {
			return err
		}
		if err := w.reverse(l, r, want); err != nil {
			return err
		}
		if err := w.flow(l, r, want); err != nil {
			return err
		}
	}
	return l.Progress(.65, "particles of the path")
}

// reverse takes chains of the reverse SDE with more and more steps, and extrapolates to their limit.
func (w walk) reverse(l *suite.Lab, r *suite.Report, want [][]float64) error {
	a, err := affine.Of(l.Backend, diffusion.OneStep(diffusion.ReverseEulerMaruyama),
		kit.NormalModel(w.process, pathVariance))
	if err != nil {
		return err
	}
	defer a.Finalize()
	steps := []int{40, 80, 160, 320, 640}
	var at, worst []float64
	var chains [][][]float64
	for _, n := range steps {
		c, err := w.back(a, want[0][0], n)
		if err != nil {
			return err
		}
		chains, at, worst = append(chains, c), append(at, float64(n)), append(worst, farthest(c, want))
	}
	slope, err := metrics.LogSlope(at, worst)
	if err != nil {
		return err
	}
	extrapolated := symmetric(len(want), func(i, j int) float64 {
		return kit.StepLimit(kit.Map(chains, func(c [][]float64) float64 { return c[i][j] }))
	})
	r.Add(
		suite.Equals{Claim: claims.D001PathLaw, Metric: fmt.Sprintf("order at which cov(x_s, x_t) of the reverse SDE "+
			"at 5 times nears that of the forward process, %s", w.name), Got: -slope.Center, Want: 1, Tol: .15,
			Why: "Euler-Maruyama has weak order 1; the next terms bend the slope between 40 and 640 steps"},
		suite.Below{Claim: claims.D001PathLaw, Metric: fmt.Sprintf("largest |cov(x_s, x_t) of the reverse SDE - cov "+
			"of the forward process| at 5 times, in the limit of steps to 0, %s", w.name),
			Got: farthest(extrapolated, want), Bound: 1e-7,
			Why: "five step sizes extrapolated: the sixth power of the first step, 1/20, is 2e-8"})
	r.Add(suite.Equals{Claim: claims.D001PathLaw, Metric: "correlation of start and end along the reverse SDE, in " +
		"the limit of steps to 0, " + w.name, Got: startToEnd(extrapolated), Want: startToEnd(want), Tol: 1e-7,
		Why: "the same limit; exact by the path distribution"})
	r.Tables = append(r.Tables, suite.Table{Name: "path-" + w.name, Caption: "Largest error of cov(x_s, x_t) at five " +
		"times along the reverse SDE, against the number of steps: " + w.name + ", N(0, 0.25) data",
		Header: []string{"steps", "error"},
		Rows:   kit.Rows(at, worst)})
	return nil
}

// flow runs the probability flow, which has one curve through every point: x_t is a multiple of x_s.
func (w walk) flow(l *suite.Lab, r *suite.Report, want [][]float64) error {
	a, err := affine.Of(l.Backend, diffusion.Flow(diffusion.ClassicMethod), kit.NormalModel(w.process, pathVariance))
	if err != nil {
		return err
	}
	defer a.Finalize()
	got, err := w.back(a, want[0][0], 400)
	if err != nil {
		return err
	}
	apart, rigid := 0., symmetric(len(want), func(i, j int) float64 { return math.Sqrt(want[i][i] * want[j][j]) })
	for i := range want {
		apart = math.Max(apart, math.Abs(got[i][i]-want[i][i]))
	}
	const why = "400 steps of order 4"
	r.Add(
		suite.Below{Claim: claims.D003FlowCounterpart, Metric: "largest difference of the probability flow's " +
			"variance from that of the forward process at 5 times, " + w.name, Got: apart, Bound: 1e-8, Why: why},
		suite.Below{Claim: claims.D003FlowCounterpart, Metric: "largest |cov(x_s, x_t) of the probability flow - the " +
			"product of the standard deviations|, " + w.name, Got: farthest(got, rigid), Bound: 1e-8,
			Why: why, Shows: suite.Qualified},
		suite.Equals{Claim: claims.D003FlowCounterpart, Metric: "correlation of start and end along the probability " +
			"flow, " + w.name, Got: startToEnd(got), Want: 1, Tol: 1e-8, Why: why, Shows: suite.Qualified})
	return nil
}
