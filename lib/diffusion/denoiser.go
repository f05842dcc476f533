package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Denoiser is D(x, t) = E[x0 | x_t = x], in the shape of x. It stays bounded where the score grows like 1/sigma.
type Denoiser func(x, t *Node) *Node

// Net is a raw network with its weights bound. x is scaled to unit variance; logSNR is a scalar or [batch, 1, ...];
// label is [batch], or nil for the unconditional network.
type Net func(x, logSNR, label *Node) *Node

// Model is what a sampler works with: a process and a denoiser along it. The other fields are optional.
//
// Score is needed where sigma = 0; nil means Tweedie's formula. LogDensity and Divergence (of the score) are [batch],
// for models where they have a closed form. Weight, [batch], is the rate at which the log weights of reverse-SDE
// samples grow. It is set if the reverse SDE alone does not lead through the model's distributions, see Guide.Tilted.
type Model struct {
	Process
	Denoise                       Denoiser
	Score, LogDensity, Divergence func(x, t *Node) *Node
	Weight                        func(x, t *Node) *Node
}

// Build makes a Model inside the graph that uses it. Weights come from scope; tables and labels come from inputs. Both
// are loop state, since the body of a compiled loop may not read nodes from outside it.
type Build func(scope *model.Scope, inputs []*Node) Model

// Fixed is the Build of a model that needs neither weights nor tables.
func Fixed(m func() Model) Build {
	return func(*model.Scope, []*Node) Model { return m() }
}

// ScoreAt returns the score of the density of x_t: the exact one if the model has it, and Tweedie's formula otherwise.
func (m Model) ScoreAt(x, t *Node) *Node {
	if m.Score != nil {
		return m.Score(x, t)
	}
	return m.At(t).Score(m.Denoise(x, t), x)
}

// VelocityAt returns dx/dt of the probability-flow ODE.
func (m Model) VelocityAt(x, t *Node) *Node { return m.At(t).Velocity(m.Denoise(x, t), x) }
