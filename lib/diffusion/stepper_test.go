package diffusion_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

// A stepper takes the steps of a plan, with a memory or without, on grids of any length.
func TestStepperIsThePlan(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		g1, vp := density.G1(), diffusion.VP{}
		for name, s := range map[string]diffusion.Sampler{"ddim": diffusion.DDIM(0), "dpm-solver++-2m": diffusion.DPMSolverPP(2)} {
			stepper, err := diffusion.NewStepper(b, func() diffusion.Model { return g1.Model(vp) }, s)
			if err != nil {
				t.Fatal(err)
			}
			defer stepper.Finalize()
			for _, n := range []int{1, 7} {
				grid, err := diffusion.Uniform(1, .01, n)
				if err != nil {
					t.Fatal(err)
				}
				x := func() *tensors.Tensor { return tensors.FromValue([][]float64{{-1}, {.3}, {2}}) }
				want, err := diffusion.Plan{Build: g1.Build(vp), Sampler: s, Grid: grid}.Run(b, x())
				if err != nil {
					t.Fatal(err)
				}
				got, err := stepper.Run(grid, x())
				if err != nil {
					t.Fatal(err)
				}
				if !got.InDelta(want, 1e-13) {
					t.Errorf("%s, %d steps: %v, and by the plan %v", name, n, got, want)
				}
			}
			if _, err := stepper.Run([]float64{1, 1}, nil); err == nil {
				t.Errorf("%s ran over a grid that stands still", name)
			}
		}
	})
}
