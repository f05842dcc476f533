package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/random"
)

// ELBO is the variational bound on -log p(x0), in nats, for the chain p that Ancestral samples with this variance:
//
//	-log p(x0) <= E_q[-log p(x_T)] + sum over the steps of E_q[log q(x_from | x_to) - log p(x_to | x_from)]
//
// (Sohl-Dickstein et al. 2015; Ho, Jain and Abbeel 2020, equation 3). Start is the first part, and Term is one term of
// the sum. With H the Entropy of q(x_t | x0), the terms of Ho's equation 5, which are divergences, are
//
//	L_T     = Start - H(x_T)
//	L_{t-1} = Term + H(x_from) - H(x_to)
//	L_0     = Term + H(x_from)                in the last step, to sigma = 0
//
// Every term is finite, down to sigma = 0. So the sum over the first steps of a grid is a bound too: on the mean of
// -log p(x_to) over the noised data x_to of x0, at the time that the steps have reached.
//
// As a Sampler it leaves the data x unchanged and sums the terms along the grid, with one draw of the noise for each
// step. The result is an unbiased estimate of the bound, which ELBONats reads.
type ELBO struct {
	// Variance is that of the chain. In a step to sigma = 0, PosteriorVariance is 0 and the density of a point would be
	// infinite. There the decoder p(x0 | x_1) uses KernelVariance, which is right for data that is smooth on the scale
	// of sigma_1. (The programs of Ho et al. and of Nichol and Dhariwal use the posterior variance of the step before.)
	Variance ReverseVariance
	// Prior is the standard deviation of p(x_T); 0 means 1.
	Prior float64
}

// Start returns E_q[-log p(x_T)], [batch], in nats, for x0 [batch, ...]. c is the path at the time T where the chain
// starts.
func (b ELBO) Start(c Coeffs, x0 *Node) *Node {
	prior := b.Prior
	if prior == 0 {
		prior = 1
	}
	must(positive(prior), "the bound's prior has standard deviation %g; give a positive one, or 0 for 1", prior)
	n, d := rowsIn(x0)
	second := Add(perSample(Square(Mul(c.Alpha, x0))), MulScalar(Square(c.Sigma), float64(d)))
	return Reshape(AddScalar(MulScalar(second, .5/(prior*prior)), float64(d)*math.Log(math.Sqrt(2*math.Pi)*prior)), n)
}

// Term returns the step's part of the bound, [batch], in nats, at x_from = alpha x0 + sigma eps. x0 and eps are [batch,
// ...]. The times of the span are scalars or [batch, 1, ...].
func (b ELBO) Term(m Model, s Span, x0, eps *Node) *Node {
	s.mustFall("ELBO")
	from, to := m.At(s.From), m.At(s.To)
	n, d := rowsIn(x0)
	kernel, variance := kernelVariance(from, to), b.decoderVariance(from, to)
	error0 := Sub(x0, m.Denoise(from.Forward(x0, eps), s.From))
	moved := posteriorMean(from, to, error0, ZerosLike(x0)) // the difference of the means, since they are linear in x0
	volume := Sub(Log(variance), Log(kernel))               // not a number on a span away from the data
	spread := AddScalar(Add(volume, Div(posteriorVariance(from, to), variance)), -1)
	missed := Div(perSample(Square(moved)), variance)
	return Reshape(MulScalar(Add(missed, MulScalar(spread, float64(d))), .5), n)
}

// decoderVariance is the chain's variance, or that of the kernel where the chain's is 0.
func (b ELBO) decoderVariance(from, to Coeffs) *Node {
	v := b.Variance.of(from, to)
	return Where(Equal(v, ZerosLike(v)), kernelVariance(from, to), v)
}

// Entropy returns the entropy of q(x_t | x0), in nats, [batch], for x0 [batch, ...].
func (c Coeffs) Entropy(x0 *Node) *Node {
	n, _ := rowsIn(x0)
	each := AddScalar(Log(c.Sigma), .5*math.Log(2*math.Pi*math.E))
	return Reshape(perSample(Mul(each, OnesLike(x0))), n)
}

// Init implements Sampler. The sum is carried in float64, [batch].
func (b ELBO) Init(_ Model, x *Node, _ *random.Source) []*Node {
	n, _ := rowsIn(x)
	return []*Node{BroadcastToDims(ScalarZero(x.Graph(), dtypes.Float64), n)}
}

// Step implements Sampler.
func (b ELBO) Step(m Model, s Span, x *Node, carry []*Node, r *random.Source) (*Node, []*Node) {
	sum := carry[0]
	first := BroadcastToDims(Equal(s.Index, ScalarZero(x.Graph(), s.Index.DType())), sum.Shape().Dimensions...)
	sum = Where(first, ConvertDType(b.Start(m.At(s.From), x), sum.DType()), sum)
	return x, []*Node{Add(sum, ConvertDType(b.Term(m, s, x, r.Normal(x)), sum.DType()))}
}

// ELBONats returns the estimates of the bound, in nats, one for each sample, from a snapshot of a plan with ELBO. It
// reports snapshots of other samplers and the snapshot before the first step.
func ELBONats(s Snapshot) ([]float64, error) {
	if _, err := carriedBy[ELBO](s); err != nil {
		return nil, err
	}
	if s.Step < 1 {
		return nil, fmt.Errorf("the bound begins with the first step, and this is the snapshot before it")
	}
	if err := checkFinite(s.Carry[0]); err != nil {
		return nil, fmt.Errorf("bound at t = %g: %w", s.Time, err)
	}
	return tensors.CopyFlatData[float64](s.Carry[0])
}
