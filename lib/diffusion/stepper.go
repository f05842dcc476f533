package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
)

// Stepper is the step of a sampler without noise, compiled once for grids of any length: a plan compiles each of its grids, which
// takes longer than a thousand steps on a few numbers. Its user finalizes it.
type Stepper struct{ init, step *Exec } // init nil: nothing is carried

// NewStepper compiles the step.
func NewStepper(b compute.Backend, m func() Model, s Sampler) (*Stepper, error) {
	var init *Exec
	if _, single := s.(OneStep); !single {
		var err error
		if init, err = NewExec(b, func(x *Node) []*Node { return append([]*Node{x}, s.Init(m(), x, Replay())...) }); err != nil {
			return nil, Cause(err)
		}
	}
	step, err := NewExec(b, func(in []*Node) []*Node {
		span := Span{From: in[0], To: in[1], Index: in[2]}
		x, carry := s.Step(m(), span, in[3], in[4:], Replay())
		return append([]*Node{x}, carry...)
	})
	if err != nil {
		return nil, Cause(err)
	}
	return &Stepper{init, step}, nil
}

// Finalize frees what was compiled.
func (s *Stepper) Finalize() {
	if s.init != nil {
		s.init.Finalize()
	}
	s.step.Finalize()
}

// Run carries x [batch, ...] over a grid.
func (s *Stepper) Run(grid []float64, x *tensors.Tensor) (*tensors.Tensor, error) {
	if err := checkGrid(grid); err != nil {
		return nil, err
	}
	state := []*tensors.Tensor{x}
	var err error
	if s.init != nil {
		if state, err = s.init.Call(x); err != nil {
			return nil, Cause(err)
		}
	}
	for i := range len(grid) - 1 {
		args := []any{grid[i], grid[i+1], int32(i)}
		for _, t := range state {
			args = append(args, t)
		}
		if state, err = s.step.Call(args...); err != nil {
			return nil, Cause(err)
		}
	}
	return state[0], nil
}
