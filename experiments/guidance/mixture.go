package guidance

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// guidedStrengths are the guidance scales of the sweeps.
var guidedStrengths = []float64{0, .5, 1, 1.5, 2, 3, 5, 10}

// guidedProcess is the forward process of document 004.
var guidedProcess = diffusion.OU{}

// twoClasses is a mixture of two classes of three Gaussians each, of which the middle ones overlap. Guidance is to
// class 1, the upper one.
func twoClasses() *density.Mixture {
	var components []density.Component
	for class, side := range []float64{-1, 1} {
		for i, weight := range []float64{.3, .4, .3} {
			at := []float64{2.2 * float64(i-1), side * []float64{1, .5, 1}[i]}
			components = append(components, density.Component{Weight: weight / 2, Mean: at,
				Cov: [][]float64{{.16, 0}, {0, .16}}, Class: class})
		}
	}
	m, err := density.NewMixture("two classes", components...)
	if err != nil {
		panic(fmt.Errorf("the guided mixture: %w", err)) // a mistake in the literals
	}
	return m
}

const guidedClass = 1

// classOnly is the distribution of class 1, and its probability.
func classOnly() (*density.Mixture, float64) {
	only, weight, err := twoClasses().Conditional(guidedClass)
	if err != nil {
		panic(err)
	}
	return only, weight
}

// exactGuides are the two exact guides to the class, by classifier and by label; they are the same function.
func exactGuides(p diffusion.Process) (byClassifier, byLabel diffusion.Guide) {
	only, _ := classOnly()
	return diffusion.ByClassifier(func(x, t *Node) *Node { return twoClasses().ClassLogProb(p, guidedClass, x, t) }),
		diffusion.ByLabel(only.Model(p).Denoise)
}

// guiding builds, inside a graph, a model guided with some scale.
type guiding func(scope *model.Scope, scale diffusion.Scale) diffusion.Model

// guidingExactly applies a guide to the mixture's own denoiser.
func guidingExactly(g diffusion.Guide) guiding {
	return func(_ *model.Scope, scale diffusion.Scale) diffusion.Model {
		return diffusion.Model{Process: guidedProcess, Denoise: g.Scaled(scale)(guidedProcess,
			twoClasses().Model(guidedProcess).Denoise)}
	}
}

// guidedSweep is one sampling problem at several scales.
type guidedSweep struct {
	sampler diffusion.Sampler
	grid    []float64
	start   *tensors.Tensor // [n, d]
	store   *model.Store
	noise   random.Key
	single  bool // in float32, for networks
}

// newGuidedSweep samples n times from N(0, I), in steps even in the log of the noise level.
func newGuidedSweep(l *suite.Lab, s diffusion.Sampler, name string, n, steps int) (guidedSweep, error) {
	grid, err := diffusion.InRatio(l.Backend, guidedProcess, guidedFrom, guidedTo, steps, diffusion.Geometric)
	if err != nil {
		return guidedSweep{}, err
	}
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("start "+name), n)
	return guidedSweep{sampler: s, grid: grid, start: start, noise: l.Key("noise " + name)}, err
}

const (
	guidedFrom = 6    // where e^-6 of the data is left
	guidedTo   = 1e-4 // where the noise has a variance of 2e-4, a thousandth of a mode's
)

// plan runs all scales together: sample i at the k-th scale is row k n + i, and starts from the same noise as sample i
// at the others.
func (s guidedSweep) plan(g guiding, strengths []float64) (diffusion.Plan, *tensors.Tensor) {
	n := s.start.Shape().Dim(0)
	start := tensors.MustCopyFlatData[float64](s.start)
	var all, column []float64
	for _, gamma := range strengths {
		all = append(all, start...)
		for range n {
			column = append(column, gamma)
		}
	}
	rows := len(column)
	return diffusion.Plan{
		Build: func(scope *model.Scope, inputs []*Node) diffusion.Model {
			return g(scope, func(diffusion.Coeffs) *Node { return inputs[0] })
		},
		Store: s.store, Inputs: []*tensors.Tensor{s.tensor(column, rows, 1)},
		Sampler: s.sampler, Grid: s.grid, Noise: s.noise,
	}, s.tensor(all, rows, len(start)/n)
}

// tensor has the precision of the samples.
func (s guidedSweep) tensor(flat []float64, dims ...int) *tensors.Tensor {
	if s.single {
		return tensors.FromFlatDataAndDimensions(kit.Map(flat, func(v float64) float32 { return float32(v) }), dims...)
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}

// apart splits samples by scale.
func (s guidedSweep) apart(x *tensors.Tensor, strengths []float64) []metrics.Points {
	var all metrics.Points
	if s.single {
		n := x.Shape().Dim(0)
		all = metrics.Points{N: n, D: x.Size() / n, X: kit.Map(tensors.MustCopyFlatData[float32](x),
			func(v float32) float64 { return float64(v) })}
	} else {
		all = kit.Points(x)
	}
	n := all.N / len(strengths)
	clouds := make([]metrics.Points, len(strengths))
	for k := range clouds {
		clouds[k] = metrics.Points{N: n, D: all.D, X: all.X[k*n*all.D : (k+1)*n*all.D]}
	}
	return clouds
}

// run returns the final samples of every scale.
func (s guidedSweep) run(l *suite.Lab, g guiding, strengths ...float64) ([]metrics.Points, error) {
	plan, start := s.plan(g, strengths)
	end, err := plan.Run(l.Backend, start)
	if err != nil {
		return nil, err
	}
	return s.apart(end, strengths), nil
}

// trace returns the samples after each of the given numbers of steps, by scale.
func (s guidedSweep) trace(l *suite.Lab, g guiding, steps []int, strengths ...float64) (clouds [][]metrics.Points,
	err error) {
	plan, start := s.plan(g, strengths)
	for snapshot, err := range plan.Trace(l.Backend, start, steps...) {
		if err != nil {
			return nil, err
		}
		if snapshot.Step > 0 {
			clouds = append(clouds, s.apart(snapshot.X, strengths))
		}
	}
	return clouds, nil
}

// assessment compares samples with the exact mixture.
type assessment struct {
	purity metrics.Summary // mean of P(class | x)
	chosen metrics.Summary // share of samples that the exact classifier assigns to the class
	modes  []float64       // weights of the class's three modes among its samples, by nearest mode
	tilt   []float64       // log p(class | x), by sample
}

// assess evaluates the exact classifier of clean data on each cloud.
func assess(l *suite.Lab, clouds []metrics.Points) ([]assessment, error) {
	exec, err := exec.New(l.Backend, func(x *Node) *Node {
		return twoClasses().ClassLogProb(guidedProcess, guidedClass, x, kit.ScalarLike(x, 0))
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	only, _ := classOnly()
	out := make([]assessment, len(clouds))
	for k, cloud := range clouds {
		log, err := exec.Call1(view.Tensor(cloud))
		if err != nil {
			return nil, err
		}
		j := &out[k]
		j.tilt = tensors.MustCopyFlatData[float64](log)
		p := kit.Map(j.tilt, math.Exp)
		if j.purity, err = metrics.Mean(p); err != nil {
			return nil, err
		}
		if j.chosen, err = metrics.MeanOf(len(p), func(i int) float64 { return indicator(p[i] > .5) }); err != nil {
			return nil, err
		}
		j.modes = modeShares(only, cloud)
	}
	return out, nil
}

// modeShares are the shares of samples nearest to each of a mixture's means.
func modeShares(m *density.Mixture, cloud metrics.Points) []float64 {
	shares := make([]float64, len(m.Components()))
	for i := range cloud.N {
		best, at := math.Inf(1), 0
		for k, c := range m.Components() {
			if d := math.Hypot(cloud.X[2*i]-c.Mean[0], cloud.X[2*i+1]-c.Mean[1]); d < best {
				best, at = d, k
			}
		}
		shares[at] += 1 / float64(cloud.N)
	}
	return shares
}

func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
