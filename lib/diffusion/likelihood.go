package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
)

// Prior is the log density, [batch], in nats, of x [batch, ...] at the time t at the noise end of a flow.
type Prior func(m Model, x, t *Node) *Node

// NoisePrior is N(0, sigma(t)^2 I), where sampling starts. It differs from ExactPrior by the data that is left at t.
func NoisePrior(m Model, x, t *Node) *Node {
	sigma := m.At(t).Sigma
	each := Neg(Add(MulScalar(Square(Div(x, sigma)), .5), Log(sigma)))
	return Reshape(perSample(AddScalar(each, -math.Log(2*math.Pi)/2)), x.Shape().Dim(0))
}

// ExactPrior is the model's own distribution at t. It needs Model.LogDensity.
func ExactPrior(m Model, x, t *Node) *Node {
	if m.LogDensity == nil {
		panic(fmt.Errorf("ExactPrior needs a model with LogDensity; this one has none"))
	}
	return m.LogDensity(x, t)
}

// Likelihood is the log density of a batch by change of variables: Nats = Prior + Volume, each [batch].
type Likelihood struct {
	Nats        []float64       // log density at the data end of the grid, in nats
	Prior       []float64       // log density at the noise end
	Volume      []float64       // log of the factor by which the flow from data to noise stretches volume
	End         *tensors.Tensor // where the flow ends: latents from data, samples from noise
	Evaluations []int           // of the model, for each sample
}

// LogLikelihood returns the log density that the probability flow gives to the plan's samples. Its sampler is
// FlowLikelihood; nil means the zero value of it.
//
// On a rising grid x is data and the ends are its latents. On a falling grid x is latents and the ends are samples,
// which come with their likelihood. The density is that of x_t at the grid's smaller end, not of x_0. The two differ by
// the noise at that time.
func (p Plan) LogLikelihood(b compute.Backend, x *tensors.Tensor, prior Prior) (Likelihood, error) {
	if p.Sampler == nil {
		p.Sampler = FlowLikelihood{}
	}
	if _, follows := p.Sampler.(FlowLikelihood); !follows {
		return Likelihood{}, fmt.Errorf("a likelihood needs the sampler FlowLikelihood, not %T", p.Sampler)
	}
	last, err := p.End(b, x)
	if err != nil {
		return Likelihood{}, err
	}
	out := Likelihood{End: last.X}
	if out.Volume, err = ChangeOfVolume(last); err != nil {
		return Likelihood{}, err
	}
	if out.Evaluations, err = Evaluations(last); err != nil {
		return Likelihood{}, err
	}
	noise := last.X
	if p.Grid[0] > last.Time {
		noise = x
		for i, v := range out.Volume {
			out.Volume[i] = -v
		}
	}
	if out.Prior, err = p.LogPrior(b, noise, prior); err != nil {
		return Likelihood{}, err
	}
	for i, v := range out.Volume {
		nats := out.Prior[i] + v
		if math.IsNaN(nats) || math.IsInf(nats, 0) {
			return Likelihood{}, fmt.Errorf("the log density of sample %d is %g: prior %g, volume %g", i, nats,
				out.Prior[i], v)
		}
		out.Nats = append(out.Nats, nats)
	}
	return out, nil
}

// LogPrior returns the log density, [batch], in nats, of latents under a prior at the noise end of the plan's grid. It
// shows what a prior contributes to a likelihood.
func (p Plan) LogPrior(b compute.Backend, latents *tensors.Tensor, prior Prior) ([]float64, error) {
	if p.Build == nil || prior == nil {
		return nil, fmt.Errorf("a log density needs the plan's Build and a prior: ExactPrior or NoisePrior")
	}
	if err := CheckGrid(p.Grid); err != nil {
		return nil, err
	}
	args := []any{latents}
	for _, t := range p.Inputs {
		args = append(args, t)
	}
	t := math.Max(p.Grid[0], p.Grid[len(p.Grid)-1])
	out, err := exec.ModelOnceN(b, p.Store, func(scope *model.Scope, in []*Node) []*Node {
		x, m := in[0], p.Build(scope, in[1:])
		mustBeValid(m.Process)
		return []*Node{prior(m, x, Scalar(x.Graph(), x.DType(), t))}
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("the prior at t = %g: %w", t, err)
	}
	return numbers(out[0]), nil
}

// BitsPerDim converts a log density in nats to bits for each number of a sample: -nats/(d ln 2). It is in the units of
// the samples. For whole numbers 0 .. 255 scaled to [-1, 1], with uniform noise of one step added (Theis et al. 2016),
// the caller adds log2(127.5).
func BitsPerDim(nats float64, d int) float64 { return -nats / (float64(d) * math.Ln2) }
