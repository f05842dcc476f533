package learning

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

// levelRule is Gauss-Legendre quadrature over the levels of kit.NoiseLevels, uniform in ln sigma like the times of
// training: nodes and the logarithms of their weights, which sum to 1.
func levelRule(nodes int) (sigma, logWeight []float64) {
	from, to := math.Log(kit.NoiseLevels.SigmaMin), math.Log(kit.NoiseLevels.SigmaMax)
	sigma, logWeight = make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(sigma, logWeight, from, to)
	for k := range sigma {
		sigma[k], logWeight[k] = math.Exp(sigma[k]), math.Log(logWeight[k]/(to-from))
	}
	return sigma, logWeight
}

// atEveryLevel repeats the rows of u [batch, d] for every node of the rule: x = u times the spread of the level, and
// the level; [nodes*batch, ...], level by level.
func atEveryLevel(u *Node, sigma, spread []float64) (x, level *Node) {
	n, d, k := u.Shape().Dim(0), u.Shape().Dim(1), len(sigma)
	column := func(values []float64) *Node {
		return Reshape(BroadcastToDims(InsertAxes(ConstAs(u, values), -1), k, n), k*n, 1)
	}
	all := Reshape(BroadcastToDims(InsertAxes(u, 0), k, n, d), k*n, d)
	return Mul(all, column(spread)), column(sigma)
}

// posteriorMean is the mean of values [nodes*batch, d] over the levels, given the joint log density of level and
// input, [nodes*batch]. It returns [batch, d].
func posteriorMean(values, logJoint *Node, nodes int) *Node {
	d := values.Shape().Dim(1)
	n := values.Shape().Dim(0) / nodes
	p := Softmax(Reshape(logJoint, nodes, n), 0)
	return ReduceSum(Mul(InsertAxes(p, -1), Reshape(values, nodes, n, d)), 0)
}

// repeated is a number for each level, as [nodes*batch].
func repeated(like *Node, values []float64) *Node {
	n := like.Shape().Dim(0) / len(values)
	return Reshape(BroadcastToDims(InsertAxes(ConstAs(like, values), -1), len(values), n), len(values)*n)
}

// bestBlindNet is the best network under EDMHead(1) and EDMWeight(1) that does not read the noise level, over the
// levels of noiseLevels: with weight 1 for every level's target it is the mean of the targets over all that led to the
// input u,
//
//	F*(u) = E[F_sigma(u) | u],   p(sigma | u) ~ p(sigma) p_sigma(u/in) in^-d,
//
// F_sigma the exact network of a level (after Sun et al. 2025, "Is noise conditioning necessary for denoising
// generative models?").
func bestBlindNet(m density.Target, nodes int) diffusion.Net {
	return func(u, _, _ *Node) *Node {
		target, logJoint := levelTargets(m, u, nodes)
		return posteriorMean(target, logJoint, nodes)
	}
}

// levelTargets are F_sigma(u) at every node of the rule, [nodes*batch, d], and the logarithm of the level's probability
// there times the density of u, [nodes*batch].
func levelTargets(m density.Target, u *Node, nodes int) (target, logJoint *Node) {
	sigma, logWeight := levelRule(nodes)
	spread, logVolume := make([]float64, nodes), make([]float64, nodes)
	for k, s := range sigma { // x = u/in
		spread[k] = math.Sqrt(1 + s*s)
		logVolume[k] = logWeight[k] + float64(m.Dim())*math.Log(spread[k])
	}
	x, level := atEveryLevel(u, sigma, spread)
	exact := m.Model(diffusion.EDM{})
	skip, out, _ := diffusion.EDMHead(1)(diffusion.EDM{}.At(level))
	target = Div(Sub(exact.Denoise(x, level), Mul(skip, x)), out)
	return target, Add(exact.LogDensity(x, level), repeated(x, logVolume))
}

// bestBlindModel is the model of bestBlindNet: the sampler uses the noise level, the network does not.
func bestBlindModel(m density.Target, nodes int) diffusion.Build {
	return func(*model.Scope, []*Node) diffusion.Model {
		h, net := diffusion.EDMHead(1), bestBlindNet(m, nodes)
		return diffusion.Model{Process: kit.NoiseLevels, Denoise: h.Denoiser(kit.NoiseLevels, net, nil),
			Score: h.Score(kit.NoiseLevels, net, nil)}
	}
}

// averagedScore is the mean of the scores of all levels over the posterior of the level at x. It is the optimum of a
// network that outputs the score, reads x unscaled, and weights all levels alike.
func averagedScore(m density.Target, x *Node, nodes int) *Node {
	all, level, logJoint := averagedLevels(m, x, nodes)
	return posteriorMean(m.Model(diffusion.EDM{}).ScoreAt(all, level), logJoint, nodes)
}

// averagedModel has averagedScore as its score at every level.
func averagedModel(m density.Target) diffusion.Build {
	return func(*model.Scope, []*Node) diffusion.Model {
		return diffusion.Model{Process: kit.NoiseLevels, Score: func(x, _ *Node) *Node {
			return averagedScore(m, x, levelNodes)
		}}
	}
}

// averagedLogDensity is the logarithm of the density averaged over the levels, [batch].
func averagedLogDensity(m density.Target, x *Node, nodes int) *Node {
	_, _, logJoint := averagedLevels(m, x, nodes)
	table := Reshape(logJoint, nodes, x.Shape().Dim(0))
	top := StopGradient(ReduceMax(table, 0)) // cancels
	return Add(top, Log(ReduceSum(Exp(Sub(table, InsertAxes(top, 0))), 0)))
}

func averagedLevels(m density.Target, x *Node, nodes int) (all, level, logJoint *Node) {
	sigma, logWeight := levelRule(nodes)
	ones := make([]float64, nodes)
	for k := range ones {
		ones[k] = 1
	}
	all, level = atEveryLevel(x, sigma, ones)
	return all, level, Add(m.Model(diffusion.EDM{}).LogDensity(all, level), repeated(all, logWeight))
}
