package kit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// Learner is one of several networks that train side by side: in one compiled step, on the same batches and the same
// noise.
type Learner struct {
	Name   string // of its scope of weights and of its loss curve
	Net    network.Network
	Path   diffusion.Process
	Loss   diffusion.Objective
	Scorer diffusion.Scorer // makes a score of its output
	Column int              // of the batch that it trains on
}

// Bound is the network with the weights of its own scope.
func (p Learner) Bound(scope *model.Scope) diffusion.Net { return p.Net.Net(scope.At("%s", p.Name)) }

// on is the loss of each sample, [batch].
func (p Learner) on(scope *model.Scope, batch []*Node, r *random.Source) *Node {
	return p.Loss(p.Path, p.Bound(scope), diffusion.Batch{X0: batch[p.Column]}, r)
}

// Score is the learned score at x [batch, d] in float64, from a network in float32.
func (p Learner) Score(scope *model.Scope, x, t *Node) *Node {
	return p.Scorer(p.Path, network.InFloat32(p.Bound(scope)), nil)(x, t)
}

// TrainJointly is a training step for all learners. It descends the sum of their losses, which share no weights:
// without clipping, Adam moves each weight by its own gradients alone.
func TrainJointly(by train.Adam, learners []Learner) func(t *train.StepContext) {
	return func(t *train.StepContext) {
		var total *Node
		for _, p := range learners {
			loss := t.Mean(p.on)
			t.Record(p.Name, loss)
			if total == nil {
				total = loss
				continue
			}
			total = Add(total, loss)
		}
		t.Descend("/", total, by)
	}
}

// Evaluator evaluates a graph with the weights of a training at any of its steps, compiled once.
type Evaluator struct {
	Exec     *exec.Exec
	store    *model.Store
	Averaged bool // evaluate with the moving average of the weights
}

// NewEvaluator compiles a graph for the weights of a training.
func NewEvaluator(l *suite.Lab, of *train.Trainer, graph func(scope *model.Scope, in []*Node) []*Node) (*Evaluator,
	error) {
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
	return &Evaluator{Exec: exec, store: store}, err
}

// Evaluate returns the outputs for the present weights of the trainer, flattened in float64.
func (e *Evaluator) Evaluate(of *train.Trainer, args ...any) ([][]float64, error) {
	weights := of.Weights
	if e.Averaged {
		weights = of.EMA
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
	out, err := e.Exec.Call(args...)
	if err != nil {
		return nil, err
	}
	return Map(out, tensors.MustCopyFlatData[float64]), nil
}

// InFloat32 converts data to the type in which networks train.
func InFloat32(l *suite.Lab, x *tensors.Tensor) (*tensors.Tensor, error) {
	return exec.Once(l.Backend, func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }, x)
}

// InPairs is an objective that uses each sample with its noise and with the opposite noise. The mean is the same. In
// denoising at small sigma, the targets -eps/sigma and eps/sigma cause most of the gradient's noise; in pairs they
// nearly cancel.
func InPairs(o diffusion.Objective) diffusion.Objective {
	return func(p diffusion.Process, net diffusion.Net, b diffusion.Batch, r *random.Source) *Node {
		n := b.X0.Shape().Dim(0)
		eps := r.Normal(b.X0)
		b.X0, b.X1 = Concatenate([]*Node{b.X0, b.X0}, 0), Concatenate([]*Node{eps, Neg(eps)}, 0)
		return ReduceMean(Reshape(o(p, net, b, r), 2, n), 0)
	}
}
