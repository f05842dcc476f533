package diffusion

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// gaussian is the model of data N(mean, variance) in every coordinate, for which the tests have exact answers.
func gaussian(p Process, mean, variance float64) Build {
	return Fixed(func() Model {
		precision := func(t *Node) *Node {
			c := p.At(t)
			return Reciprocal(Add(MulScalar(Square(c.Alpha), variance), Square(c.Sigma)))
		}
		residual := func(x, t *Node) *Node { return Sub(x, MulScalar(p.At(t).Alpha, mean)) }
		return Model{
			Process: p,
			Denoise: func(x, t *Node) *Node {
				gain := MulScalar(Mul(p.At(t).Alpha, precision(t)), variance)
				return AddScalar(Mul(gain, residual(x, t)), mean)
			},
			Score: func(x, t *Node) *Node { return Neg(Mul(precision(t), residual(x, t))) },
			LogDensity: func(x, t *Node) *Node {
				each := Sub(Log(precision(t)), Mul(precision(t), Square(residual(x, t))))
				return Reshape(perSample(MulScalar(AddScalar(each, -math.Log(2*math.Pi)), .5)), x.Shape().Dim(0))
			},
		}
	})
}

// carrying gives a sampler a state between steps: the last step's noise-free increment, which it must get back
// unchanged.
type carrying struct{ Sampler }

func (s carrying) Init(_ Model, x *Node, r *random.Source) []*Node {
	return []*Node{MulScalar(r.Normal(x), 1e-3), Const(x.Graph(), int32(0))}
}

func (s carrying) Step(m Model, span Span, x *Node, carry []*Node, r *random.Source) (*Node, []*Node) {
	next, _ := s.Sampler.Step(m, span, x, nil, r)
	return Add(next, carry[0]), []*Node{MulScalar(carry[0], .5), AddScalar(carry[1], 1)}
}

// weighted is the Gaussian with its mean in a variable and its variance in an input table.
func weighted(p Process, mean float64) Build {
	return func(scope *model.Scope, inputs []*Node) Model {
		w := scope.VariableWithValue("mean", mean).NodeValue(inputs[0].Graph())
		return Model{Process: p, Denoise: func(x, t *Node) *Node {
			c := p.At(t)
			total := Add(Mul(Square(c.Alpha), inputs[0]), Square(c.Sigma))
			return Add(w, Mul(Div(Mul(c.Alpha, inputs[0]), total), Sub(x, Mul(c.Alpha, w))))
		}}
	}
}

// exactMoments returns the exact mean and variance that a sampler's continuous limit gives to N(mean, variance) data.
// Static chains start from N(m0, v0), and the others from the process's own marginal.
func exactMoments(spec SamplerSpec, mean, variance, from, to float64,
	at func(t float64) (alpha, sigma float64)) (m, v float64) {
	if spec.Kind != StaticKind {
		alpha, sigma := at(to)
		return alpha * mean, alpha*alpha*variance + sigma*sigma
	}
	decay := math.Exp(-(to - from) / variance)
	m, v = mean+decay*(staticStart.mean-mean), decay*decay*staticStart.variance
	if spec.Stochastic {
		v += variance * (1 - decay*decay)
	}
	return m, v
}

// staticStart is where chains on a fixed density start.
var staticStart = struct{ mean, variance float64 }{2, .25}
