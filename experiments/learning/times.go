package learning

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var timeDSM = suite.Experiment{
	ID:       "one-network",
	Long:     true,
	Stream:   "E13-time-dsm",
	Title:    "One network for all noise levels",
	Question: "Can one network learn the score at every noise level, and does the weighting of the levels matter?",
	Sources: []string{"001, Incorporating time", "002, section 5", "003, Noise Levels and Multi-Scale Scores",
		"003, PyTorch Perspective", "004, Summary so Far"},
	Run: runTimeDSM,
}

func runTimeDSM(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, one network is enough. It learns the score of the cross, of a mixture on a line " +
		"and of a mixture in eight dimensions to 3 % of its mean square or better, at every noise level from 0.1 to " +
		"10. The denoising loss minus its floor equals the Fisher error E|s_net - s|^2 at every level. The weighting " +
		"matters. Document 001 writes the loss with one weight for the error of the score at every time, and nearly " +
		"all of that loss comes from the smallest noise. A network whose output is the score itself then learns " +
		"slightly more there than the others. At the largest noise its error exceeds a third of the score's mean " +
		"square. With that weight, a network whose output has unit variance learns only the score of a Gaussian in " +
		"the same number of steps."}
	nets := timedNets(l)
	for i := range nets {
		if err := nets[i].train(l, .95*float64(i)/float64(len(nets)), .95/float64(len(nets))); err != nil {
			return nil, err
		}
	}
	if err := l.Progress(.95, "errors"); err != nil {
		return nil, err
	}
	table := suite.Table{Name: "errors", Caption: "Fisher error E|s_net - s|^2/E|s|^2 of each network by noise " +
		"level, with five-standard-error limits; sigma is the noise of x_t/alpha. Unit targets stay below 3 % from " +
		"0.1 up", Header: []string{"network", "sigma", "error", "lo", "hi"}}
	for _, n := range nets {
		for i, e := range n.errors {
			table.Rows = append(table.Rows, []any{n.name, n.levels[i], e.Center, e.Lo, e.Hi})
		}
	}
	r.Tables = append(r.Tables, table)
	timedChecks(r, nets)
	for _, part := range []func(*suite.Lab, *suite.Report, timedNet) error{floorIdentity, coarseScore} {
		if err := part(l, r, nets[0]); err != nil {
			return nil, err
		}
	}
	return r, timedFigures(l, r, nets)
}

// timedNet is one network trained at all noise levels of a process, uniformly in ln sigma (on VE: in time), with its
// errors.
type timedNet struct {
	name    string
	target  *density.Mixture
	process diffusion.Process
	head    diffusion.Head
	weight  diffusion.Weighting
	hidden  []int
	steps   int
	levels  []float64 // sigma/alpha where its error is measured, falling
	color   figure.Color
	traced  bool // record the floor of the loss too: the loss of the exact score on the same batches

	weights     *model.Store
	errors      []metrics.Summary
	loss, floor []float64 // means over timedEvery steps
}

// timedVE is the path of the networks whose weightings are compared.
var timedVE = diffusion.VE{SigmaMin: .02, SigmaMax: 10}

// timedNets are the plans. The first should learn the score; the next three weight the levels differently.
func timedNets(l *suite.Lab) []timedNet {
	x2, g1, m8 := density.Cross(), density.Bimodal(), density.Mixture8D()
	narrow, wide := []int{64, 64, 64}, []int{128, 128, 128}
	budget := l.Size(6000, 20_000)
	levels := []float64{9.9, 5, 2, 1, .5, .2, .1, .05, .021}
	lineSD := math.Sqrt(g1.Covariance()[0][0])
	return []timedNet{
		{name: "unit targets", target: x2, process: timedVE, head: diffusion.EDMHead(1), weight: diffusion.EDMWeight(1),
			hidden: narrow, steps: budget, levels: levels, color: figure.Blue, traced: true},
		{name: "weight σ²", target: x2, process: timedVE, head: diffusion.EDMHead(1), weight: diffusion.NoiseWeight,
			hidden: narrow, steps: budget, levels: levels, color: figure.Green},
		{name: "weight 1", target: x2, process: timedVE, head: diffusion.EDMHead(1), weight: diffusion.ScoreWeight,
			hidden: narrow, steps: budget, levels: levels, color: figure.Orange},
		{name: "weight 1, no head", target: x2, process: timedVE, head: diffusion.ScoreHead(1),
			weight: diffusion.ScoreWeight, hidden: narrow, steps: budget, levels: levels, color: figure.Vermillion},
		{name: "G1 on VP, predicting noise", target: g1, process: diffusion.VP{}, head: diffusion.EpsHead(lineSD),
			weight: diffusion.Plain, hidden: narrow, steps: l.Size(5000, 20_000),
			levels: append(slices.Clone(levels[:8]), .0201), color: figure.Purple},
		{name: "M8, eight dimensions", target: m8, process: kit.NoiseLevels, head: diffusion.EDMHead(1),
			weight: diffusion.EDMWeight(1), hidden: wide, steps: l.Size(6000, 20_000),
			levels: append(slices.Clone(levels[:7]), .0501), color: figure.Sky},
	}
}

func (n *timedNet) network(l *suite.Lab) network.MLP {
	return network.MLP{Hidden: n.hidden, Condition: network.Condition{Frequencies: 16}, Key: l.Key("network")}
}

func (n *timedNet) build(l *suite.Lab) diffusion.Build {
	return network.Trained(n.process, n.network(l), n.head)
}

// train trains the network and measures its errors. A traced network records the floor of the loss too.
func (n *timedNet) train(l *suite.Lab, done, share float64) error {
	objective := diffusion.Denoising(n.head, n.weight, diffusion.LevelTimes(diffusion.LowDiscrepancy))
	plan := timedPlan(l, objective, n.process, n.network(l), n.target, n.steps)
	if n.traced {
		plan.Floor = func(_ *model.Scope, columns []*Node, r *random.Source) *Node {
			return objective(n.process, exactNet(n.target), diffusion.Batch{X0: columns[0]}, r)
		}
	}
	var err error
	n.weights, err = kit.Train(l, plan, n.steps, func(_ *train.Trainer, r train.Report) error {
		n.loss, n.floor = append(n.loss, r.Mean(train.LossCurve)), append(n.floor, r.Mean(train.FloorCurve))
		return l.Progress(done+share*float64(r.Step)/float64(n.steps), "training: "+n.name)
	})
	if err != nil {
		return err
	}
	times, err := diffusion.AtRatios(l.Backend, n.process, n.levels)
	if err != nil {
		return err
	}
	n.errors, err = kit.ScoreErrors(l, n.target, n.build(l), n.weights, l.Size(10_000, 100_000), times...)
	return err
}

// timedPlan trains on new data in every step. Without the warm-up some seeds stay at the score of a Gaussian: the cross
// has that covariance at every level, so the gradient vanishes there to first order.
func timedPlan(l *suite.Lab, o diffusion.Objective, p diffusion.Process, n network.Network, target *density.Mixture,
	steps int) train.Plan {
	return train.Plan{
		Loss: network.Loss(o, p, n), Data: kit.FreshBatches(target, 512, false), Key: l.Key("training"),
		Adam: train.Adam{Rate: 5e-3, Warmup: 500, Cosine: steps}, EMA: train.EMA{Decay: .999},
		Every: timedEvery,
	}
}

// timedEvery is the number of steps over which the loss is averaged.
const timedEvery = 100

// exactNet is the network under EDMHead(1) that makes the exact denoiser. It depends on x/alpha and
// sigma/alpha alone, so the path EDM serves for all.
func exactNet(m density.Target) diffusion.Net {
	return func(u, logSNR, _ *Node) *Node {
		sigma := Exp(MulScalar(logSNR, -.5))
		skip, out, in := diffusion.EDMHead(1)(diffusion.EDM{}.At(sigma))
		x := Div(u, in)
		return Div(Sub(m.Model(diffusion.EDM{}).Denoise(x, sigma), Mul(skip, x)), out)
	}
}
