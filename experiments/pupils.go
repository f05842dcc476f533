package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/network"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// pupil is one of several networks that learn side by side: in one compiled step, from the same batches and the same noise.
type pupil struct {
	name   string // of its scope and its curve
	net    network.Network
	path   diffusion.Process
	loss   diffusion.Objective
	read   diffusion.Scorer // how its answer becomes a score
	column int              // of the data it learns from
}

// bound is the pupil's network with the weights of its own scope.
func (p pupil) bound(scope *model.Scope) diffusion.Net { return p.net.Net(scope.At("%s", p.name)) }

// on is the pupil's loss, [batch].
func (p pupil) on(scope *model.Scope, batch []*Node, r *diffusion.Random) *Node {
	return p.loss(p.path, p.bound(scope), diffusion.Batch{X0: batch[p.column]}, r)
}

// score is the pupil's score in float64, from a network in float32.
func (p pupil) score(scope *model.Scope, x, t *Node) *Node {
	return p.read(p.path, network.InSingle(p.bound(scope)), nil)(x, t)
}

// sideBySide is a step that trains them all. It descends the sum of their losses, which have no weight in common: without
// clipping, Adam moves each weight by its own gradients alone.
func sideBySide(by train.Adam, pupils []pupil) func(t *train.Turn) {
	return func(t *train.Turn) {
		var total *Node
		for _, p := range pupils {
			loss := t.Mean(p.on)
			t.Record(p.name, loss)
			if total == nil {
				total = loss
				continue
			}
			total = Add(total, loss)
		}
		t.Descend("/", total, by)
	}
}

// examiner evaluates a graph with the weights of a training at any of its steps, compiled once.
type examiner struct {
	exec     *exec.Exec
	store    *model.Store
	averaged bool // mark the moving average of the weights
}

func newExaminer(l *suite.Lab, of *train.Trainer, graph func(scope *model.Scope, in []*Node) []*Node) (*examiner, error) {
	store, err := of.Weights()
	if err != nil {
		return nil, err
	}
	exec, err := exec.NewModel(l.Backend, store, func(scope *model.Scope, in []*Node) []*Node {
		nodes := graph(scope, in)
		for i, n := range nodes {
			nodes[i] = ConvertDType(n, dtypes.Float64)
		}
		return nodes
	})
	return &examiner{exec: exec, store: store}, err
}

// mark evaluates it with the weights that the trainer has now.
func (e *examiner) mark(of *train.Trainer, args ...any) ([][]float64, error) {
	weights := of.Weights
	if e.averaged {
		weights = of.Average
	}
	now, err := weights()
	if err != nil {
		return nil, err
	}
	for v := range e.store.IterVariables() {
		x, err := now.GetVariable(v.Path()).Value()
		if err != nil {
			return nil, err
		}
		if x, err = x.LocalClone(); err != nil {
			return nil, err
		}
		if err := v.SetValue(x); err != nil {
			return nil, err
		}
	}
	out, err := e.exec.Call(args...)
	if err != nil {
		return nil, err
	}
	return each(out, tensors.MustCopyFlatData[float64]), nil
}

// inFloat32 is data as networks train on it.
func inFloat32(l *suite.Lab, x *tensors.Tensor) (*tensors.Tensor, error) {
	return exec.Once(l.Backend, func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }, x)
}

// inPairs is an objective that meets every sample with its noise and with the opposite noise. The mean is the same. In denoising at a
// small sigma the targets -eps/sigma and eps/sigma, which are most of the noise of the gradient, then all but cancel.
func inPairs(o diffusion.Objective) diffusion.Objective {
	return func(p diffusion.Process, net diffusion.Net, b diffusion.Batch, r *diffusion.Random) *Node {
		n := b.X0.Shape().Dim(0)
		eps := r.Normal(b.X0)
		b.X0, b.X1 = Concatenate([]*Node{b.X0, b.X0}, 0), Concatenate([]*Node{eps, Neg(eps)}, 0)
		return ReduceMean(Reshape(o(p, net, b, r), 2, n), 0)
	}
}
