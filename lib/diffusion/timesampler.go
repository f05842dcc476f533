package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// TimeSampler draws the times of an objective, for data x0 [batch, ...]: a column [batch, 1, ...], or a scalar if all
// samples have the same time.
type TimeSampler func(p Process, x0 *Node, r *random.Source) *Node

// Draw returns uniforms in (0, 1], one for each sample, in the shape of like, a column.
type Draw func(r *random.Source, like *Node) *Node

// Independent draws every sample's uniform separately, so it is independent of the batch that the sample is in.
func Independent(r *random.Source, like *Node) *Node { return r.Uniform(like) }

// LowDiscrepancy spreads the uniforms of a batch evenly: u0 + i/n modulo 1 for sample i of n, with one u0 for all
// (Kingma et al. 2021, appendix I.1). Each is uniform, and the mean of a loss over the batch varies less. The draw
// depends on the batch size, and each shard of a batch is spread separately.
func LowDiscrepancy(r *random.Source, like *Node) *Node {
	n := like.Shape().Dim(0)
	start := r.Uniform(Slice(like, AxisElem(0)))
	u := Add(MulScalar(Iota(like.Graph(), like.Shape(), 0), 1/float64(n)), start)
	return Where(GreaterThan(u, OnesLike(u)), AddScalar(u, -1), u)
}

// UniformTimes are uniform over the process's horizon.
func UniformTimes(draw Draw) TimeSampler {
	return func(p Process, x0 *Node, r *random.Source) *Node {
		must(draw != nil, "UniformTimes without a draw; give Independent or LowDiscrepancy")
		lo, hi := p.Horizon()
		return AddScalar(MulScalar(draw(r, perSample(x0)), hi-lo), lo)
	}
}

// WholeTimes are uniform on 1, 2, ..., last: the steps of a Table (Ho et al. 2020, algorithm 1).
func WholeTimes(draw Draw, last int) TimeSampler {
	return func(p Process, x0 *Node, r *random.Source) *Node {
		must(draw != nil, "WholeTimes without a draw; give Independent or LowDiscrepancy")
		must(last >= 1, "whole times run from 1 to %d; give a last of at least 1", last)
		_, end := p.Horizon()
		must(float64(last) <= end,
			"whole times run from 1 to %d, but the process ends at %g; give a last of its Table", last, end)
		return Ceil(MulScalar(draw(r, perSample(x0)), float64(last)))
	}
}

// LevelTimes are the times at which ln(sigma/alpha) is uniform over the horizon. Every decade of the noise level gets
// an equal share.
func LevelTimes(draw Draw) TimeSampler {
	return func(p Process, x0 *Node, r *random.Source) *Node {
		must(draw != nil, "LevelTimes without a draw; give Independent or LowDiscrepancy")
		u := draw(r, perSample(x0))
		lo, hi := horizon(p, u)
		first, last := Log(p.At(lo).Ratio()), Log(p.At(hi).Ratio())
		return timeAt(p, Exp(Add(first, Mul(u, Sub(last, first)))), lo, hi)
	}
}

// LogNormalTimes are the times at which ln(sigma/alpha) is N(mean, sd^2): -1.2 and 1.2 in Karras et al. 2022, table 1.
// Levels outside the horizon move to its ends.
func LogNormalTimes(mean, sd float64) TimeSampler {
	return func(p Process, x0 *Node, r *random.Source) *Node {
		must(finite(mean), "LogNormalTimes with mean %g of the logarithm; give a finite number, such as -1.2", mean)
		must(sd >= 0 && finite(sd),
			"LogNormalTimes with standard deviation %g of the logarithm; give 0 or more, such as 1.2", sd)
		z := r.Normal(perSample(x0))
		lo, hi := horizon(p, z)
		return timeAt(p, Exp(AddScalar(MulScalar(z, sd), mean)), lo, hi)
	}
}

// FixedTime is one time for all samples: one noise level, or the data themselves at t = 0.
func FixedTime(t float64) TimeSampler {
	return func(_ Process, x0 *Node, _ *random.Source) *Node {
		must(t >= 0 && finite(t), "FixedTime(%g); time counts from 0, the data", t)
		return Scalar(x0.Graph(), x0.DType(), t)
	}
}

// horizon is that of p, in the shape of like.
func horizon(p Process, like *Node) (lo, hi *Node) {
	tMin, tMax := p.Horizon()
	return AddScalar(ZerosLike(like), tMin), AddScalar(ZerosLike(like), tMax)
}
