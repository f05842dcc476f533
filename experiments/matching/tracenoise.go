package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// chained is the correlation rho of neighbors in a stationary Gaussian chain x_1 .. x_d of unit variances. Its score -P
// x is linear: P has (1 + rho^2)/(1 - rho^2) on the diagonal, 1/(1 - rho^2) at its ends, and -rho/(1 - rho^2) beside
// it.
const chained = .5

// chainScore is the gradient of the chain's log density, from the innovations z_1 = x_1 and
// z_i = (x_i - rho x_{i-1})/(1 - rho^2)^(1/2).
func chainScore(x *Node) *Node {
	d := x.Shape().Dim(1)
	whiten := make([][]float64, d) // z = x W
	for i := range whiten {
		whiten[i] = make([]float64, d)
		whiten[i][i] = 1
		if i > 0 {
			whiten[i][i] = 1 / math.Sqrt(1-chained*chained)
			whiten[i-1][i] = -chained * whiten[i][i]
		}
	}
	z := Dot(x, ConstAs(x, whiten)).Product()
	return Gradient(MulScalar(ReduceAllSum(Square(z)), -.5), x)[0]
}

// chainTrace returns the trace of -P, and the variances of its estimate by normal and by Rademacher probes.
func chainTrace(d int) (trace, normal, rademacher float64) {
	scale, n := 1/(1-chained*chained), float64(d)
	inner := (1 + chained*chained) * scale
	diagonal := 2*scale*scale + (n-2)*inner*inner
	beside := 2 * (n - 1) * chained * chained * scale * scale
	return -(2*scale + (n-2)*inner), 2 * (diagonal + beside), 2 * beside
}

// traceEstimate is the estimate of the chain's trace by one kind of probe in one dimension.
type traceEstimate struct {
	probe          int // index in kit.Probes
	d              int
	trace, exact   float64         // the trace, and the variance of its estimate
	mean, variance metrics.Summary // over probes; the variance is about the trace
}

// traceNoise measures Hutchinson's estimate on the score of the chain, by kind of probe and dimension.
func traceNoise(l *suite.Lab, r *suite.Report) (all [][]traceEstimate, err error) {
	table := suite.Table{Name: "noise", Caption: "Variance of Hutchinson's estimate of the divergence of the score " +
		"of a Gaussian chain, exact and over probes (5-s.e. interval). Relative to the trace, the standard deviation " +
		"falls like 1/sqrt(d)", Header: []string{"d", "probe", "trace", "exact", "measured", "lo",
		"hi", "sd over trace"}}
	all = make([][]traceEstimate, len(kit.Probes))
	for k, p := range kit.Probes {
		for _, d := range countedDims {
			trace, normal, rademacher := chainTrace(d)
			e := traceEstimate{probe: k, d: d, trace: trace, exact: []float64{normal, rademacher}[k]}
			if err := e.measure(l); err != nil {
				return nil, err
			}
			table.Rows = append(table.Rows, []any{d, p.Name, trace, e.exact, e.variance.Center, e.variance.Lo,
				e.variance.Hi, e.relative(e.variance.Center)})
			if d == 2 || d == 16 || d == 256 {
				e.check(r)
			}
			all[k] = append(all[k], e)
		}
	}
	r.Tables = append(r.Tables, table)
	return all, l.Progress(.4, "learning in 8 dimensions")
}

// relative is the standard deviation in units of the absolute trace. The trace is negative.
func (e traceEstimate) relative(variance float64) float64 { return -math.Sqrt(variance) / e.trace }

// measure estimates mean and variance over probes.
func (e *traceEstimate) measure(l *suite.Lab) error {
	n, p := l.Size(4000, 40_000), kit.Probes[e.probe]
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x := Zeros(in[0].Graph(), shapes.Make(dtypes.Float64, n, e.d))
		v := p.Draw(random.New(x.Graph(), l.Key(fmt.Sprint("probes ", p.Name, e.d))), x)
		return []*Node{diffusion.Hutchinson(chainScore, x, v)}
	}, 0.)
	if err != nil {
		return err
	}
	if e.variance, err = metrics.MeanOf(n, func(i int) float64 { return math.Pow(out[0][i]-e.trace, 2) }); err != nil {
		return err
	}
	e.mean, err = metrics.Mean(out[0])
	return err
}

// check compares mean and variance with the exact ones.
func (e traceEstimate) check(r *suite.Report) {
	probe := kit.Probes[e.probe].Name
	r.Add(
		kit.NearReference{Claim: claims.D001Hutchinson,
			Metric: fmt.Sprintf("divergence of the score of a Gaussian chain of %d, by %s probes", e.d, probe),
			Got:    e.mean, Want: e.trace, SE: 1e-13 * math.Abs(e.trace),
			Why: kit.WhySE + " and rounding; exact by hand"},
		kit.NearReference{Claim: claims.D002Hutchinson,
			Metric: fmt.Sprintf("variance of that estimate about the trace, d = %d, %s probes", e.d, probe),
			Got:    e.variance, Want: e.exact, SE: 1e-12 * e.exact,
			Why: kit.WhySE + " and rounding, since in two dimensions all Rademacher estimates have the same error up " +
				"to its sign; exact by hand: 2|S|^2, less the diagonal for Rademacher"})
}
