package main

import (
	"context"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// The model of all works with a network: 3 x 128 swish with 16 frequencies of the noise level, on the path VP, for data
// of the ring.
var (
	net     = network.MLP{Hidden: []int{128, 128, 128}, Condition: network.Condition{Frequencies: 16}}
	process = diffusion.VP{}
	target  = density.Ring()
	spread  = math.Sqrt(target.Covariance()[0][0])
	times   = diffusion.UniformTimes(diffusion.Independent)
)

// The objectives.
var (
	denoising = diffusion.Denoising(diffusion.EpsHead(spread), nil, times)
	implicit  = diffusion.Implicit(diffusion.Matching{Score: diffusion.ScoreNet(spread), Times: times})
	sliced    = diffusion.SlicedVR(diffusion.Matching{Score: diffusion.ScoreNet(spread), Times: times},
		(*random.Source).Normal)
)

// checkedSteps is the number of steps of Adam whose losses both sides compare, on the same batch and noise.
const checkedSteps = 5

// rows is the size of the table from which batches are drawn.
const rows = 10_000

// training is steps of Adam on batches drawn from a table, in one call.
func training(objective diffusion.Objective) func(*ours, size, *inputs) (*task, error) {
	return func(o *ours, s size, in *inputs) (*task, error) {
		weights := model.NewStore()
		if err := network.Create(o.b, weights.RootScope(), net, dtypes.Float32, 2); err != nil {
			return nil, err
		}
		in.putWeights(weights)
		table, err := o.points(rows)
		if err != nil {
			return nil, err
		}
		in.putTensor("table", table)
		t := &task{}
		if t.Values, err = o.firstLosses(objective, weights, s["batch"], in); err != nil {
			return nil, err
		}
		trainer, err := train.Plan{Loss: network.Loss(objective, process, net), Start: weights,
			Data: train.Drawn(s["batch"], table), Every: s["steps"]}.Begin(o.b)
		if err != nil {
			return nil, err
		}
		t.run = func() error { return advance(trainer, s["steps"]) }
		t.close = trainer.Close
		// The trainer adapts the number of steps of a call to their time.
		return t, t.run()
	}
}

// firstLosses are those of the first steps on one batch with given noise.
func (o *ours) firstLosses(objective diffusion.Objective, weights *model.Store, batch int,
	in *inputs) (map[string][]float64, error) {
	r := rand.New(rand.NewPCG(1, 2))
	x0, err := o.points(batch)
	if err != nil {
		return nil, err
	}
	u := tensor(narrow(uniforms(r, batch)), batch, 1)
	eps := tensor(narrow(normals(r, batch*2)), batch, 2)
	probe := tensor(narrow(normals(r, batch*2)), batch, 2)
	for name, x := range map[string]*tensors.Tensor{"x0": x0, "u": u, "eps": eps, "probe": probe} {
		in.putTensor(name, x)
	}
	of := network.Loss(objective, process, net)
	trainer, err := train.Plan{Start: weights, Data: train.Whole(x0, u, eps, probe), Every: checkedSteps,
		Loss: func(scope *model.Scope, b []*Node, _ *random.Source) *Node {
			return of(scope, b[:1], random.Replay(b[1], b[2], b[3]))
		}}.Begin(o.b)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	for report, err := range trainer.Run(context.Background(), checkedSteps) {
		if err != nil {
			return nil, err
		}
		return map[string][]float64{"loss": report.Loss()}, nil
	}
	return nil, nil
}

// advance takes steps.
func advance(t *train.Trainer, steps int) error {
	for _, err := range t.Run(context.Background(), t.Step()+steps) {
		if err != nil {
			return err
		}
	}
	return nil
}

// weights are those of a short training, the same for all works.
func (o *ours) weights() (*model.Store, error) {
	if o.trained != nil {
		return o.trained, nil
	}
	table, err := o.points(rows)
	if err != nil {
		return nil, err
	}
	trainer, err := train.Plan{Loss: network.Loss(denoising, process, net), Data: train.Drawn(512, table)}.Begin(o.b)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	if err := advance(trainer, 2000); err != nil {
		return nil, err
	}
	o.trained, err = trainer.Weights()
	return o.trained, err
}

// points are exact samples [n, 2] in float32.
func (o *ours) points(n int) (*tensors.Tensor, error) {
	x, err := target.Sample(o.b, random.NewKey(1), n)
	if err != nil {
		return nil, err
	}
	return tensor(narrow(flat(x)), n, 2), nil
}

func normals(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

func uniforms(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.Float64()
	}
	return out
}
