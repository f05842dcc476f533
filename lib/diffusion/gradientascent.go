package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// GradientAscent is gradient ascent on the log density, dx = score dt by Euler's method (001, equation 3; 004, "Naive
// Idea"). It follows the density at t = 0. It is not a sampler of that density: its samples end in the modes.
func GradientAscent(m Model, s Span, x *Node, _ *random.Source) *Node {
	s.mustRise("ScoreODE", chainTime)
	return Add(x, Mul(s.Length(), m.ScoreAt(x, dataTime(s))))
}

// dataTime is t = 0. Chains on the data density evaluate the model there, while their own time grows.
func dataTime(s Span) *Node { return ZerosLike(s.From) }
