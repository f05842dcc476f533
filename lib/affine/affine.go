// Package affine computes what samplers do to Gaussian data N(mean, v I), without drawing samples. There every scheme
// is affine in the sample and its noise. So the mean and variance after many steps are exact up to rounding.
package affine

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// Map is x -> Gain x + Shift + Noise z in each coordinate, with z a standard normal.
type Map struct{ Gain, Shift, Noise float64 }

// Then returns the step a followed by the step b, with independent noises.
func (a Map) Then(b Map) Map {
	return Map{a.Gain * b.Gain, b.Gain*a.Shift + b.Shift, math.Hypot(b.Gain*a.Noise, b.Noise)}
}

// Variance returns the variance after the step, given the variance before it.
func (a Map) Variance(before float64) float64 { return a.Gain*a.Gain*before + a.Noise*a.Noise }

// Stationary returns the variance to which the repeated step converges. It is NaN unless |Gain| < 1.
func (a Map) Stationary() float64 {
	if !(math.Abs(a.Gain) < 1) {
		return math.NaN()
	}
	return a.Noise * a.Noise / (1 - a.Gain*a.Gain)
}

// Sampler measures the steps of a sampler as affine maps. One step runs without noise on x = 0 and 1. It also runs on x
// = 0 with each of its draws 1 and the others 0; the draws are independent, so they add in variance. More points, with
// and without noise, test that the step is affine. The step is compiled once for all steps in one direction.
type Sampler struct {
	plain   func(rises bool) (*exec.Exec, error) // of the two times
	inUnits func(rises bool) (*exec.Exec, error) // of the two times and the units of x and of the noise
	built   map[graphOf]*exec.Exec               // filled when needed
	sampler string
}

// graphOf identifies a step's graph. Rising spans have a separate graph, since samplers refuse spans against their
// direction.
type graphOf struct{ rises, inUnits bool }

// draws is the number of draws in a step: an upper bound over all samplers.
const draws = 4

// row is a sample to which a step is applied, with its draws.
type row struct {
	x     float64
	noise [draws]float64
}

// rows returns the samples that give the map, and then those that test it. The test samples lie on both sides of 0,
// near and far, and one of them has all noise at once.
func rows() []row {
	all := []row{{}, {x: 1}}
	for k := range draws {
		var r row
		r.noise[k] = 1
		all = append(all, r)
	}
	return append(all, row{x: -1}, row{x: 2.5}, row{x: -40}, row{x: 1000},
		row{x: -1.5, noise: [draws]float64{.5, -2, 1.5, -.5}})
}

// given is the number of rows that give the map.
const given = 2 + draws

// Of prepares a sampler on a model in one dimension. The model's score must be affine, as that of a Gaussian is along
// any process, and the sampler must carry nothing from step to step. Step reports what does not fit. The caller frees
// the result with Finalize.
func Of(b compute.Backend, s diffusion.Sampler, m func() diffusion.Model) (*Sampler, error) {
	step := func(rises bool, from, to *Node, unit, noiseUnit func(column *Node) *Node) *Node {
		g := from.Graph()
		column := func(of func(r row) float64) *Node {
			var values [][]float64
			for _, r := range rows() {
				values = append(values, []float64{of(r)})
			}
			return Const(g, values)
		}
		var noise []*Node
		for k := range draws {
			noise = append(noise, noiseUnit(column(func(r row) float64 { return r.noise[k] })))
		}
		span := diffusion.Falling(from, to, Const(g, int32(0)))
		if rises {
			span = diffusion.Rising(from, to, Const(g, int32(0)))
		}
		next, carry := s.Step(m(), span, unit(column(func(r row) float64 { return r.x })), nil, random.Replay(noise...))
		if len(carry) > 0 {
			panic(fmt.Errorf("a sampler that carries state from step to step has no map of a single step"))
		}
		return next
	}
	one := func(column *Node) *Node { return column }
	times := func(u *Node) func(column *Node) *Node { return func(column *Node) *Node { return Mul(u, column) } }
	return &Sampler{
		plain: func(rises bool) (*exec.Exec, error) {
			return exec.New(b, func(from, to *Node) *Node { return step(rises, from, to, one, one) })
		},
		inUnits: func(rises bool) (*exec.Exec, error) {
			return exec.New(b, func(from, to, unit, noiseUnit *Node) *Node {
				return step(rises, from, to, times(unit), times(noiseUnit))
			})
		},
		built: map[graphOf]*exec.Exec{}, sampler: fmt.Sprintf("%T", s),
	}, nil
}

// Finalize frees the compiled steps.
func (s *Sampler) Finalize() {
	for _, compiled := range s.built {
		compiled.Finalize()
	}
	clear(s.built)
}

// Step returns the map of the step between two times.
func (s *Sampler) Step(from, to float64) (Map, error) {
	step, err := s.step(from, to)
	if err != nil {
		return Map{}, fmt.Errorf("step from t = %g to %g of %s: %w", from, to, s.sampler, err)
	}
	return step, nil
}

func (s *Sampler) step(from, to float64) (Map, error) {
	y, err := s.call(graphOf{rises: to > from}, from, to)
	if err != nil {
		return Map{}, err
	}
	step := read(y, 1, 1)
	unit, noiseUnit := unitBeside(step.Shift, step.Gain), unitBeside(step.Shift, step.Noise)
	if unit == 1 && noiseUnit == 1 {
		return step, check(y, 1)
	}
	if y, err = s.call(graphOf{to > from, true}, from, to, unit, noiseUnit); err != nil {
		return Map{}, err
	}
	return read(y, unit, noiseUnit), check(y, unit)
}

func (s *Sampler) call(of graphOf, args ...any) ([]float64, error) {
	compiled, ready := s.built[of]
	if !ready {
		build := s.plain
		if of.inUnits {
			build = s.inUnits
		}
		var err error
		if compiled, err = build(of.rises); err != nil {
			return nil, err
		}
		s.built[of] = compiled
	}
	out, err := compiled.Call1(args...)
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float64](out)
}

// read returns the map, from a step on the rows in units of x and of the noise.
func read(y []float64, unit, noiseUnit float64) Map {
	step := Map{Gain: (y[1] - y[0]) / unit, Shift: y[0]}
	for _, moved := range y[2:given] {
		step.Noise = math.Hypot(step.Noise, (moved-y[0])/noiseUnit)
	}
	return step
}

// unitBeside returns a power of two as the unit of x or of the noise. In it the slope is not lost in the rounding of a
// large shift, since slopes are differences of results that contain the shift.
func unitBeside(shift, slope float64) float64 {
	const most = 1 << 40 // for slopes that are 0 or rounding
	ratio := math.Abs(shift) / math.Max(math.Abs(slope), math.Abs(shift)/most)
	if !(ratio > 1<<10) {
		return 1
	}
	return math.Exp2(math.Ceil(math.Log2(ratio)))
}

// check compares the step at the test rows with the map that the other rows give. An affine step deviates by rounding
// alone, relative to the terms of that sum.
func check(y []float64, unit float64) error {
	const tol = 1e-9 // a step subtracts terms that may be some thousand times its result
	for i, r := range rows()[given:] {
		want, size := y[0]+(y[1]-y[0])*r.x, math.Abs(y[0])+(math.Abs(y[0])+math.Abs(y[1]))*math.Abs(r.x)
		for k, z := range r.noise {
			want, size = want+(y[2+k]-y[0])*z, size+(math.Abs(y[2+k])+math.Abs(y[0]))*math.Abs(z)
		}
		if got := y[given+i]; !(math.Abs(got-want) <= tol*size) {
			return fmt.Errorf("it takes x = %g to %g, where an affine map goes to %g; give a model with an affine "+
				"score, that of one Gaussian",
				unit*r.x, got, want)
		}
	}
	return nil
}

// Over composes the steps of a grid.
func (s *Sampler) Over(grid []float64) (Map, error) {
	if err := diffusion.CheckGrid(grid); err != nil {
		return Map{}, err
	}
	whole := Map{Gain: 1}
	for i := range len(grid) - 1 {
		step, err := s.Step(grid[i], grid[i+1])
		if err != nil {
			return Map{}, err
		}
		if i > 0 { // the first step exactly, not composed with the identity
			step = whole.Then(step)
		}
		whole = step
	}
	return whole, nil
}

// Over composes the steps of a sampler over each of the grids. See Of for what the model and the sampler must satisfy.
func Over(b compute.Backend, s diffusion.Sampler, m func() diffusion.Model, grids ...[]float64) ([]Map, error) {
	apart, err := Of(b, s, m)
	if err != nil {
		return nil, err
	}
	defer apart.Finalize()
	wholes := make([]Map, len(grids))
	for k, grid := range grids {
		if wholes[k], err = apart.Over(grid); err != nil {
			return nil, err
		}
	}
	return wholes, nil
}
