package reverse

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// trajectories runs n particles from exact samples at the start of the walk. It returns their positions at the five
// times, one row a particle.
func (w walk) trajectories(l *suite.Lab, m *density.Mixture, sampler diffusion.OneStep, n, steps int, name string) (
	metrics.Points, error) {
	grid, err := w.grid(steps)
	if err != nil {
		return metrics.Points{}, err
	}
	start, err := w.start(l, m, n, name)
	if err != nil {
		return metrics.Points{}, err
	}
	stops := w.stops(steps)
	p := metrics.Points{N: n, D: len(stops), X: make([]float64, n*len(stops))}
	column := 0
	for s, err := range (diffusion.Plan{Build: m.Build(w.process), Sampler: sampler, Grid: grid,
		Noise: l.Key(name)}).Trace(l.Backend, start, stops[1:]...) {
		if err != nil {
			return p, err
		}
		for i, x := range kit.Points(s.X).X {
			p.X[i*p.D+column] = x
		}
		column++
	}
	return p, nil
}

// start draws samples of the process at the walk's start.
func (w walk) start(l *suite.Lab, m *density.Mixture, n int, name string) (*tensors.Tensor, error) {
	noised, err := m.At(l.Backend, w.process, w.from)
	if err != nil {
		return nil, err
	}
	return noised.Sample(l.Backend, l.Key(name+" start"), n)
}

// pathParticles measures the distribution of the path on particles: the whole covariance matrix on Gaussian data,
// and joint statistics of two times on G1, which no covariance determines.
func pathParticles(l *suite.Lab, r *suite.Report) error {
	if err := particleCovariance(l, r); err != nil {
		return err
	}
	return jointStatistics(l, r)
}

// particleCovariance compares 20,000 particles after 200 steps with the exact covariance of the chain.
func particleCovariance(l *suite.Lab, r *suite.Report) error {
	const steps = 200
	w := ouWalk
	forward, err := w.forward(l, pathVariance)
	if err != nil {
		return err
	}
	sampler := diffusion.OneStep(diffusion.ReverseEulerMaruyama)
	a, err := affine.Of(l.Backend, sampler, kit.NormalModel(w.process, pathVariance))
	if err != nil {
		return err
	}
	defer a.Finalize()
	chain, err := w.back(a, forward[0][0], steps)
	if err != nil {
		return err
	}
	p, err := w.trajectories(l, kit.Normal([]float64{0}, pathVariance), sampler, l.Size(20_000, 200_000), steps,
		"Gaussian path")
	if err != nil {
		return err
	}
	got, err := metrics.Covariance(p)
	if err != nil {
		return err
	}
	times, err := w.times()
	if err != nil {
		return err
	}
	table := suite.Table{Name: "covariance", Caption: "Covariance of x_s and x_t along 200 steps of the reverse " +
		"SDE (OU, N(0, 0.25) data): of particles, of the chain by recursion, and of the forward process",
		Header: []string{"s", "t", "particles", "lo", "hi", "the chain, exactly", "the forward process"}}
	for i := range times {
		for j := i; j < len(times); j++ {
			r.Add(suite.Near{Claim: claims.D001PathLaw, Metric: fmt.Sprintf("cov(x_s, x_t) of particles on OU, 200 "+
				"steps back, s = %.1f, t = %.1f", times[i], times[j]), Got: got[i][j], Want: chain[i][j],
				Why: kit.WhySE + "; exact by the chain's recursion, 0.01 at most from the forward process"})
			table.Rows = append(table.Rows, []any{times[i], times[j], got[i][j].Center, got[i][j].Lo, got[i][j].Hi,
				chain[i][j], forward[i][j]})
		}
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// jointStatistics compares two statistics of G1's path, at its end and at an earlier time of the way back, with the
// forward process: the share of equal signs, and E[x_t^2 x_0^2].
func jointStatistics(l *suite.Lab, r *suite.Report) error {
	w, g1, n := ouWalk, density.Bimodal(), l.Size(20_000, 200_000)
	sde := make([]metrics.Points, 2)
	for i, steps := range []int{100, 200} {
		var err error
		if sde[i], err = w.trajectories(l, g1, diffusion.ReverseEulerMaruyama, n, steps,
			fmt.Sprintf("G1 path %d", steps)); err != nil {
			return err
		}
	}
	flow, err := w.trajectories(l, g1, diffusion.Flow(diffusion.ClassicMethod), n, 60, "G1 flow")
	if err != nil {
		return err
	}
	times, err := w.times()
	if err != nil {
		return err
	}
	last := len(times) - 1
	const why = kit.WhySE + "; 200 steps and 100 extrapolated to none"
	for j := 1; j < last; j++ {
		pair, err := w.pair(l, g1, times[last], times[j])
		if err != nil {
			return err
		}
		same := func(row []float64) float64 {
			if (row[j] > 0) == (row[last] > 0) {
				return 1
			}
			return 0
		}
		squares := func(row []float64) float64 { return row[j] * row[j] * row[last] * row[last] }
		share, err := extrapolated(sde, same)
		if err != nil {
			return err
		}
		mixed, err := extrapolated(sde, squares)
		if err != nil {
			return err
		}
		rigid, err := metrics.MeanOf(flow.N, func(i int) float64 { return same(flow.Row(i)) })
		if err != nil {
			return err
		}
		at := fmt.Sprintf(" at t = %.1f", times[j])
		r.Add(
			suite.Near{Claim: claims.D001PathLaw, Metric: "share of G1's reverse paths with the sign of their end " +
				"already" + at, Got: share, Want: pair.sameSign(), Why: why},
			suite.Near{Claim: claims.D001PathLaw, Metric: "E[x_t^2 x_0^2] over G1's reverse paths" + at,
				Got: mixed, Want: pair.mixedSquares(), Why: why},
			suite.Near{Claim: claims.D003FlowCounterpart, Metric: "share of G1's flow lines with the sign of their " +
				"end already" + at, Got: rigid, Want: pair.rigidSign(), Why: kit.WhySE, Shows: suite.Qualified})
	}
	return pathFigure(l, r, w, g1, sde[1], flow)
}

// extrapolated is the mean of f over paths in the limit of the step to 0. The first paths have a step, the second half
// of it. The error of a weak scheme of order 1 is a series in the step (Talay and Tubaro 1990).
func extrapolated(paths []metrics.Points, f func(row []float64) float64) (metrics.Summary, error) {
	var s [2]metrics.Summary
	for i, p := range paths {
		var err error
		if s[i], err = metrics.MeanOf(p.N, func(k int) float64 { return f(p.Row(k)) }); err != nil {
			return s[i], err
		}
	}
	center, half := 2*s[1].Center-s[0].Center, math.Hypot(2*s[1].Half(), s[0].Half())
	return metrics.Summary{Center: center, Lo: center - half, Hi: center + half, N: s[1].N}, nil
}

// pair is the joint distribution of a forward path at an early and a late time: x_late = a x_early + spread z.
type pair struct {
	early, late *density.Mixture
	a, spread   float64
}

func (w walk) pair(l *suite.Lab, m *density.Mixture, early, late float64) (p pair, err error) {
	var alpha, sigma [2]float64
	var at [2]*density.Mixture
	for i, t := range []float64{early, late} {
		if alpha[i], sigma[i], err = diffusion.PathAt(l.Backend, w.process, t); err != nil {
			return p, err
		}
		if at[i], err = m.Noised(alpha[i], sigma[i]); err != nil {
			return p, err
		}
	}
	a := alpha[1] / alpha[0]
	return pair{at[0], at[1], a, math.Sqrt(sigma[1]*sigma[1] - a*a*sigma[0]*sigma[0])}, nil
}

// sameSign is P(x_early x_late > 0), by quadrature over x_early: the midpoint rule in its distribution function, with
// the kink at 0 between two cells.
func (p pair) sameSign() float64 {
	const reach, cells = 10., 40_000 // G1 ends at 7 standard deviations
	sum, last := 0., 0.
	for i := range cells {
		x := reach * (2*float64(i+1)/cells - 1)
		next := p.early.CDF(x)
		middle := math.Abs(x - reach/cells)
		sum += (next - last) * math.Erfc(-p.a*middle/(p.spread*math.Sqrt2)) / 2
		last = next
	}
	return sum
}

// mixedSquares is E[x_early^2 x_late^2].
func (p pair) mixedSquares() float64 {
	second, fourth := 0., 0.
	for _, c := range p.early.Components() {
		m2, v := c.Mean[0]*c.Mean[0], c.Cov[0][0]
		second += c.Weight * (m2 + v)
		fourth += c.Weight * (m2*m2 + 6*m2*v + 3*v*v)
	}
	return p.a*p.a*fourth + p.spread*p.spread*second
}

// rigidSign is the share of flow lines with the same sign at both times. Flow lines never cross, so each keeps its
// quantile; those between the two quantiles of 0 change sign.
func (p pair) rigidSign() float64 { return 1 - math.Abs(p.early.CDF(0)-p.late.CDF(0)) }
