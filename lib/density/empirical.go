package density

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// maxWeights bounds the number of weights in one chunk: 2^22 of them take 32 MB in float64.
const maxWeights = 1 << 22

// Empirical is the distribution of a finite data set [n, d] along a process. It is alpha data + sigma eps, a mixture of
// n isotropic Gaussians of equal weight. Its Denoise is the ideal denoiser, a softmax-weighted mean of the data (Karras
// et al. 2022, appendix B.3). Every network trained on the data approximates it. A sampler that runs to sigma = 0 with
// it returns the data.
//
// Squared distances are computed chunk by chunk, never as a [batch, n, d] tensor. Their accuracy is independent of
// where the data lie: see halfSquares. The density needs sigma > 0. It panics unless data has two axes.
func Empirical(p diffusion.Process, data *Node) diffusion.Model {
	if data.Rank() != 2 {
		panic(fmt.Errorf("an empirical density takes data of shape [n, d], not %s", data.Shape()))
	}
	return diffusion.Model{
		Process:    p,
		Denoise:    func(x, t *Node) *Node { return weigh(p, data, x, t).mean() },
		LogDensity: func(x, t *Node) *Node { return weigh(p, data, x, t).logDensity() },
	}
}

// EmpiricalBuild is Empirical as a sampling plan takes it. The first input of the plan is the data [n, d].
func EmpiricalBuild(p diffusion.Process) diffusion.Build {
	return func(_ *model.Scope, inputs []*Node) diffusion.Model {
		if len(inputs) == 0 {
			panic(fmt.Errorf("an empirical density takes its data from the first input of the plan, which has none"))
		}
		return Empirical(p, inputs[0])
	}
}

// EmpiricalGuided is EmpiricalBuild guided by labels. The first input of the plan is the data, and the others are the
// data of each class. A batch consists of equal groups of consecutive samples, one group for each class.
func EmpiricalGuided(p diffusion.Process, scale diffusion.Scale) diffusion.Build {
	return func(_ *model.Scope, inputs []*Node) diffusion.Model {
		if len(inputs) < 2 {
			panic(fmt.Errorf("a guided empirical density takes its data and then those of each class from the inputs "+
				"of the plan, which has %d", len(inputs)))
		}
		told := make([]diffusion.Denoiser, len(inputs)-1)
		for k, class := range inputs[1:] {
			told[k] = Empirical(p, class).Denoise
		}
		guide := diffusion.ByLabel(diffusion.PerGroup(told...)).Scaled(scale)
		return diffusion.Model{Process: p, Denoise: guide(p, Empirical(p, inputs[0]).Denoise)}
	}
}

// weights is a softmax over the data, accumulated chunk by chunk. Its sums are relative to exp(top).
type weights struct {
	top, total *Node // [batch, 1]
	sum        *Node // [batch, d]: weighted sum of the data less the center
	center     *Node // [1, d]
	sigma      *Node
	n          int
}

// weigh accumulates the weights of x [batch, d] at t, a scalar or [batch, 1]. The largest weight so far sets the scale,
// as in a streaming log-sum-exp.
func weigh(p diffusion.Process, data, x, t *Node) weights {
	n, d := data.Shape().Dim(0), data.Shape().Dim(1)
	batch := x.Shape().Dim(0)
	if x.Rank() != 2 || x.Shape().Dim(1) != d || x.DType() != data.DType() {
		panic(fmt.Errorf("samples of shape %s do not fit data of shape %s: give [batch, %d] of the same type",
			x.Shape(), data.Shape(), d))
	}
	c, center := p.At(t), centerOf(data)
	w := weights{n: n, sigma: c.Sigma, center: center}
	precision := Neg(Reciprocal(Square(c.Sigma)))
	x = Sub(x, Mul(c.Alpha, center))
	chunk := max(1, min(n, maxWeights/batch))
	for from := 0; from < n; from += chunk {
		y := data
		if chunk < n {
			y = Slice(data, AxisRange(from, min(n, from+chunk)), AxisRange())
		}
		y = Sub(y, center)
		w = w.add(Mul(precision, halfSquares(x, y, c.Alpha)), y)
	}
	return w
}

// add accumulates one chunk.
func (w weights) add(logits, y *Node) weights {
	top := ReduceAndKeep(logits, ReduceMax, 1)
	if w.top != nil {
		top = Max(top, w.top)
	}
	top = StopGradient(top)
	each := Exp(Sub(logits, top))
	total := ReduceAndKeep(each, ReduceSum, 1)
	sum := Dot(each, y).Product()
	if w.top != nil {
		keep := Exp(Sub(w.top, top))
		total, sum = Add(total, Mul(keep, w.total)), Add(sum, Mul(keep, w.sum))
	}
	w.top, w.total, w.sum = top, total, sum
	return w
}

func (w weights) mean() *Node { return Add(Div(w.sum, w.total), w.center) }

func (w weights) logDensity() *Node {
	d := float64(w.sum.Shape().Dim(1))
	log := Sub(Add(w.top, Log(w.total)), MulScalar(AddScalar(MulScalar(Log(w.sigma), 2), logTwoPi), d/2))
	return Squeeze(AddScalar(log, -logOf(w.n)), 1)
}
