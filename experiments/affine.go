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

// affineSteps takes the steps of a grid apart and composes them: one step runs on x = 0 and 1 without noise and on x = 0
// with z = 1.
func affineSteps(l *suite.Lab, s diffusion.Sampler, p diffusion.Process, variance float64, grid ...float64) (affine, error) {
	exec, err := NewExec(l.Backend, func(from, to *Node) *Node {
		g := from.Graph()
		x, z := Const(g, [][]float64{{0}, {1}, {0}}), Const(g, [][]float64{{0}, {0}, {1}})
		span := diffusion.Span{From: from, To: to, Index: Const(g, int32(0))}
		next, _ := s.Step(normal([]float64{0}, variance).Model(p), span, x, nil, diffusion.Replay(z))
		return next
	})
	if err != nil {
		return affine{}, err
	}
	defer exec.Finalize()
	whole := affine{gain: 1}
	for i := range len(grid) - 1 {
		out, err := exec.Call1(grid[i], grid[i+1])
		if err != nil {
			return affine{}, err
		}
		y := tensors.MustCopyFlatData[float64](out)
		step := affine{gain: y[1] - y[0], shift: y[0], noise: y[2] - y[0]}
		if i == 0 {
			whole = step // exactly, not composed with the identity
			continue
		}
		whole = whole.then(step)
	}
	return whole, nil
}

// then is the step a followed by b, their noises independent.
func (a affine) then(b affine) affine {
	return affine{a.gain * b.gain, b.gain*a.shift + b.shift, math.Hypot(b.gain*a.noise, b.noise)}
}

// stationary is the variance that the step, repeated, settles at.
func (a affine) stationary() float64 { return a.noise * a.noise / (1 - a.gain*a.gain) }
