package network

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// Loss is that of a network under an objective along p, as a training plan takes it. The data's columns are x0 and, where
// there is a second, labels.
func Loss(o diffusion.Objective, p diffusion.Process, n Network) func(scope *model.Scope, columns []*Node, r *diffusion.Random) *Node {
	return func(scope *model.Scope, columns []*Node, r *diffusion.Random) *Node {
		return lossOf(o, p, n.Net(scope), columns, r)
	}
}

// NetLoss is the same of a net without weights: given the exact one, it is what no network falls below in the mean.
func NetLoss(o diffusion.Objective, p diffusion.Process, net diffusion.Net) func(scope *model.Scope, columns []*Node, r *diffusion.Random) *Node {
	return func(_ *model.Scope, columns []*Node, r *diffusion.Random) *Node { return lossOf(o, p, net, columns, r) }
}

func lossOf(o diffusion.Objective, p diffusion.Process, net diffusion.Net, columns []*Node, r *diffusion.Random) *Node {
	batch := diffusion.Batch{X0: columns[0]}
	if len(columns) > 1 {
		batch.Label = columns[1]
	}
	return o(p, net, batch, r)
}

// Learnt is the model that a network with weights in float32 makes under a head. Samplers and oracles keep their float64.
func Learnt(p diffusion.Process, n Network, h diffusion.Head) diffusion.Build {
	return func(scope *model.Scope, _ []*Node) diffusion.Model {
		net := inSingle(n.Net(scope))
		return diffusion.Model{Process: p, Denoise: h.Denoiser(p, net, nil), Score: h.Score(p, net, nil)}
	}
}

// inSingle evaluates a net in float32 for callers that compute in another precision.
func inSingle(net diffusion.Net) diffusion.Net {
	return func(x, logSNR, label *Node) *Node {
		narrow := func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }
		return ConvertDType(net(narrow(x), narrow(logSNR), label), x.DType())
	}
}
