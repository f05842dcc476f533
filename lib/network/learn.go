package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// Loss is the loss of a network under an objective along p, as a training plan takes it. The columns of the data are x0
// and optionally labels.
func Loss(o diffusion.Objective, p diffusion.Process, n Network) func(scope *model.Scope, columns []*Node,
	r *random.Source) *Node {
	return func(scope *model.Scope, columns []*Node, r *random.Source) *Node {
		mustBeValid("network", n)
		return lossOf(o, p, n.Net(scope), columns, r)
	}
}

// NetLoss is the loss of a net without weights. With the exact net its mean is the lower bound for every network.
func NetLoss(o diffusion.Objective, p diffusion.Process, net diffusion.Net) func(scope *model.Scope, columns []*Node,
	r *random.Source) *Node {
	return func(_ *model.Scope, columns []*Node, r *random.Source) *Node { return lossOf(o, p, net, columns, r) }
}

func lossOf(o diffusion.Objective, p diffusion.Process, net diffusion.Net, columns []*Node, r *random.Source) *Node {
	if o == nil {
		panic(fmt.Errorf("a loss without an objective; give one, such as diffusion.Denoising"))
	}
	if len(columns) < 1 || len(columns) > 2 {
		panic(fmt.Errorf("data of %d columns; give samples, and labels where the network reads them", len(columns)))
	}
	batch := diffusion.Batch{X0: columns[0]}
	if len(columns) > 1 {
		batch.Label = labelsOf(columns)
	}
	return o(p, net, batch, r)
}

// labelsOf is the second column as [batch].
func labelsOf(columns []*Node) *Node {
	n, labels := columns[0].Shape().Dim(0), columns[1]
	if !labels.DType().IsInt() || labels.Shape().Size() != n {
		panic(fmt.Errorf("labels of %d samples have shape %s; give whole numbers, [batch] or [batch, 1]",
			n, labels.Shape()))
	}
	return Reshape(labels, n)
}

// Trained is the model of a network with the weights in scope under a head. Its output has the precision of its input.
// It computes in the precision of the weights.
func Trained(p diffusion.Process, n Network, h diffusion.Head) diffusion.Build {
	return func(scope *model.Scope, _ []*Node) diffusion.Model {
		net := n.Net(scope)
		return diffusion.Model{Process: p, Denoise: h.Denoiser(p, net, nil), Score: h.Score(p, net, nil)}
	}
}

// InFloat32 evaluates a custom net in float32 for callers that compute in another precision. The networks of this
// package follow their weights and do not need it.
func InFloat32(net diffusion.Net) diffusion.Net {
	return func(x, logSNR, label *Node) *Node {
		narrow := func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }
		return ConvertDType(net(narrow(x), narrow(logSNR), label), x.DType())
	}
}
