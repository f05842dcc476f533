package diffusion

import (
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
)

// The tests below check every sampler of the table against what must not change its result. This is the unit and the
// origin of the data, the order and the number of the samples, their precision, the number of steps and the backend.
// The path is EDM's, x0 + t eps, on which time has the unit of the data. The data is N(mean, variance I). Both are
// inputs, so that all cases of a sampler share one compiled step.

// inUnits is that model. Its inputs are mean and variance, [1].
func inUnits(_ *model.Scope, inputs []*Node) Model {
	mean, variance := inputs[0], inputs[1]
	like := func(v, x *Node) *Node { return ConvertDType(Reshape(v, 1, 1), x.DType()) }
	precision := func(x, t *Node) *Node { return Reciprocal(Add(like(variance, x), Square(EDM{}.At(t).Sigma))) }
	score := func(x, t *Node) *Node { return Mul(precision(x, t), Sub(like(mean, x), x)) }
	return Model{
		Process: EDM{},
		// D - x is one product, so that an offset of the data is rounded once.
		Denoise: func(x, t *Node) *Node { return Add(x, Mul(Square(EDM{}.At(t).Sigma), score(x, t))) },
		Score:   score,
		LogDensity: func(x, t *Node) *Node {
			off := Sub(x, like(mean, x))
			return Reshape(perSample(MulScalar(Sub(Log(precision(x, t)), Mul(precision(x, t), Square(off))), .5)),
				x.Shape().Dim(0))
		},
	}
}

// unit is one case: the data is shift + scale N(0.6, 0.49), and times and samples are in its unit.
type unit struct{ scale, shift float64 }

// trial runs a sampler in a unit, on the given samples of the standard unit, with fixed numbers in place of noise.
type trial struct {
	t     *testing.T
	spec  SamplerSpec
	b     compute.Backend
	plans map[string]*Compiled
}

const trialDraws = 4 // an upper bound

func (tr *trial) run(u unit, x []float64, rows []int, grid []float64, narrowed bool) []float64 {
	tr.t.Helper()
	sampler, timeScale := tr.spec.Sampler, u.scale
	if d, adaptive := sampler.(DormandPrince); adaptive {
		d.RTol, d.ATol = 1e-13, 1e-9*u.scale // a tolerance relative to x would depend on the origin
		if narrowed {
			d.RTol, d.ATol = 2e-6, 1e-6
		}
		sampler = d
	}
	if tr.spec.Kind == StaticKind {
		timeScale = u.scale * u.scale // of Langevin dynamics
	}
	times := make([]float64, len(grid))
	for i, t := range grid {
		times[i] = t * timeScale
	}
	steps := len(grid) - 1
	flat, noise := make([]float64, len(rows)), make([]float64, steps*trialDraws*len(rows))
	for i, r := range rows {
		flat[i] = u.shift + u.scale*x[r]
		for k := range steps * trialDraws {
			noise[k*len(rows)+i] = .5 + .49*math.Sin(float64(7*k+r*r)) // valid as uniforms and as normals
		}
	}
	key := fmt.Sprint(sampler, narrowed)
	c, known := tr.plans[key]
	if !known {
		var err error
		if c, err = (Plan{Build: inUnits, Sampler: sampler}).Compile(tr.b); err != nil {
			tr.t.Fatal(err)
		}
		tr.plans[key] = c
	}
	tensor := func(flat []float64, dims ...int) *tensors.Tensor {
		if narrowed {
			return tensors.FromFlatDataAndDimensions(narrow(flat), dims...)
		}
		return tensors.FromFlatDataAndDimensions(flat, dims...)
	}
	c.c.plan.Sampler = sampler
	c.c.plan.Inputs = []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions([]float64{u.shift + u.scale*dataMean}, 1),
		tensors.FromFlatDataAndDimensions([]float64{u.scale * u.scale * dataVariance}, 1),
	}
	c.c.plan.Replay = nil
	if tr.spec.Stochastic {
		c.c.plan.Replay = tensor(noise, steps, trialDraws, len(rows), 1)
	}
	out, err := c.Run(times, tensor(flat, len(rows), 1))
	if err != nil {
		tr.t.Fatalf("%s in the unit %+v: %v", tr.spec.Name, u, err)
	}
	y := numbers(out)
	for i := range y {
		y[i] = (y[i] - u.shift) / u.scale
	}
	return y
}

// grid is a chain of five steps for the kind of the sampler.
func (tr trial) grid() []float64 {
	switch tr.spec.Kind {
	case ForwardKind:
		return []float64{.2, .35, .7, 1.2, 2, 3}
	case StaticKind:
		return []float64{0, .05, .1, .15, .2, .25}
	}
	return []float64{3, 2, 1.2, .7, .35, .2}
}

// check runs the chain in other units, in another order, alone and in float32.
func (tr trial) check(x []float64) {
	const eps = 0x1p-52
	all, grid := []int{0, 1, 2, 3, 4}, tr.grid()
	want := tr.run(unit{1, 0}, x, all, grid, false)
	same := func(what string, got []float64, rows []int, tol float64) {
		tr.t.Helper()
		if _, adaptive := tr.spec.Sampler.(DormandPrince); adaptive {
			tol = 1e3 * tol // its tolerance, over some tens of steps
		}
		for i, r := range rows {
			if !(math.Abs(got[i]-want[r]) <= tol) {
				tr.t.Errorf("%s, %s: sample %d is %v, want %v", tr.spec.Name, what, r, got[i], want[r])
			}
		}
	}
	for _, scale := range []float64{1e-6, 1e-3, 1e3, 1e6} {
		// The bound is the rounding in every step and of the noise levels, by whose logarithms multistep solvers
		// divide.
		same(fmt.Sprint("scale ", scale), tr.run(unit{scale, 0}, x, all, grid, false), all, 1e-11)
	}
	for _, shift := range []float64{-1e3, 1e5, 1e7} {
		// x is rounded at the size of the shift a few times a step. The solvers' weights, of a few units, add up to 1.
		same(fmt.Sprint("shift ", shift), tr.run(unit{1, shift}, x, all, grid, false), all,
			1e-11+400*eps*math.Abs(shift))
	}
	same("scale 1e-3 and shift 1", tr.run(unit{1e-3, 1}, x, all, grid, false), all, 1e-11+400*eps*1e3)
	reversed := []int{4, 3, 2, 1, 0}
	same("in another order", tr.run(unit{1, 0}, x, reversed, grid, false), reversed, 1e-14)
	same("alone", tr.run(unit{1, 0}, x, []int{2}, grid, false), []int{2}, 1e-13)
	same("in float32", tr.run(unit{1, 0}, x, all, grid, true), all, 2e-4)
	for r, w := range tr.run(unit{1, 0}, x, all, grid[:2], false) { // one step, in other units
		want[r] = w
	}
	same("one step, scale 1e6", tr.run(unit{1e6, 0}, x, all, grid[:2], false), all, 1e-11)
	same("one step, alone in float32", tr.run(unit{1, 0}, x, []int{3}, grid[:2], true), []int{3}, 2e-4)
}

func TestSamplersAreInvariant(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	x := []float64{-1.3, .2, .9, 2.4, -.4}
	xla := map[string]bool{"reverse-em": true, "edm-heun": true, "deis-3": true}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Samplers {
			if b.Name() == "xla" && !xla[spec.Name] {
				continue // each takes a second to compile; parity and drivers are tested there for all
			}
			tr := trial{t, spec, b, map[string]*Compiled{}}
			defer func() {
				for _, c := range tr.plans {
					c.Finalize()
				}
			}()
			tr.check(x)
		}
	})
}
