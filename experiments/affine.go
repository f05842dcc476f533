package main

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// affine is a sampler's step on N(mean, variance I) data, where every scheme is affine: x -> gain x + shift + noise z.
type affine struct{ gain, shift, noise float64 }

// affineSteps takes the steps of a grid apart and composes them.
func affineSteps(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64, grid ...float64) (affine, error) {
	whole, err := affineGrids(l, s, p, variance, grid)
	if err != nil {
		return affine{}, err
	}
	return whole[0], nil
}

// affineGrids is affineSteps for several grids, by one compiled step.
func affineGrids(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64, grids ...[]float64) ([]affine, error) {
	apart, err := takeApart(l, s, p, variance)
	if err != nil {
		return nil, err
	}
	defer apart.exec.Finalize()
	wholes := make([]affine, len(grids))
	for k, grid := range grids {
		if wholes[k], err = apart.over(grid); err != nil {
			return nil, err
		}
	}
	return wholes, nil
}

// apart takes a sampler's steps on N(0, variance) data apart. One step runs, without noise, on x = 0 and 1, and on x = 0 with
// each of its draws 1 and the others 0: independent, they add in variance. It is compiled once, for all steps; its user
// finalizes exec.
type apart struct{ exec *Exec }

func takeApart(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64) (apart, error) {
	const most = 4 // draws a step
	column := func(one int) [][]float64 {
		rows := make([][]float64, 2+most)
		for i := range rows {
			rows[i] = []float64{0}
		}
		rows[one][0] = 1
		return rows
	}
	exec, err := NewExec(l.Backend, func(from, to *Node) *Node {
		g := from.Graph()
		var draws []*Node
		for k := range most {
			draws = append(draws, Const(g, column(2+k)))
		}
		span := diffusion.Span{From: from, To: to, Index: Const(g, int32(0))}
		next, _ := s.Step(normal([]float64{0}, variance).Model(p), span, Const(g, column(1)), nil, diffusion.Replay(draws...))
		return next
	})
	return apart{exec}, err
}

// step is the step between two times.
func (a apart) step(from, to float64) (affine, error) {
	out, err := a.exec.Call1(from, to)
	if err != nil {
		return affine{}, err
	}
	y := tensors.MustCopyFlatData[float64](out)
	step := affine{gain: y[1] - y[0], shift: y[0]}
	for _, moved := range y[2:] {
		step.noise = math.Hypot(step.noise, moved-y[0])
	}
	return step, nil
}

// over composes the steps of a grid.
func (a apart) over(grid []float64) (affine, error) {
	whole := affine{gain: 1}
	for i := range len(grid) - 1 {
		step, err := a.step(grid[i], grid[i+1])
		if err != nil {
			return affine{}, err
		}
		if i > 0 { // the first one exactly, not composed with the identity
			step = whole.then(step)
		}
		whole = step
	}
	return whole, nil
}

// then is the step a followed by b, their noises independent.
func (a affine) then(b affine) affine {
	return affine{a.gain * b.gain, b.gain*a.shift + b.shift, math.Hypot(b.gain*a.noise, b.noise)}
}

// stationary is the variance that the step, repeated, settles at.
func (a affine) stationary() float64 { return a.noise * a.noise / (1 - a.gain*a.gain) }

// gaussianKL is KL(N(0, p) | N(0, q)).
func gaussianKL(p, q float64) float64 {
	excess := (p - q) / q
	return (excess - math.Log1p(excess)) / 2
}

// stepLimit extrapolates values at step sizes h, h/2, h/4 .. to h = 0, given that their error is a series in h (Richardson's
// deferred approach to the limit, Bulirsch and Stoer 1980, section 3.4).
func stepLimit(values []float64) float64 {
	last := append([]float64(nil), values...)
	for power := 2.; len(last) > 1; power *= 2 {
		for i := range len(last) - 1 {
			last[i] = last[i+1] + (last[i+1]-last[i])/(power-1)
		}
		last = last[:len(last)-1]
	}
	return last[0]
}
