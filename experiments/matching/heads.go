package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/floats"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// headForm turns the score s of a network at x into the output that a head stands for, by the documents' formulas. Its
// weight is the squared error of the score over the squared error of that output.
type headForm struct {
	head   string
	claim  suite.ClaimID
	output func(x, s, alpha, sigma *Node) *Node
	weight func(alpha, sigma float64) float64
}

// preconditioning returns c_skip and c_out of Karras et al. 2022, table 1, for data of unit variance, at the noise
// level r = sigma/alpha.
func preconditioning(alpha, sigma *Node) (skip, out *Node) {
	r := Div(sigma, alpha)
	return Reciprocal(OnePlus(Square(r))), Div(r, Sqrt(OnePlus(Square(r))))
}

func epsOf(_, s, _, sigma *Node) *Node    { return Neg(Mul(sigma, s)) }
func x0Of(x, s, alpha, sigma *Node) *Node { return Div(Add(x, Mul(Square(sigma), s)), alpha) }

var headForms = []headForm{
	{"eps", claims.D001NoiseForm, epsOf, func(_, sigma float64) float64 { return 1 / (sigma * sigma) }},
	{"x0", claims.D001DataForm, x0Of, func(alpha, sigma float64) float64 { return alpha * alpha / math.Pow(sigma, 4) }},
	{"v", claims.D004ThreeForms, func(x, s, alpha, sigma *Node) *Node {
		return Sub(Mul(alpha, epsOf(x, s, alpha, sigma)), Mul(sigma, x0Of(x, s, alpha, sigma)))
	}, func(alpha, sigma float64) float64 { return math.Pow(alpha/(sigma*(alpha*alpha+sigma*sigma)), 2) }},
	{"edm", claims.D004ThreeForms, func(x, s, alpha, sigma *Node) *Node {
		skip, out := preconditioning(alpha, sigma)
		return Div(Sub(x0Of(x, s, alpha, sigma), Div(Mul(skip, x), alpha)), out)
	}, func(alpha, sigma float64) float64 {
		out := sigma / math.Hypot(alpha, sigma)
		return math.Pow(alpha*out/(sigma*sigma), 2)
	}},
}

// distances are the largest relative distances between weighted losses or gradients of a head and those of the score.
type distances struct{ loss, gradient float64 }

func (d distances) orLarger(other distances) distances {
	return distances{math.Max(d.loss, other.loss), math.Max(d.gradient, other.gradient)}
}

// headComparison compares a network under a head with the same network as the score, at one time of a path.
type headComparison struct {
	headForm
	t, alpha float64
	ratio    float64 // loss of the score over loss of the output
	distances
}

// oneObjective compares the losses and gradients of one network under all heads, on the same noise.
func oneObjective(l *suite.Lab, r *suite.Report) error {
	worst, single := map[string]distances{}, distances{} // by head in float64, of all heads in float32
	for _, on := range []struct {
		path  diffusion.Process
		dtype dtypes.DType
		times []float64
	}{{diffusion.EDM{}, dtypes.Float64, []float64{companionSigma, 2}}, {diffusion.VP{}, dtypes.Float64,
		[]float64{.05, .4, .9}}, {diffusion.VP{}, dtypes.Float32, []float64{.05, .4, .9}}} {
		comparisons, err := compareHeads(l, on.path, on.dtype, on.times)
		if err != nil {
			return err
		}
		for _, d := range comparisons {
			if on.dtype == dtypes.Float32 {
				single = single.orLarger(d.distances)
				continue
			}
			worst[d.head] = worst[d.head].orLarger(d.distances)
			d.checkRatio(r)
		}
	}
	for _, d := range headForms {
		r.Add(
			suite.Below{Claim: d.claim, Metric: "weighted loss of " + d.head + " relative to that of the score, " +
				"sample by sample, less 1: largest at five noise levels", Got: worst[d.head].loss, Bound: 1e-10,
				Why: "rounding in float64, of targets up to 30 times the error"},
			suite.Below{Claim: d.claim, Metric: "weighted gradient of " + d.head + " less that of the score, relative",
				Got: worst[d.head].gradient, Bound: 1e-10, Why: "rounding in float64"})
	}
	r.Add(
		suite.Below{Claim: claims.D004ThreeForms, Metric: "the same for the mean loss in float32, all heads",
			Got: single.loss, Bound: 1e-4, Why: "rounding in float32"},
		suite.Below{Claim: claims.D004ThreeForms, Metric: "the same for the gradient in float32, all heads",
			Got: single.gradient, Bound: 1e-4, Why: "rounding in float32"})
	return nil
}

// checkRatio compares the ratio of the losses with the weight that the documents give, where they give one.
func (d headComparison) checkRatio(r *suite.Report) {
	switch {
	case d.t == companionSigma && d.head == "eps":
		r.Add(suite.Equals{Claim: d.claim, Metric: "loss of the score over loss of eps at sigma = 0.2: " +
			"1/sigma^2", Got: d.ratio, Want: 25, Tol: 1e-10, Why: kit.WhyRounding})
	case d.t == companionSigma && d.head == "x0":
		r.Add(suite.Equals{Claim: d.claim, Metric: "loss of the score over loss of x0 at sigma = 0.2: " +
			"1/sigma^4", Got: d.ratio, Want: 625, Tol: 1e-8, Why: kit.WhyRounding})
	case d.t == .4 && d.head == "eps":
		r.Add(suite.Equals{Claim: claims.D004ThreeForms, Metric: "loss of the score over loss of eps, in " +
			"units of 1/(1 - alpha-bar), VP at t = 0.4", Got: d.ratio * (1 - d.alpha*d.alpha), Want: 1,
			Tol: 1e-10, Why: kit.WhyRounding})
	}
}

// compareHeads compares all heads at all times of a path.
func compareHeads(l *suite.Lab, path diffusion.Process, dtype dtypes.DType, times []float64) (all []headComparison,
	err error) {
	const n = 256
	exec, err := headLosses(l, path, dtype, n)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	for _, t := range times {
		out, err := exec.Call(t)
		if err != nil {
			return nil, err
		}
		flat, heads := kit.Map(out, tensors.MustCopyFlatData[float64]), len(dsmHeads)
		losses, gradients := flat[:heads], flat[heads:2*heads]
		alpha, sigma := flat[2*heads][0], flat[2*heads+1][0]
		for i, d := range headForms {
			weight := d.weight(alpha, sigma)
			off := 0.
			for k, v := range losses[i+1] {
				off = math.Max(off, math.Abs(v*weight/losses[0][k]-1))
			}
			gap := make([]float64, len(gradients[0]))
			for k, v := range gradients[i+1] {
				gap[k] = v*weight - gradients[0][k]
			}
			all = append(all, headComparison{d, t, alpha, floats.Sum(losses[0]) / floats.Sum(losses[i+1]),
				distances{off, math.Sqrt(kit.SquaredNorm(gap) / kit.SquaredNorm(gradients[0]))}})
		}
	}
	return all, nil
}

// headLosses compiles, at a time of a path: the losses of one untrained network under all heads (the score first),
// then their gradients in the weights, then alpha and sigma. Losses are [n] in float64. In float32 they are means,
// since the error of a single sample may be small by chance and its relative rounding large.
func headLosses(l *suite.Lab, path diffusion.Process, dtype dtypes.DType, n int) (*exec.Exec, error) {
	net := companionNet(l.Key("read every way"), 16)
	store := model.NewStore()
	if err := network.Create(l.Backend, store.RootScope(), net, dtype, 2); err != nil {
		return nil, err
	}
	return exec.NewModel(l.Backend, store, func(scope *model.Scope, t *Node) []*Node {
		g := t.Graph()
		x0, _ := density.Cross().Draw(g, random.New(g, l.Key("read points")), dtype, n)
		c, score := path.At(ConvertDType(t, dtype)), net.Net(scope)
		times := func(diffusion.Process, *Node, *random.Source) *Node { return ConvertDType(t, dtype) }
		loss := func(head int, output func(x, s, alpha, sigma *Node) *Node) *Node {
			read := func(x, logSNR, label *Node) *Node { return output(x, score(x, logSNR, label), c.Alpha, c.Sigma) }
			return diffusion.Denoising(dsmHeads[head].head, diffusion.Plain, times)(path, read, diffusion.Batch{X0: x0},
				random.New(g, l.Key("read noise")))
		}
		all := []*Node{loss(0, func(_, s, _, _ *Node) *Node { return s })}
		for i, d := range headForms {
			if dsmHeads[i+1].name != d.head {
				panic(fmt.Sprintf("head %s is read as %s", dsmHeads[i+1].name, d.head))
			}
			all = append(all, loss(i+1, d.output))
		}
		var out []*Node
		weights := kit.WeightsIn(scope, g)
		for _, v := range all {
			if dtype == dtypes.Float32 {
				v = Reshape(ReduceAllMean(v), 1)
			}
			out = append(out, v)
		}
		for _, v := range all {
			var parts []*Node
			for _, d := range Gradient(ReduceAllMean(v), weights...) {
				parts = append(parts, Reshape(d, d.Shape().Size()))
			}
			out = append(out, Concatenate(parts, 0))
		}
		out = append(out, c.Alpha, c.Sigma)
		for i, v := range out {
			out[i] = ConvertDType(v, dtypes.Float64)
		}
		return out
	})
}
