package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/random"
)

// Tilted returns the model of the guided distributions with scale gamma,
//
//	p_gamma(x_t) ~ p(x_t)^(1-gamma) p(x_t | y)^gamma,
//
// whose score is the guided score. These are not the noised distributions of p_gamma(x_0). So neither the probability
// flow nor the reverse SDE leads from one to the next. They satisfy the equation of the reverse SDE with a source term:
//
//	dp/ds = -div(p (g^2 score - f x)) + g^2/2 lap p + V p,   s = T - t,
//	V     = g^2/2 gamma (gamma - 1) |score(x | y) - score(x)|^2.
//
// So samples of the reverse SDE are samples of p_gamma if they have weights whose logarithms grow at the rate V (Skreta
// et al. 2025, "Feynman-Kac correctors", guidance). Model.Weight is V; the sampler FeynmanKac uses it.
func (g Guide) Tilted(p Process, d Denoiser, gamma float64) Model {
	to := g(p, d)
	return Model{
		Process: p,
		Denoise: g.Scaled(Constant(gamma))(p, d),
		Weight: func(x, t *Node) *Node {
			c := p.At(t)
			_, g2 := c.Rates()
			apart := Mul(Div(c.Alpha, Square(c.Sigma)), Sub(to(x, t), d(x, t)))
			return Reshape(MulScalar(Mul(g2, perSample(Square(apart))), gamma*(gamma-1)/2), x.Shape().Dim(0))
		},
	}
}

// FeynmanKac is sequential Monte Carlo along the reverse SDE. Samples move and gather weights at the rate Model.Weight.
// When the weights of a population are too unequal, samples are drawn anew in proportion to them (Del Moral 2004;
// Doucet and Johansen 2009). So the samples of a population depend on each other. Populations are independent.
//
// The result is samples with weights, see LogWeights, which are comparable across populations. Sums of unnormalized
// weights times values are unbiased, except for the error of the steps, which is of order 1. So the ratio of two such
// sums over a batch is biased by O(1/batch), while the mean of the populations' own ratios is biased by
// O(1/population).
type FeynmanKac struct {
	Move       OneStep // of the reverse SDE: ReverseEulerMaruyama, Ancestral(KernelVariance)
	Population int     // samples of a population, which are consecutive in the batch; 0: all of the batch
	Resample   float64 // draw anew at effective sizes up to this share of Population; 0: 1/2; 1: always
}

var _ Coupled = FeynmanKac{}

// Init implements Sampler. The carry is the logarithms of the weights, [batch], in float64.
func (s FeynmanKac) Init(m Model, x *Node, _ *random.Source) []*Node {
	n := x.Shape().Dim(0)
	must(m.Weight != nil, "FeynmanKac needs a model with Weight, such as Guide.Tilted makes; this one has none")
	if _, _, err := s.Among(n); err != nil {
		panic(err)
	}
	return []*Node{Zeros(x.Graph(), shapes.Make(dtypes.Float64, n))}
}

// Among implements Coupled.
func (s FeynmanKac) Among(n int) (Sampler, int, error) {
	whole, size, err := s.among(n)
	return whole, size, err
}

// among fills in the defaults for n samples, and returns the size of a population.
func (s FeynmanKac) among(n int) (FeynmanKac, int, error) {
	if s.Move == nil || s.Population < 0 || s.Population > 0 && n%s.Population != 0 ||
		!(s.Resample >= 0 && s.Resample <= 1) {
		return s, 0, fmt.Errorf("FeynmanKac on %d samples in populations of %d, drawn anew below a share of %g: give "+
			"Move, populations that divide the samples, and a share from 0 to 1",
			n, s.Population, s.Resample)
	}
	if s.Population == 0 {
		s.Population = n
	}
	if s.Resample == 0 {
		s.Resample = .5
	}
	return s, s.Population, nil
}

// Fault reports the first population whose weights have no valid sum. A weight of 0 is valid; its logarithm is -inf.
func (s FeynmanKac) Fault(at Snapshot) error {
	logs, err := LogWeights(at)
	if err != nil {
		return err
	}
	_, size, err := s.among(len(logs))
	if err != nil {
		return err
	}
	for first := 0; first < len(logs); first += size {
		top := math.Inf(-1)
		for i, l := range logs[first : first+size] {
			if math.IsNaN(l) || math.IsInf(l, 1) {
				return fmt.Errorf("the logarithm of the weight of sample %d is %g: the model's Weight must be "+
					"finite, or -inf", first+i, l)
			}
			top = math.Max(top, l)
		}
		if math.IsInf(top, -1) {
			return fmt.Errorf("all weights of samples %d to %d are 0", first, first+size-1)
		}
	}
	return nil
}

// Step implements Sampler.
func (s FeynmanKac) Step(m Model, span Span, x *Node, carry []*Node, r *random.Source) (*Node, []*Node) {
	n := x.Shape().Dim(0)
	s, size, err := s.among(n)
	if err != nil {
		panic(err)
	}
	share := s.Resample
	rate := ConvertDType(Mul(m.Weight(x, span.From), span.Length()), dtypes.Float64)
	next := s.Move(m, span, x, r)

	groups := n / size
	logW := Reshape(Add(carry[0], rate), groups, size)
	top := ReduceAndKeep(logW, ReduceMax, 1)
	w := Exp(Sub(logW, top))
	mean := Add(top, Log(ReduceAndKeep(w, ReduceMean, 1)))
	w = Div(w, ReduceAndKeep(w, ReduceSum, 1))
	effective := Reciprocal(ReduceAndKeep(Square(w), ReduceSum, 1))
	poor := BroadcastToDims(LessOrEqual(effective, MulScalar(OnesLike(effective), share*float64(size))), groups, size)
	// the uniform of each population's first sample
	u := Slice(Reshape(r.Uniform(Zeros(x.Graph(), shapes.Make(dtypes.Float64, n, 1))), groups, size), AxisRange(),
		AxisElem(0))
	parent := Where(poor, systematic(w, u), Iota(x.Graph(), indices(groups, size), 1))
	first := MulScalar(Iota(x.Graph(), indices(groups, size), 0), size)
	next = Gather(next, Reshape(Add(parent, first), n, 1))
	// Samples drawn anew have the mean weight of those before. So populations stay comparable.
	return next, []*Node{Reshape(Where(poor, BroadcastToDims(mean, groups, size), logW), n)}
}

// LogWeights returns the logarithms of the weights, [batch], that the samples of FeynmanKac have in a snapshot.
func LogWeights(s Snapshot) ([]float64, error) {
	if _, err := carriedBy[FeynmanKac](s); err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float64](s.Carry[0])
}

// checkUnweighted refuses a snapshot whose samples have unequal weights: without them they follow no distribution of
// the model.
func checkUnweighted(s Snapshot) error {
	if _, weighted := s.sampler.(FeynmanKac); !weighted {
		return nil
	}
	logs, err := LogWeights(s)
	if err != nil {
		return err
	}
	for _, l := range logs {
		if l != logs[0] {
			return fmt.Errorf("samples of FeynmanKac have weights: take the plan's End, and LogWeights of it; or one " +
				"population with Resample 1, which leaves equal weights")
		}
	}
	return nil
}

// EffectiveSize returns the number of independent samples of equal weight to which a population is equivalent: (sum
// w)^2/sum w^2 (Kong, Liu and Wong 1994). Its argument is the logarithms of the weights.
func EffectiveSize(logWeights []float64) float64 {
	top := math.Inf(-1)
	for _, l := range logWeights {
		top = math.Max(top, l)
	}
	sum, squares := 0., 0.
	for _, l := range logWeights {
		w := math.Exp(l - top)
		sum, squares = sum+w, squares+w*w
	}
	return sum * sum / squares
}
