package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// NoLabel is the label of samples without a label. For it a network must return its unconditional prediction.
const NoLabel = -1

// DropLabels is an objective that replaces the label of each sample by NoLabel with probability rate. So one network
// learns the conditional and the unconditional score (Ho and Salimans 2022, algorithm 1; 004, classifier-free
// guidance).
func DropLabels(rate float64, o Objective) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		must(rate >= 0 && rate <= 1, "labels are dropped with probability %g; give 0 to 1", rate)
		must(o != nil, "DropLabels without an objective; give one, such as Denoising")
		must(b.Label != nil, "a batch without labels has none to drop")
		u := Reshape(r.Uniform(perSample(b.X0)), b.X0.Shape().Dim(0))
		drop := LessOrEqual(u, Scalar(u.Graph(), u.DType(), rate))
		b.Label = Where(drop, ConstAs(b.Label, NoLabel), b.Label)
		return o(p, net, b, r)
	}
}
