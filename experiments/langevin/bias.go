package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// settle runs independent chains of a sampler on N(0, v), started from N(0, v), over four relaxation times.
func settle(l *suite.Lab, sampler diffusion.Sampler, name string, v, delta float64) (diffusion.Snapshot, error) {
	target := kit.Normal([]float64{0}, v)
	name = fmt.Sprintf("%s v=%g delta=%g", name, v, delta)
	start, err := target.Sample(l.Backend, l.Key(name+" start"), l.Size(64_000, 1_280_000))
	if err != nil {
		return diffusion.Snapshot{}, err
	}
	// Twice the log of the contraction over 4 relaxation times leaves exp(-8) of a bias that is itself small.
	steps := int(math.Ceil(4 * v / delta))
	grid, err := diffusion.Uniform(0, delta*float64(steps), steps)
	if err != nil {
		return diffusion.Snapshot{}, err
	}
	if err := l.Progress(.7, "chains on N(0, v)"); err != nil {
		return diffusion.Snapshot{}, err
	}
	var end diffusion.Snapshot
	for s, err := range (diffusion.Plan{Build: kit.Static(target), Sampler: sampler, Grid: grid,
		Noise: l.Key(name)}).Trace(l.Backend, start, steps) {
		if err != nil {
			return diffusion.Snapshot{}, err
		}
		end = s
	}
	return end, nil
}

// stepBias is the stationary variance of the unadjusted chain on N(0, v) at some steps, by independent chains.
type stepBias struct {
	v      float64
	deltas []float64
	chains []metrics.Summary
}

// stationaryBias measures the stationary variance of the unadjusted chain on N(0, v): by its recursion, and by
// chains.
func stationaryBias(l *suite.Lab, r *suite.Report) error {
	table := suite.Table{Name: "bias", Caption: "Stationary variance of unadjusted Langevin dynamics with steps " +
		"delta on N(0, v): exact, by recursion, and of independent chains",
		Header: []string{"v", "delta", "exact", "recursion", "chains", "lo", "hi"}}
	biases := []stepBias{{v: .1}, {v: 1.9}}
	for i := range biases {
		b := &biases[i]
		for _, delta := range []float64{.01, .02, .05} {
			if err := b.measure(l, r, &table, delta); err != nil {
				return err
			}
		}
	}
	f, err := biasFigure(biases)
	r.Figures, r.Tables = append(r.Figures, f), append(r.Tables, table)
	return err
}

// measure compares both with the exact v/(1 - delta/(2v)).
func (b *stepBias) measure(l *suite.Lab, r *suite.Report, table *suite.Table, delta float64) error {
	langevin := diffusion.OneStep(diffusion.Langevin)
	step, err := kit.AffineSteps(l, langevin, diffusion.OU{}, b.v, 0, delta)
	if err != nil {
		return err
	}
	end, err := settle(l, langevin, "chains", b.v, delta)
	if err != nil {
		return err
	}
	chains, err := metrics.Variance(kit.Points(end.X).X)
	if err != nil {
		return err
	}
	exact, what := b.v/(1-delta/(2*b.v)), fmt.Sprintf("v = %g, delta = %g", b.v, delta)
	r.Add(
		suite.Equals{Claim: claims.D001DiscreteLangevin,
			Metric: "stationary variance by the step's own recursion, " + what,
			Got:    step.Stationary(), Want: exact, Tol: 1e-12, Why: kit.WhyRounding + " and of 1 - gain^2",
			Shows: suite.Qualified},
		suite.Near{Claim: claims.D002Langevin, Metric: "stationary variance of independent chains, " + what,
			Got: chains, Want: exact, Why: kit.WhySE, Shows: suite.Qualified})
	b.deltas, b.chains = append(b.deltas, delta), append(b.chains, chains)
	table.Rows = append(table.Rows, []any{b.v, delta, exact, step.Stationary(), chains.Center, chains.Lo, chains.Hi})
	return nil
}
