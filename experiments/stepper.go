package main

import (
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// stepper is the compiled step of a sampler on the lab's backend.
type stepper struct{ *diffusion.Stepper }

func newStepper(l *suite.Lab, m func() diffusion.Model, s diffusion.Sampler) (stepper, error) {
	step, err := diffusion.NewStepper(l.Backend, m, s)
	return stepper{step}, err
}

func (s stepper) finalize() { s.Finalize() }

// run carries x over a grid.
func (s stepper) run(grid []float64, x *tensors.Tensor) (*tensors.Tensor, error) {
	return s.Run(grid, x)
}
