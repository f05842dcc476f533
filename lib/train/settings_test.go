package train_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// problem holds the parts of a training. Each test spoils one of them.
type problem struct {
	process   diffusion.Process
	head      diffusion.Head
	weight    diffusion.Weighting
	times     diffusion.TimeSampler
	drop      float64
	objective func(p *problem) diffusion.Objective // nil: Denoising of the above
	network   network.Network
	plan      train.Plan
}

func sound() *problem {
	return &problem{
		process: diffusion.VP{}, head: diffusion.EDMHead(1), weight: diffusion.MinSNR(5),
		times: diffusion.LogNormalTimes(-1, 1), drop: .1,
		network: network.MLP{Hidden: []int{4}, Condition: network.Condition{Frequencies: 2, Classes: 2}},
		plan: train.Plan{
			Data: train.Whole(tensors.FromValue([][]float32{{1, 2}, {3, -1}}), tensors.FromValue([][]int32{{0}, {1}})),
			Adam: train.Adam{Rate: 1e-3}, EMA: train.EMA{Decay: .9}, Every: 1,
		},
	}
}

// begin makes the training and takes a step. A bad setting must be refused before.
func (p *problem) begin(b compute.Backend) (steps int, err error) {
	o := diffusion.Denoising(p.head, p.weight, p.times)
	if p.objective != nil {
		o = p.objective(p)
	}
	p.plan.Loss = network.Loss(diffusion.DropLabels(p.drop, o), p.process, p.network)
	trainer, err := p.plan.Begin(b)
	if err != nil {
		return 0, err
	}
	defer trainer.Close()
	for _, err = range trainer.Run(context.Background(), 1) {
	}
	return trainer.Step(), err
}

type spoiled struct {
	want  string // a part of the one-line error
	spoil func(p *problem)
}

// settings lists every setting of a training with values that must be refused.
func settings() []spoiled {
	all := orders()
	add := func(want string, spoil func(p *problem)) { all = append(all, spoiled{want, spoil}) }
	nan, inf := math.NaN(), math.Inf(1)
	for _, x := range []float64{nan, inf, -inf, -1, 0} {
		notPositive(add, x)
		if x != 0 {
			negative(add, x)
		}
		if x != 0 && x != -1 {
			notFinite(add, x)
		}
	}
	for _, n := range []int{0, -1, math.MinInt} {
		notCounts(add, n)
	}
	return all
}

// notPositive spoils settings that must be finite and above 0.
func notPositive(add func(string, func(p *problem)), x float64) {
	add("VE: sigma runs from", func(p *problem) { p.process = diffusion.VE{SigmaMin: x, SigmaMax: 5} })
	add("linear schedule: beta runs from", func(p *problem) {
		p.process = diffusion.VP{Schedule: diffusion.LinearBeta{Min: x, Max: 5}}
	})
	add("scaled linear schedule: beta runs from", func(p *problem) {
		p.process = diffusion.SubVP{Schedule: diffusion.ScaledLinearBeta{Min: 1, Max: x}}
	})
	add("sigmoid schedule of beta", func(p *problem) {
		p.process = diffusion.VP{Schedule: diffusion.SigmoidBeta{Min: x, Max: 5}}
	})
	add("sigmoid schedule: from", func(p *problem) {
		p.process = diffusion.VP{Schedule: diffusion.SigmoidAlpha{Start: -3, End: 3, Tau: x}}
	})
	add("a head for data of standard deviation", func(p *problem) { p.head = diffusion.VHead(x) })
	add("MinSNR(", func(p *problem) { p.weight = diffusion.MinSNR(x) })
	add("EDMWeight for data of standard deviation", func(p *problem) { p.weight = diffusion.EDMWeight(x) })
	add("finite-difference score matching has step", func(p *problem) {
		p.objective = func(*problem) diffusion.Objective {
			return diffusion.SlicedFD(diffusion.Matching{}, (*random.Source).Normal, x)
		}
	})
}

// negative spoils settings that must be finite and at least 0.
func negative(add func(string, func(p *problem)), x float64) {
	add("cosine schedule: S is", func(p *problem) {
		p.process = diffusion.VP{Schedule: diffusion.Cosine{S: x}}
	})
	add("LogNormalTimes with standard deviation", func(p *problem) { p.times = diffusion.LogNormalTimes(0, x) })
	add("FixedTime(", func(p *problem) { p.times = diffusion.FixedTime(x) })
	add("labels are dropped with probability", func(p *problem) { p.drop = x })
	add("Rate = ", func(p *problem) { p.plan.Adam.Rate = x })
	add("Epsilon = ", func(p *problem) { p.plan.Adam.Epsilon = x })
	add("Beta2 = ", func(p *problem) { p.plan.Adam.Beta2 = x })
	add("WeightDecay = ", func(p *problem) { p.plan.Adam.WeightDecay = x })
	add("Clip = ", func(p *problem) { p.plan.Adam.Clip = x })
	add("Final = ", func(p *problem) { p.plan.Adam.Final = x })
	add("the average's Decay", func(p *problem) { p.plan.EMA.Decay = x })
}

// notFinite spoils settings that must be finite.
func notFinite(add func(string, func(p *problem)), x float64) {
	add("LogNormalTimes with mean", func(p *problem) { p.times = diffusion.LogNormalTimes(x, 1) })
	add("Beta1 = ", func(p *problem) { p.plan.Adam.Beta1 = x })
	add("values that are not finite", func(p *problem) {
		p.plan.Data = train.Whole(tensors.FromValue([][]float64{{1, x}}))
	})
	add("a floor of", func(p *problem) { p.plan.Floor = train.Level(x) })
}

// notCounts spoils settings that must be whole numbers from 1, or from 0.
func notCounts(add func(string, func(p *problem)), n int) {
	add("give a last of at least 1", func(p *problem) { p.times = diffusion.WholeTimes(diffusion.Independent, n) })
	add("MLP with hidden widths", func(p *problem) { p.network = network.MLP{Hidden: []int{4, n}} })
	add("ResMLP with 1 blocks of width", func(p *problem) { p.network = network.ResMLP{Width: n, Blocks: 1} })
	add("blocks of width 3", func(p *problem) { p.network = network.ResMLP{Width: 3, Blocks: n} })
	add("batches of", func(p *problem) { p.plan.Data = train.Drawn(n, tensors.FromValue([][]float32{{1, 2}})) })
	if n != 0 {
		add("none below 0", func(p *problem) {
			p.network = network.MLP{Hidden: []int{4}, Condition: network.Condition{Frequencies: n}}
		})
		add("none below 0", func(p *problem) {
			p.network = network.MLP{Hidden: []int{4}, Condition: network.Condition{Classes: n}}
		})
		add("none below 0", func(p *problem) {
			p.network = network.MLP{Hidden: []int{4}, Condition: network.Condition{Width: n}}
		})
		add("a report every", func(p *problem) { p.plan.Every = n })
		add("Warmup = ", func(p *problem) { p.plan.Adam.Warmup = n })
		add("Cosine = ", func(p *problem) { p.plan.Adam.Cosine = n })
	}
}

// orders are settings in the wrong order, missing, or of the wrong kind.
func orders() []spoiled {
	x := tensors.FromValue([][]float32{{1, 2}, {3, 4}})
	return []spoiled{
		{"VE: sigma runs from 9 to 1", func(p *problem) { p.process = diffusion.VE{SigmaMin: 9, SigmaMax: 1} }},
		{"beta runs from 20 to -3", func(p *problem) {
			p.process = diffusion.VP{Schedule: diffusion.LinearBeta{Min: 20, Max: -3}}
		}},
		{"sigmoid schedule: from 3 to -3", func(p *problem) {
			p.process = diffusion.VP{Schedule: diffusion.SigmoidAlpha{Start: 3, End: -3, Tau: 1}}
		}},
		{"table of betas: there are none", func(p *problem) { p.process = diffusion.VP{Schedule: diffusion.Table{}} }},
		{"but the process ends at 1", func(p *problem) { p.times = diffusion.WholeTimes(diffusion.Independent, 1000) }},
		{"there is no process", func(p *problem) { p.process = nil }},
		{"there is no network", func(p *problem) { p.network = nil }},
		{"Denoising without a head", func(p *problem) { p.head = nil }},
		{"UniformTimes without a draw", func(p *problem) { p.times = diffusion.UniformTimes(nil) }},
		{"DropLabels without an objective", func(p *problem) {
			p.objective = func(*problem) diffusion.Objective { return nil }
		}},
		{"Energy without a body", func(p *problem) { p.network = network.Energy{} }},
		{`no activation "wobble"`, func(p *problem) {
			p.network = network.MLP{Hidden: []int{4}, Activation: "wobble"}
		}},
		{`no initialization "random"`, func(p *problem) {
			p.network = network.ResMLP{Width: 4, Blocks: 1, Init: "random"}
		}},
		{"Decay is 0.99999999;", func(p *problem) { p.plan.EMA.Decay = 1 - 1e-8 }},
		{"Epsilon = 1e-60", func(p *problem) { p.plan.Adam.Epsilon = 1e-60 }},
		{"Cosine = 5", func(p *problem) { p.plan.Adam.Warmup, p.plan.Adam.Cosine = 6, 5 }},
		{"a report every 2147483648 steps", func(p *problem) { p.plan.Every = 1 << 31 }},
		{"batches of 3 rows from 2", func(p *problem) { p.plan.Data = train.Shuffled(3, x) }},
		{"batch without labels", func(p *problem) { p.plan.Data = train.Whole(x) }},
		{"labels of 2 samples have shape (Float32)[2]", func(p *problem) {
			p.plan.Data = train.Whole(x, tensors.FromValue([]float32{0, 1}))
		}},
		{"labels of 2 samples have shape (Int32)[2, 2]", func(p *problem) {
			p.plan.Data = train.Whole(x, tensors.FromValue([][]int32{{0, 1}, {1, 0}}))
		}},
		{"data of 3 columns", func(p *problem) { p.plan.Data = train.Whole(x, x, x) }},
		{"floating-point numbers in X0", func(p *problem) {
			p.plan.Data = train.Whole(tensors.FromValue([][]int32{{1, 2}}), tensors.FromValue([]int32{1}))
		}},
		{"the data's draw returned 0 columns", func(p *problem) {
			p.plan.Data = train.Fresh("nothing", func(*graph.Graph, *random.Source) []*graph.Node { return nil })
		}},
	}
}

// A bad setting is refused before the first step, with a one-line error that names it. A sound training runs.
func TestTrainingRefusesSettings(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range settings() {
			p := sound()
			c.spoil(p)
			steps, err := p.begin(b)
			if steps > 0 || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(),
				"\n") {
				t.Errorf("%d steps, error %v, want one line with %q", steps, err, c.want)
			}
		}
		if steps, err := sound().begin(b); steps != 1 || err != nil {
			t.Errorf("sound: %d steps, %v", steps, err)
		}
	})
}
