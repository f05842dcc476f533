// Package affine takes samplers apart on data N(mean, v I), where every scheme is affine in the sample and its noise, so that
// the laws which many steps make of it are known to rounding, without a single sample.
package affine

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
)

// Map is x -> Gain x + Shift + Noise z in each coordinate, z a standard normal.
type Map struct{ Gain, Shift, Noise float64 }

// Then is the step a followed by b, their noises independent.
func (a Map) Then(b Map) Map {
	return Map{a.Gain * b.Gain, b.Gain*a.Shift + b.Shift, math.Hypot(b.Gain*a.Noise, b.Noise)}
}

// Variance is what the step makes of a variance.
func (a Map) Variance(before float64) float64 { return a.Gain*a.Gain*before + a.Noise*a.Noise }

// Stationary is the variance that the step, repeated, settles at. It needs |Gain| < 1.
func (a Map) Stationary() float64 { return a.Noise * a.Noise / (1 - a.Gain*a.Gain) }

// Sampler is a sampler taken apart. One step runs, without noise, on x = 0 and 1, and on x = 0 with each of its draws 1 and
// the others 0: independent, they add in variance. It is compiled once, for all steps.
type Sampler struct{ exec *Exec }

// draws a step: an upper bound over all samplers.
const draws = 4

// Of takes a sampler apart on a model in one dimension whose score is affine, that of a Gaussian along any process. The
// sampler must carry nothing from step to step. Finalize frees it.
func Of(b compute.Backend, s diffusion.Sampler, m func() diffusion.Model) (*Sampler, error) {
	column := func(one int) [][]float64 {
		rows := make([][]float64, 2+draws)
		for i := range rows {
			rows[i] = []float64{0}
		}
		rows[one][0] = 1
		return rows
	}
	exec, err := NewExec(b, func(from, to *Node) *Node {
		g := from.Graph()
		var noise []*Node
		for k := range draws {
			noise = append(noise, Const(g, column(2+k)))
		}
		span := diffusion.Span{From: from, To: to, Index: Const(g, int32(0))}
		next, carry := s.Step(m(), span, Const(g, column(1)), nil, diffusion.Replay(noise...))
		if len(carry) > 0 {
			panic(fmt.Errorf("a sampler that carries state from step to step cannot be taken apart"))
		}
		return next
	})
	if err != nil {
		return nil, err
	}
	return &Sampler{exec}, nil
}

// Finalize frees the compiled step.
func (s *Sampler) Finalize() { s.exec.Finalize() }

// Step is the step between two times.
func (s *Sampler) Step(from, to float64) (Map, error) {
	out, err := s.exec.Call1(from, to)
	if err != nil {
		return Map{}, diffusion.Cause(err)
	}
	y := tensors.MustCopyFlatData[float64](out)
	step := Map{Gain: y[1] - y[0], Shift: y[0]}
	for _, moved := range y[2:] {
		step.Noise = math.Hypot(step.Noise, moved-y[0])
	}
	return step, nil
}

// Over composes the steps of a grid.
func (s *Sampler) Over(grid []float64) (Map, error) {
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
