package kit

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

const (
	LearnedSteps  = 4000
	LearnedBatch  = 512
	LearnedNFE    = 20 // exponential Adams evaluates the network once a step
	learnedLowest = .02
	CrossEntropy  = 2.429435 // entropy of the cross in nats, by quadrature
)

// LearnedPath is the path on which the samplers train: from noise far below the width of the data to noise with a
// hundred times its variance.
var LearnedPath = diffusion.VE{SigmaMin: learnedLowest, SigmaMax: 10}

// PathModel is a denoiser of a target along LearnedPath, with its trained weights.
type PathModel struct {
	target  density.Target
	Build   diffusion.Build
	Weights *model.Store
}

// TrainOnPath trains a network with the preconditioning of EDM (Karras et al. 2022) on fresh samples of a mixture.
// Noise levels are drawn around sigma = e^-1, where they shape the samples most.
func TrainOnPath(l *suite.Lab, m *density.Mixture, n network.Network, steps int, name string) (PathModel, error) {
	square := 0.
	for i, row := range m.Covariance() {
		square += row[i] / float64(m.Dim())
	}
	head := diffusion.EDMHead(math.Sqrt(square))
	weights, err := Train(l, train.Plan{
		Loss: network.Loss(diffusion.Denoising(head, diffusion.EDMWeight(math.Sqrt(square)),
			diffusion.LogNormalTimes(-1, 1.3)), LearnedPath, n),
		Data:  FreshBatches(m, LearnedBatch, false),
		Adam:  train.Adam{Rate: 5e-3, Warmup: 100, Cosine: steps},
		EMA:   train.EMA{Decay: .998},
		Key:   l.Key(name + " training"),
		Every: 500,
	}, steps, func(*train.Trainer, train.Report) error { return l.Context.Err() })
	return PathModel{m, network.Trained(LearnedPath, n, head), weights}, err
}

// Keyed is the network n with initial weights of its own.
func Keyed(n network.MLP, l *suite.Lab, name string) network.MLP {
	n.Key = l.Key(name + " network")
	return n
}

// grid is LearnedPath from noise to data in the n steps of Karras et al. 2022, rho = 7.
func (m PathModel) grid(l *suite.Lab, n int) ([]float64, error) {
	return diffusion.InRatio(l.Backend, LearnedPath, 1, 0, n, diffusion.Karras(7))
}

// Sample carries noise to n samples along the probability flow, in LearnedNFE evaluations each.
func (m PathModel) Sample(l *suite.Lab, n int, purpose string) (metrics.Points, error) {
	start, err := exec.Once(l.Backend, func(g *Graph) *Node {
		like := Zeros(g, shapes.Make(dtypes.Float64, n, m.target.Dim()))
		return MulScalar(random.New(g, l.Key(purpose)).Normal(like), LearnedPath.SigmaMax)
	})
	if err != nil {
		return metrics.Points{}, err
	}
	grid, err := m.grid(l, LearnedNFE)
	if err != nil {
		return metrics.Points{}, err
	}
	end, err := diffusion.Plan{Build: m.Build, Store: m.Weights, Sampler: diffusion.ExponentialAdams(2),
		Grid: grid}.Run(l.Backend, start)
	if err != nil {
		return metrics.Points{}, err
	}
	return Points(end), nil
}

// Evaluations counts how often the sampler of Sample evaluates the network for a sample: it builds all steps, one after
// the other.
func (m PathModel) Evaluations(l *suite.Lab) (asked int, err error) {
	grid, err := m.grid(l, LearnedNFE)
	if err != nil {
		return 0, err
	}
	sampler := diffusion.ExponentialAdams(2)
	_, err = exec.ModelOnceN(l.Backend, m.Weights, func(scope *model.Scope, in []*Node) []*Node {
		counted := m.Build(scope, nil)
		denoise := counted.Denoise
		counted.Denoise, counted.Score = func(x, t *Node) *Node { asked++; return denoise(x, t) }, nil
		x, r := in[0], random.Replay()
		carry := sampler.Init(counted, x, r)
		for i := range len(grid) - 1 {
			g := x.Graph()
			s := diffusion.Falling(Const(g, grid[i]), Const(g, grid[i+1]), Const(g, int32(i)))
			s.Steps = Const(g, int32(len(grid)-1))
			x, carry = sampler.Step(counted, s, x, carry, r)
		}
		return []*Node{x}
	}, [][]float64{make([]float64, m.target.Dim())})
	return asked, err
}

// LogLikelihood is the log density of points x [n, d] under the probability flow, in nats, by 15 Runge-Kutta steps of
// order 4 from data to noise.
func (m PathModel) LogLikelihood(l *suite.Lab, x *tensors.Tensor) ([]float64, error) {
	grid, err := m.grid(l, 15)
	if err != nil {
		return nil, err
	}
	slices.Reverse(grid)
	got, err := diffusion.Plan{Build: m.Build, Store: m.Weights, Sampler: diffusion.FlowLikelihood{
		Method: diffusion.ClassicMethod}, Grid: grid}.LogLikelihood(l.Backend, x, diffusion.NoisePrior)
	return got.Nats, err
}

// LearnedNet is the network of learned-sampler.
var LearnedNet = network.MLP{Hidden: []int{96, 96, 96}, Activation: "swish", Condition: network.Condition{
	Frequencies: 16}}
