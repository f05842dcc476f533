package guidance

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// populations are samples with weights, in groups that are independent of each other.
type populations struct {
	x       metrics.Points
	weights []float64 // sum to 1
	groups  int
	worth   float64 // mean effective sample size of a population, over its size
	agree   float64 // effective number of populations, over their number
}

// newPopulations reads samples and weights from a snapshot; without weights all are equal.
func newPopulations(s diffusion.Snapshot, groups int, weighted bool) (p populations, err error) {
	p.x, p.groups = kit.Points(s.X), groups
	logs := make([]float64, p.x.N)
	if weighted {
		if logs, err = diffusion.LogWeights(s); err != nil {
			return p, err
		}
	}
	top, sum := slices.Max(logs), 0.
	for _, l := range logs {
		sum += math.Exp(l - top)
	}
	size := p.x.N / groups
	whole := make([]float64, groups) // logarithms of the populations' weights
	for i, l := range logs {
		p.weights = append(p.weights, math.Exp(l-top)/sum)
		whole[i/size] += p.weights[i]
	}
	for g := range groups {
		p.worth += diffusion.EffectiveSize(logs[g*size:(g+1)*size]) / float64(size*groups)
	}
	p.agree = diffusion.EffectiveSize(kit.Map(whole, math.Log)) / float64(groups)
	return p, nil
}

// mean estimates E f from the values of f, with the standard error between populations.
func (p populations) mean(f func(i int) float64) (metrics.Summary, error) {
	sums, weights := make([]float64, p.groups), make([]float64, p.groups)
	size := p.x.N / p.groups
	for i, w := range p.weights {
		sums[i/size] += w * f(i)
		weights[i/size] += w
	}
	return metrics.Ratio(sums, weights)
}

// drawn are n points for a picture, in proportion to their weights, evenly over all populations.
func (p populations) drawn(n int) metrics.Points {
	out := metrics.Points{N: n, D: p.x.D}
	sum, i := p.weights[0], 0
	for k := range n {
		for at := (float64(k) + .5) / float64(n); sum < at && i+1 < p.x.N; {
			i++
			sum += p.weights[i]
		}
		out.X = append(out.X, p.x.Row(i)...)
	}
	return out
}

// particles go down a guided SDE in groups, with weights or without; noise is the name of their random stream.
type particles struct {
	build    diffusion.Build
	weighted bool
	groups   int
	grid     []float64
	noise    string
}

func (p particles) from(l *suite.Lab, start *tensors.Tensor) (populations, error) {
	var sampler diffusion.Sampler = diffusion.OneStep(diffusion.ReverseEulerMaruyama)
	if p.weighted {
		sampler = diffusion.FeynmanKac{Move: diffusion.ReverseEulerMaruyama,
			Population: start.Shape().Dim(0) / p.groups}
	}
	plan := diffusion.Plan{Build: p.build, Sampler: sampler, Grid: p.grid, Noise: l.Key(p.noise)}
	var last diffusion.Snapshot
	for s, err := range plan.Trace(l.Backend, start, len(p.grid)-1) {
		if err != nil {
			return populations{}, err
		}
		last = s
	}
	return newPopulations(last, p.groups, p.weighted)
}

// wider adds a known error to the interval of an estimate.
func wider(s metrics.Summary, by float64) metrics.Summary {
	s.Lo, s.Hi = s.Lo-by, s.Hi+by
	return s
}
