package main

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var e13Sampler = suite.Experiment{
	ID:       "E13-learned-sampler",
	Title:    "A sampler from samples alone",
	Question: "Can a network that has seen nothing but samples take the true score's place, in sampling and in the likelihood?",
	Sources:  []string{"000, section 5", "001, Incorporating time", "002, section 5 and section 6, table", "003, Probability Flow ODEs"},
	Run:      learnedSampler,
}

func learnedSampler(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It can, in the plane and within seconds. A perceptron trained by denoising at all noise levels from 0.02 to 10 samples the cross so well that 50,000 of its samples in twenty evaluations each are told from data by little more than data from data, " +
		"and gives held-out points the log density that the exact formula gives, to a hundredth of a nat. It covers the ring of eight with equal weights. " +
		"What it knows least is the score at the lowest noise, where it matters least."}
	for _, part := range []func(*suite.Lab, *suite.Report) error{learnedCross, learnedRing} {
		if err := part(l, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

const (
	learnedSteps  = 4000
	learnedBatch  = 512
	learnedNFE    = 20 // exponential Adams asks the network once a step
	learnedLowest = .02
	crossEntropy  = 2.429435 // catalogue, targets
)

// learnedPath is the one on which the samplers learn: from a noise that hides nothing of the data to one that hides all but
// a hundredth of its variance.
var learnedPath = diffusion.VE{SigmaMin: learnedLowest, SigmaMax: 10}

// pathModel is a denoiser of a law along learnedPath, and the weights that it has learnt.
type pathModel struct {
	law     density.Law
	build   diffusion.Build
	weights *model.Store
}

// learnPath trains a network with EDM's preconditioning on fresh samples of a law. Levels are drawn about sigma = e^-1, where
// they decide on what the samples look like.
func learnPath(l *suite.Lab, m *density.Mixture, n network.Network, steps int, name string) (pathModel, error) {
	square := 0.
	for i, row := range m.Covariance() {
		square += row[i] / float64(m.Dim())
	}
	head := diffusion.EDMHead(math.Sqrt(square))
	weights, err := learn(l, train.Plan{
		Loss:    network.Loss(diffusion.Denoising(head, diffusion.EDMWeight(math.Sqrt(square)), diffusion.LogNormalTimes(-1, 1.3)), learnedPath, n),
		Data:    drawnFrom(m, learnedBatch, false),
		Adam:    train.Adam{Rate: 5e-3, Warmup: 100, Cosine: steps},
		Average: train.Average{Decay: .998},
		Key:     l.Key(name + " training"),
		Every:   500,
	}, steps, func(*train.Trainer, train.Report) error { return l.Context.Err() })
	return pathModel{m, network.Learnt(learnedPath, n, head), weights}, err
}

// keyed is a network with first weights of its own.
func keyed(n network.MLP, l *suite.Lab, name string) network.MLP {
	n.Key = l.Key(name + " network")
	return n
}

// grid is learnedPath's in n steps of Karras et al.
func (m pathModel) grid(l *suite.Lab, n int) ([]float64, error) {
	return diffusion.InRatio(l.Backend, learnedPath, 1, 0, n, diffusion.Karras(7))
}

// sample carries noise to n samples along the probability flow.
func (m pathModel) sample(l *suite.Lab, n int, purpose string) (metrics.Points, error) {
	start, err := exec.Once(l.Backend, func(g *Graph) *Node {
		like := Zeros(g, shapes.Make(dtypes.Float64, n, m.law.Dim()))
		return MulScalar(diffusion.NewRandom(g, l.Key(purpose)).Normal(like), learnedPath.SigmaMax)
	})
	if err != nil {
		return metrics.Points{}, err
	}
	grid, err := m.grid(l, learnedNFE)
	if err != nil {
		return metrics.Points{}, err
	}
	end, err := diffusion.Plan{Build: m.build, Store: m.weights, Sampler: diffusion.ExponentialAdams(2), Grid: grid}.Run(l.Backend, start)
	if err != nil {
		return metrics.Points{}, err
	}
	return points(end), nil
}

// logLikelihood is the log density that the flow gives to points, in 15 steps of order 4, from data to noise.
func (m pathModel) logLikelihood(l *suite.Lab, x *tensors.Tensor) ([]float64, error) {
	grid, err := m.grid(l, 15)
	if err != nil {
		return nil, err
	}
	slices.Reverse(grid)
	got, err := diffusion.Plan{Build: m.build, Store: m.weights, Sampler: diffusion.FlowLikelihood{Method: diffusion.ClassicMethod}, Grid: grid}.LogLikelihood(l.Backend, x, diffusion.NoisePrior)
	return got.Nats, err
}

// learnedNet is the network of both samplers.
var learnedNet = network.MLP{Hidden: []int{96, 96, 96}, Activation: "swish", Condition: network.Condition{Frequencies: 16}}

// crossTraining is what one training on the cross came to.
type crossTraining struct {
	samples, data metrics.Points
	squared       float64 // SW2^2 of the two
	errors        []metrics.Summary
	nats          []float64 // of the held-out points
}

// learnedCross trains three samplers of the cross.
func learnedCross(l *suite.Lab, r *suite.Report) error {
	const n, trainings = 50_000, 3
	x2, held := density.X2(), l.Size(2_000, 20_000)
	fresh := func(purpose string, n int) (metrics.Points, error) {
		x, err := x2.Sample(l.Backend, l.Key(purpose), n)
		if err != nil {
			return metrics.Points{}, err
		}
		return points(x), nil
	}
	// The floor: SW2^2 of pairs of exact samples.
	pairs := make([]float64, l.Size(8, 200))
	for i := range pairs {
		a, err := fresh(fmt.Sprint("floor a ", i), n)
		if err != nil {
			return err
		}
		b, err := fresh(fmt.Sprint("floor b ", i), n)
		if err != nil {
			return err
		}
		sw, err := metrics.SlicedW2(a, b, metrics.Projections)
		if err != nil {
			return err
		}
		pairs[i] = sw.Center * sw.Center
	}
	floor, err := metrics.Mean(pairs)
	if err != nil {
		return err
	}
	heldOut, err := x2.Sample(l.Backend, l.Key("held out"), held)
	if err != nil {
		return err
	}
	exact, err := logDensity(l, x2, diffusion.EDM{}, 0, heldOut)
	if err != nil {
		return err
	}
	entropy, err := metrics.Mean(each(exact, func(v float64) float64 { return -v }))
	if err != nil {
		return err
	}
	r.Checks = append(r.Checks, suite.Near("002/maximum-likelihood", "mean of -log p over the held-out points", entropy, crossEntropy, whySE+"; exact: the entropy of the cross, by quadrature"))
	times, err := diffusion.InRatio(l.Backend, learnedPath, 1, 0, 12, diffusion.Geometric)
	if err != nil {
		return err
	}
	var runs []crossTraining
	var debiased []float64
	table := suite.Table{Name: "trainings", Caption: "Three samplers of the cross, each from its own first weights and data: SW2^2 of 50,000 samples to data, less that of data to data; mean of log p of the model less log p, and of its absolute value, at held-out points",
		Header: []string{"training", "SW2^2", "floor", "SW2^2 - floor", "log p, model - exact", "lo", "hi", "mean absolute difference"}}
	for k := range trainings {
		if err := l.Progress(.05+.22*float64(k), fmt.Sprint("training ", k+1)); err != nil {
			return err
		}
		name := fmt.Sprint("cross ", k+1)
		m, err := learnPath(l, x2, keyed(learnedNet, l, name), learnedSteps, name)
		if err != nil {
			return err
		}
		run := crossTraining{}
		if run.samples, err = m.sample(l, n, name+" start"); err != nil {
			return err
		}
		if run.data, err = fresh(name+" data", n); err != nil {
			return err
		}
		sw, err := metrics.SlicedW2(run.samples, run.data, metrics.Projections)
		if err != nil {
			return err
		}
		run.squared = sw.Center * sw.Center
		if run.nats, err = m.logLikelihood(l, heldOut); err != nil {
			return err
		}
		gap, err := metrics.Mean(differences(run.nats, exact))
		if err != nil {
			return err
		}
		absolute, err := metrics.Mean(each(differences(run.nats, exact), math.Abs))
		if err != nil {
			return err
		}
		if run.errors, err = scoreErrors(l, x2, m.build, m.weights, 10_000, times...); err != nil {
			return err
		}
		r.Checks = append(r.Checks, suite.Between("002/maximum-likelihood", fmt.Sprint("log p of the learnt model less the exact one, mean over held-out points, training ", k+1), gap, -.02, gap.Half(), metrics.Miss,
			"0.02 nats are what the model may lose; on average it cannot gain, so above 0 there are but 5 standard errors").Trained())
		table.Rows = append(table.Rows, []any{k + 1, run.squared, floor.Center, run.squared - floor.Center, gap.Center, gap.Lo, gap.Hi, absolute.Center})
		runs, debiased = append(runs, run), append(debiased, run.squared-floor.Center)
	}
	mean := 0.
	for _, d := range debiased {
		mean += d / trainings
	}
	r.Checks = append(r.Checks,
		suite.Between("000/learned-score", "SW2^2 of 50,000 samples to data less that of data to data, mean of three trainings", metrics.Exactly(mean), -learnedNoise, .0006, metrics.Miss, learnedWhy).Trained(),
		suite.Equals("002/thousand-steps", "evaluations of the network for each sample", learnedNFE, 20, 0, "one for each step of exponential Adams").But(suite.Qualified))
	r.Tables = append(r.Tables, table, learnedLevels(times, runs))
	return learnedFigures(l, r, runs, times, exact)
}

// Among 200 pairs of 50,000 exact samples, apart from this code, SW2^2 had the mean 0.000206, the standard deviation 0.000070 and
// the range 0.000084 to 0.000498; so exact samplers leave the mean of three less a floor of eight pairs with 0.000047.
const (
	learnedNoise = .0003
	learnedWhy   = "0.0006 is a scale off by 2.4 %; below 0 there is but chance, 0.000047 among exact samples (200 pairs)"
)

// levelOf is sigma at a time of learnedPath.
func levelOf(t float64) float64 {
	return learnedPath.SigmaMin * math.Pow(learnedPath.SigmaMax/learnedPath.SigmaMin, t)
}

func learnedLevels(times []float64, runs []crossTraining) suite.Table {
	table := suite.Table{Name: "levels", Caption: "Relative squared error of the learnt score, E|s_net - s|^2/E|s|^2, of each training, by noise level", Header: []string{"sigma"}}
	columns := [][]float64{each(times, levelOf)}
	for k, run := range runs {
		table.Header = append(table.Header, fmt.Sprint("training ", k+1))
		columns = append(columns, centers(run.errors))
	}
	table.Rows = zip(columns...)
	return table
}

// learnedRing trains one sampler of the ring of eight, and counts.
func learnedRing(l *suite.Lab, r *suite.Report) error {
	if err := l.Progress(.75, "the ring of eight"); err != nil {
		return err
	}
	const n = 20_000 // in every profile: what training leaves must stay below the error of counting
	r8 := density.R8()
	m, err := learnPath(l, r8, keyed(learnedNet, l, "ring"), learnedSteps, "ring")
	if err != nil {
		return err
	}
	samples, err := m.sample(l, n, "ring start")
	if err != nil {
		return err
	}
	count, err := countRing(samples)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "ring", Caption: "Weights of the modes of the ring in samples of the learnt model; exact: 0.125", Header: []string{"mode", "weight", "lo", "hi"}}
	for k, share := range count.shares {
		r.Checks = append(r.Checks, suite.Near("002/no-collapse", fmt.Sprintf("weight of mode %d of the ring in %d samples", k+1, n), share, 1./8, whySE+"; the worst of 16 modes of seeds 1 and 2 is off by 2.6"))
		table.Rows = append(table.Rows, []any{k + 1, share.Center, share.Lo, share.Hi})
	}
	r.Tables = append(r.Tables, table)
	return learnedRingFigure(l, r, samples, count)
}

// ringCount says how samples share out over the modes of the ring.
type ringCount struct {
	shares  []metrics.Summary // of the samples, nearest to each mode
	covered int               // modes with at least half of their weight
	astray  float64           // share of samples further from every mode than all but 1 in 1000 of the data
}

// countRing takes samples for those of their nearest mode, which by symmetry has exactly 1/8 of the ring.
func countRing(p metrics.Points) (ringCount, error) {
	modes := density.R8().Components()
	in := make([][]float64, len(modes))
	for k := range in {
		in[k] = make([]float64, p.N)
	}
	far := -2 * modes[0].Cov[0][0] * math.Log(1e-3) // |x - mode|^2 is twice the variance times an exponential
	c := ringCount{}
	for i := range p.N {
		nearest, least := 0, math.Inf(1)
		for k, mode := range modes {
			dx, dy := p.X[2*i]-mode.Mean[0], p.X[2*i+1]-mode.Mean[1]
			if d := dx*dx + dy*dy; d < least {
				nearest, least = k, d
			}
		}
		in[nearest][i] = 1
		if least > far {
			c.astray += 1 / float64(p.N)
		}
	}
	for _, hits := range in {
		share, err := metrics.Mean(hits)
		if err != nil {
			return ringCount{}, err
		}
		c.shares = append(c.shares, share)
		if share.Center >= 1./16 {
			c.covered++
		}
	}
	return c, nil
}
