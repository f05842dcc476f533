package kit

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// FreshBatches gives every step a new batch [batch, d] of a mixture in float32, on request with the labels of its
// components [batch].
func FreshBatches(m *density.Mixture, batch int, labels bool) train.Data {
	return train.Fresh(fmt.Sprint(m.Name(), " batch ", batch, " labels ", labels),
		func(g *Graph, r *random.Source) []*Node {
			x, label := m.Draw(g, r, dtypes.Float32, batch)
			if labels {
				return []*Node{x, label}
			}
			return []*Node{x}
		})
}

// Train takes the given number of steps of a plan; see, unless nil, gets every report. It returns the averaged weights
// where the plan keeps an average, else the last ones.
func Train(l *suite.Lab, p train.Plan, steps int, see func(t *train.Trainer, r train.Report) error) (*model.Store,
	error) {
	trainer, err := p.Begin(l.Backend)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	for report, err := range trainer.Run(l.Context, steps) {
		if err == nil && see != nil {
			err = see(trainer, report)
		}
		if err != nil {
			return nil, err
		}
	}
	return weightsOf(trainer, p)
}

func weightsOf(t *train.Trainer, p train.Plan) (*model.Store, error) {
	if p.EMA.Decay > 0 {
		return t.EMA()
	}
	return t.Weights()
}

// ScoreErrors are the Fisher errors E|s_model - s|^2/E|s|^2, s the exact score, at each of the times, over n samples of
// the noised target. All networks are measured on the same samples: these depend on target, time and seed alone.
func ScoreErrors(l *suite.Lab, target density.Target, build diffusion.Build, weights *model.Store, n int,
	times ...float64) (
	[]metrics.Summary, error) {
	x0, err := target.Sample(l.Backend, l.Key("scored "+target.Name()), n)
	if err != nil {
		return nil, err
	}
	exec, err := exec.NewModel(l.Backend, weights, func(scope *model.Scope, x0, t *Node) (wrong, size *Node) {
		m := build(scope, nil)
		x := m.At(t).Forward(x0, random.New(x0.Graph(), l.Key("scoring noise")).Normal(x0))
		exact := target.Model(m.Process).ScoreAt(x, t)
		norm := func(x *Node) *Node { return ReduceSum(Square(x), 1) }
		return norm(Sub(m.ScoreAt(x, t), exact)), norm(exact)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	errors := make([]metrics.Summary, len(times))
	for i, t := range times {
		out, err := exec.Call(x0, t)
		if err != nil {
			return nil, err
		}
		if errors[i], err = metrics.Ratio(tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](
			out[1])); err != nil {
			return nil, err
		}
	}
	return errors, nil
}

// SquaredScoreError is E|s_net - s|^2 by quadrature, for scores [n, d] at the nodes of a grid with weights [n].
func SquaredScoreError(learned, exact, weights *Node) *Node {
	return ReduceAllSum(Mul(weights, ReduceSum(Square(Sub(learned, exact)), 1)))
}
