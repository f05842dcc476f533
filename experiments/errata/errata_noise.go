package errata

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// 001 writes the reversed equation with dB_t, the noise of its forward equation; 000 with the increments of another
// Brownian motion. Along one path both equations hold only if dB'_t = dB_t + g score dt. On N(0, v) data and the
// Ornstein-Uhlenbeck path that is dB_t - sqrt(2) x/V_t dt, where V_t is the variance of x_t. The increments of B are
// correlated with the later path, where a step back starts. Those of B' are not.
const (
	watchedVariance = .25
	watchedFrom     = .25 // the watched increments are those over [0.25, 0.5]
	watchedLength   = .25
	watchedSteps    = 50 // of each length: the trapezoidal rule below errs by 1e-6
)

// watch moves a path (column 0) and sums the increments of B (column 1) and B' (column 2).
func watch(m diffusion.Model, s diffusion.Span, x *Node, r *random.Source) *Node {
	const h = watchedLength / watchedSteps
	column := func(i int) *Node { return Slice(x, AxisRange(), AxisElem(i)) }
	dB := MulScalar(r.Normal(column(0)), math.Sqrt(h))
	next := kit.ExactOU(column(0), dB, r.Normal(dB), h)
	_, g2 := m.At(s.From).Rates()
	drift := MulScalar(Add(m.ScoreAt(column(0), s.From), m.ScoreAt(next, s.To)), h/2)
	reverse := Add(dB, Mul(Sqrt(g2), drift))
	return Concatenate([]*Node{next, Add(column(1), dB), Add(column(2), reverse)}, 1)
}

// reversedNoise measures which increments are independent of the later path, and what the others lead to.
func reversedNoise(l *suite.Lab, r *suite.Report) error {
	covariance, err := watchedCovariance(l)
	if err != nil {
		return err
	}
	// Rows: the increment of B over the first length, of B' over it, of B' over the second, x at the end of each
	// length.
	const forward, reverse, second = 0, 1, 2
	var later []float64
	for k := range 3 {
		t := watchedFrom + watchedLength*float64(k+1)
		want := forwardCovariance(t)
		r.Add(
			suite.Near{Claim: claims.D001ReversalNoise,
				Metric: fmt.Sprintf("covariance of the forward noise over [0.25, 0.5] with x later, at t = %g", t),
				Got:    covariance[forward][3+k], Want: want, Why: kit.WhySE, Shows: suite.Qualified},
			suite.Near{Claim: claims.D000ReverseNoise,
				Metric: fmt.Sprintf("covariance of the reverse-time noise over [0.25, 0.5] with x later, at t = %g", t),
				Got:    covariance[reverse][3+k], Want: 0, Why: kit.WhySE})
		later = append(later, t)
	}
	r.Add(
		suite.Near{Claim: claims.D000ReverseNoise, Metric: "variance of the reverse-time noise over [0.25, 0.5]",
			Got: covariance[reverse][reverse], Want: watchedLength, Why: kit.WhySE},
		suite.Near{Claim: claims.D000ReverseNoise, Metric: "covariance of the reverse-time noise over [0.25, 0.5] " +
			"and over [0.5, 0.75]", Got: covariance[reverse][second], Want: 0, Why: kit.WhySE})
	if err := ownNoiseBack(l, r); err != nil {
		return err
	}
	f, err := reversedNoiseFigure(later, covariance[forward][3:], covariance[reverse][3:])
	r.Figures = append(r.Figures, f)
	return err
}

// forwardCovariance is cov(B_0.5 - B_0.25, x_t) for t from 0.5 on.
func forwardCovariance(t float64) float64 {
	return -math.Sqrt2 * math.Expm1(-watchedLength) * math.Exp(watchedFrom+watchedLength-t)
}

// watchedCovariance is the covariance, [6][6], of the increments of B and of B' over the first length, of B' over
// the second, and of x at the ends of three lengths.
func watchedCovariance(l *suite.Lab) ([][]metrics.Summary, error) {
	n := l.Size(20_000, 200_000)
	data := kit.Normal([]float64{0}, watchedVariance)
	noised, err := data.At(l.Backend, diffusion.OU{}, watchedFrom)
	if err != nil {
		return nil, err
	}
	x, err := noised.Sample(l.Backend, l.Key("watched start"), n)
	if err != nil {
		return nil, err
	}
	start := make([]float64, 3*n)
	for i, v := range kit.Points(x).X {
		start[3*i] = v
	}
	grid, err := diffusion.Uniform(watchedFrom, watchedFrom+3*watchedLength, 3*watchedSteps)
	if err != nil {
		return nil, err
	}
	var at []metrics.Points
	plan := diffusion.Plan{Build: data.Build(diffusion.OU{}), Sampler: diffusion.OneStep(watch), Grid: grid,
		Noise: l.Key("watched")}
	for s, err := range plan.Trace(l.Backend, tensors.FromFlatDataAndDimensions(start, n, 3), watchedSteps,
		2*watchedSteps, 3*watchedSteps) {
		if err != nil {
			return nil, err
		}
		at = append(at, kit.Points(s.X))
	}
	rows := make([][]float64, n)
	for i := range rows {
		first, second, third := at[1].Row(i), at[2].Row(i), at[3].Row(i)
		rows[i] = []float64{first[1], first[2], second[2] - first[2], first[0], second[0], third[0]}
	}
	p, err := metrics.PointsOf(rows)
	if err != nil {
		return nil, err
	}
	return metrics.Covariance(p)
}

// ownNoiseBack runs the printed equation from x_T of a forward chain to t = 0, driven by the increments of that
// chain and by fresh ones. It extrapolates the variance there to steps of 0.
func ownNoiseBack(l *suite.Lab, r *suite.Report) error {
	const T, v = .5, watchedVariance
	forward, err := affine.Of(l.Backend, diffusion.OneStep(diffusion.EulerMaruyama), kit.NormalModel(diffusion.OU{}, v))
	if err != nil {
		return err
	}
	defer forward.Finalize()
	reverse, err := affine.Of(l.Backend, diffusion.OneStep(diffusion.ReverseEulerMaruyama),
		kit.NormalModel(diffusion.OU{}, v))
	if err != nil {
		return err
	}
	defer reverse.Finalize()
	var own, fresh []float64
	for _, n := range []int{40, 80, 160, 320, 640} {
		grid, err := diffusion.Uniform(0, T, n)
		if err != nil {
			return err
		}
		// x is the path as weights of its independent normals: the data's, and one a step.
		x := make([]float64, n+1)
		x[0] = math.Sqrt(v)
		for k := 1; k <= n; k++ {
			step, err := forward.Step(grid[k-1], grid[k])
			if err != nil {
				return err
			}
			for i := range k {
				x[i] *= step.Gain
			}
			x[k] = step.Noise
		}
		variance := kit.SquaredNorm(x)
		for k := n; k >= 1; k-- {
			step, err := reverse.Step(grid[k], grid[k-1])
			if err != nil {
				return err
			}
			for i := range x {
				x[i] *= step.Gain
			}
			x[k] -= step.Noise // going back, dB_t is the forward increment with the other sign
			variance = step.Variance(variance)
		}
		own, fresh = append(own, kit.SquaredNorm(x)), append(fresh, variance)
	}
	const why = "chains of 40 to 640 steps, extrapolated"
	r.Add(
		suite.Equals{Claim: claims.D001ReversalNoise, Metric: "variance that the reversed equation returns to t = 0 " +
			"from x_0.5 when driven by the forward path's own noise; the data has 0.25",
			Got: kit.StepLimit(own), Want: ownNoise(v, T), Tol: 1e-7, Why: why, Shows: suite.Qualified},
		suite.Equals{Claim: claims.D000ReverseNoise, Metric: "variance that the reversed equation returns to t = 0 " +
			"from x_0.5 when driven by independent noise", Got: kit.StepLimit(fresh), Want: v, Tol: 1e-7, Why: why})
	return nil
}

// ownNoise is the variance at t = 0 of the solution of the reversed equation that starts at x_T and is driven by the
// Brownian motion of the forward path. Its distance d from that path solves dd/dt = (2/V - 1) d + 2x/V back from d_T
// = 0. So it ends at y = x_0 - 2v int_0^T exp(-t) x_t / V_t^2 dt. With c = 1 - v the integrals of its variance are
// elementary.
func ownNoise(v, T float64) float64 {
	c := 1 - v
	end := 1 - c*math.Exp(-2*T)
	inverse := math.Log((math.Exp(2*T)-c)/v) / 2 // int 1/V
	span := 1/v - 1/end
	return v + 2*v*v/c*(2*(inverse+span/2-inverse/end)-span)
}
