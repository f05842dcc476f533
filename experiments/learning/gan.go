package learning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// ganNoise is the dimension of the noise that the generator reads.
const ganNoise = 2

// gan is a generator and its critic.
type gan struct {
	generator, critic network.MLP
	penalty           float64    // gamma of R1
	by                train.Adam // of both
}

// smallGAN is tuned on the ring by the share of stray samples: 2 % with relu, about 30 % with swish, at the two rates
// and three penalties tried. Adam keeps no mean of the gradient, as in StyleGAN.
func smallGAN(l *suite.Lab, name string, steps int) gan {
	net := network.MLP{Hidden: []int{75, 75, 75}, Activation: "relu"}
	generator, critic := net, net
	generator.Key, critic.Key = l.Key(name+" generator"), l.Key(name+" critic")
	return gan{generator, critic, .01, train.Adam{Rate: 2e-3, Beta1: -1, Beta2: .99, Cosine: steps, Final: .1}}
}

// generate returns samples in the shape of like, [n, d].
func (g gan) generate(scope *model.Scope, r *random.Source, like *Node) *Node {
	noise := r.Normal(Zeros(like.Graph(), shapes.Make(dtypes.Float32, like.Shape().Dim(0), ganNoise)))
	return g.generator.Apply(scope.At("generator"), noise, nil, nil, like.Shape().Dim(1))
}

// step descends both losses: that of the critic, which is -log P(real) on data and -log P(fake) on samples with the
// penalty gamma/2 |grad critic|^2 on data (R1 of Mescheder, Geiger and Nowozin 2018), and the generator's, which is
// -log P(real) on samples: the non-saturating loss of Goodfellow et al. 2014, section 3.
func (g gan) step(t *train.StepContext) {
	logit := func(x *Node) *Node {
		return Reshape(g.critic.Apply(t.Scope.At("critic"), x, nil, nil, 1), x.Shape().Dim(0))
	}
	r, real := t.Random(), t.Batch[0]
	onData := logit(real)
	slope := Gradient(ReduceAllSum(onData), real)[0]
	loss := Add(Softplus(Neg(onData)), Softplus(logit(StopGradient(g.generate(t.Scope, r, real)))))
	penalty := MulScalar(ReduceSum(Square(slope), 1), g.penalty/2)
	t.Record("critic", ReduceAllMean(loss))
	t.Descend("/critic", ReduceAllMean(Add(loss, penalty)), g.by)
	fooled := ReduceAllMean(Softplus(Neg(logit(g.generate(t.Scope, r, real)))))
	t.Record("generator", fooled)
	t.Descend("/generator", fooled, g.by)
}

// play trains both networks and returns their average weights.
func (g gan) play(l *suite.Lab, m *density.Mixture, steps int, name string) (*model.Store, error) {
	return kit.Train(l, train.Plan{Step: g.step, Data: kit.FreshBatches(m, gameBatch, false), EMA: train.EMA{
		Decay: .998}, Key: l.Key(name + " training"), Every: 500},
		steps, func(*train.Trainer, train.Report) error { return l.Context.Err() })
}

// sample draws n samples of the generator in float64.
func (g gan) sample(l *suite.Lab, weights *model.Store, n int, purpose string) (metrics.Points, error) {
	out, err := exec.ModelOnceN(l.Backend, weights, func(scope *model.Scope, in []*Node) []*Node {
		like := Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, n, 2))
		return []*Node{ConvertDType(g.generate(scope, random.New(like.Graph(), l.Key(purpose)), like), dtypes.Float64)}
	}, float32(0))
	if err != nil {
		return metrics.Points{}, fmt.Errorf("samples of the generator: %w", err)
	}
	return kit.Points(out[0]), nil
}
