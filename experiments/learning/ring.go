package learning

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// learnedRing trains one sampler of the ring of eight Gaussians and counts its samples by mode.
func learnedRing(l *suite.Lab, r *suite.Report) error {
	if err := l.Progress(.75, "the ring of eight"); err != nil {
		return err
	}
	const n = 20_000 // in every profile: the bias of training must stay below the counting error
	r8 := density.Ring()
	m, err := kit.TrainOnPath(l, r8, kit.Keyed(kit.LearnedNet, l, "ring"), kit.LearnedSteps, "ring")
	if err != nil {
		return err
	}
	samples, err := m.Sample(l, n, "ring start")
	if err != nil {
		return err
	}
	count, err := countRing(samples)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "ring", Caption: "Share of 20,000 samples of the learned model nearest to each mode " +
		"of the ring, with five-standard-error limits (exact: 0.125)", Header: []string{"mode", "weight", "lo", "hi"}}
	for k, share := range count.shares {
		r.Add(suite.Near{Claim: claims.D002NoCollapse, Metric: fmt.Sprintf("weight of mode %d of the ring in %d "+
			"samples", k+1, n), Got: share, Want: 1. / 8,
			Why: kit.WhySE + "; the largest deviation of 16 modes, seeds 1 and 2, is 2.6"})
		table.Rows = append(table.Rows, []any{k + 1, share.Center, share.Lo, share.Hi})
	}
	r.Tables = append(r.Tables, table)
	return learnedRingFigure(l, r, samples, count)
}

// ringCount is how samples are distributed over the modes of the ring.
type ringCount struct {
	shares  []metrics.Summary // of the samples, nearest to each mode
	covered int               // modes with at least half of their weight
	stray   float64           // share of samples further from every mode than all but 1 in 1000 of the data
}

// countRing assigns each sample [n, 2] to its nearest mode, which by symmetry has exactly 1/8 of the mass.
func countRing(p metrics.Points) (ringCount, error) {
	modes := density.Ring().Components()
	in := make([][]float64, len(modes))
	for k := range in {
		in[k] = make([]float64, p.N)
	}
	far := -2 * modes[0].Cov[0][0] * math.Log(1e-3) // |x - mode|^2 is twice the variance times an exponential
	c := ringCount{}
	for i := range p.N {
		nearest, least := 0, math.Inf(1)
		for k, mode := range modes {
			dx, dy := p.X[2*i]-mode.Mean[0], p.X[2*i+1]-mode.Mean[1]
			if d := dx*dx + dy*dy; d < least {
				nearest, least = k, d
			}
		}
		in[nearest][i] = 1
		if least > far {
			c.stray += 1 / float64(p.N)
		}
	}
	for _, hits := range in {
		share, err := metrics.Mean(hits)
		if err != nil {
			return ringCount{}, err
		}
		c.shares = append(c.shares, share)
		if share.Center >= 1./16 {
			c.covered++
		}
	}
	return c, nil
}
