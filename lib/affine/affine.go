// Package affine takes samplers apart on data N(mean, v I), where every scheme is affine in the sample and its noise,
// so that the laws which many steps make of it are known to rounding, without a single sample.
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

// Map is x -> Gain x + Shift + Noise z in each coordinate, z a standard normal.
type Map struct{ Gain, Shift, Noise float64 }

// Then is the step a followed by b, their noises independent.
func (a Map) Then(b Map) Map {
	return Map{a.Gain * b.Gain, b.Gain*a.Shift + b.Shift, math.Hypot(b.Gain*a.Noise, b.Noise)}
}

// Variance is what the step makes of a variance.
func (a Map) Variance(before float64) float64 { return a.Gain*a.Gain*before + a.Noise*a.Noise }

// Stationary is the variance to which the step, repeated, converges: NaN unless |Gain| < 1.
func (a Map) Stationary() float64 {
	if !(math.Abs(a.Gain) < 1) {
		return math.NaN()
	}
	return a.Noise * a.Noise / (1 - a.Gain*a.Gain)
}

// Sampler is a sampler taken apart. One step runs, without noise, on x = 0 and 1, and on x = 0 with each of its draws 1
// and the others 0: independent, they add in variance. More points, with and without noise, test that the step is
// affine. It is compiled once, for all steps in one direction.
type Sampler struct {
	plain   func(rises bool) (*exec.Exec, error) // of the two times
	inUnits func(rises bool) (*exec.Exec, error) // of the two times and the units of x and of the noise
	built   map[graphOf]*exec.Exec               // once they are needed
	sampler string
}

// graphOf is a step's graph: spans that rise have one of their own, since samplers refuse those against their
// direction.
type graphOf struct{ rises, inUnits bool }

// draws a step: an upper bound over all samplers.
const draws = 4

// row is a sample that a step is tried on, with its draws.
type row struct {
	x     float64
	noise [draws]float64
}

// rows are those that give the map, and then those that test it: on both sides, near and far, and with all noise at
// once.
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

// given is how many of the rows give the map.
const given = 2 + draws

// Of takes a sampler apart on a model in one dimension whose score is affine, that of a Gaussian along any process. The
// sampler must carry nothing from step to step. Finalize frees it.
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
			panic(fmt.Errorf("a sampler that carries state from step to step cannot be taken apart"))
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

// Step is the step between two times.
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

// read is the map, from a step on the rows in units of x and of the noise.
func read(y []float64, unit, noiseUnit float64) Map {
	step := Map{Gain: (y[1] - y[0]) / unit, Shift: y[0]}
	for _, moved := range y[2:given] {
		step.Noise = math.Hypot(step.Noise, (moved-y[0])/noiseUnit)
	}
	return step
}

// unitBeside is a power of two in which a slope is not lost beside a large shift, of which differences are taken.
func unitBeside(shift, slope float64) float64 {
	const most = 1 << 40 // for slopes that are 0 or rounding
	ratio := math.Abs(shift) / math.Max(math.Abs(slope), math.Abs(shift)/most)
	if !(ratio > 1<<10) {
		return 1
	}
	return math.Exp2(math.Ceil(math.Log2(ratio)))
}

// check compares the step at the rows that test it with the map that the others give. What an affine step is off by is
// rounding, relative to the terms of that sum.
func check(y []float64, unit float64) error {
	const tol = 1e-9 // a step forms differences of terms that may be some thousand times its result
	for i, r := range rows()[given:] {
		want, size := y[0]+(y[1]-y[0])*r.x, math.Abs(y[0])+(math.Abs(y[0])+math.Abs(y[1]))*math.Abs(r.x)
		for k, z := range r.noise {
			want, size = want+(y[2+k]-y[0])*z, size+(math.Abs(y[2+k])+math.Abs(y[0]))*math.Abs(z)
		}
		if got := y[given+i]; !(math.Abs(got-want) <= tol*size) {
			return fmt.Errorf("it takes x = %g to %g, where an affine map goes to %g; give a model with an affine "+
				"score, "+
				"that of one Gaussian",
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
		if i > 0 { // the first one exactly, not composed with the identity
			step = whole.Then(step)
		}
		whole = step
	}
	return whole, nil
}

// Over takes a sampler apart and composes its steps over each of the grids.
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
