package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// stepper is the step of a sampler without noise, compiled once for grids of any length: a plan compiles each of its grids, which
// takes longer than a thousand steps on a few numbers.
type stepper struct{ init, step *Exec } // init nil: nothing is carried

func newStepper(l *suite.Lab, m func() diffusion.Model, s diffusion.Sampler) (stepper, error) {
	var init *Exec
	if remembers(s) {
		var err error
		if init, err = NewExec(l.Backend, func(x *Node) []*Node { return append([]*Node{x}, s.Init(m(), x, diffusion.Replay())...) }); err != nil {
			return stepper{}, err
		}
	}
	step, err := NewExec(l.Backend, func(in []*Node) []*Node {
		span := diffusion.Span{From: in[0], To: in[1], Index: in[2]}
		x, carry := s.Step(m(), span, in[3], in[4:], diffusion.Replay())
		return append([]*Node{x}, carry...)
	})
	return stepper{init, step}, err
}

func (s stepper) finalize() {
	if s.init != nil {
		s.init.Finalize()
	}
	s.step.Finalize()
}

// run carries x over a grid.
func (s stepper) run(grid []float64, x *tensors.Tensor) (*tensors.Tensor, error) {
	state := []*tensors.Tensor{x}
	var err error
	if s.init != nil {
		if state, err = s.init.Call(x); err != nil {
			return nil, err
		}
	}
	for i := range len(grid) - 1 {
		args := []any{grid[i], grid[i+1], int32(i)}
		for _, t := range state {
			args = append(args, t)
		}
		if state, err = s.step.Call(args...); err != nil {
			return nil, err
		}
	}
	return state[0], nil
}
