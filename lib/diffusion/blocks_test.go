package diffusion

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestBlocks checks that samples in blocks equal those of one batch, and that any part of them has the same bits, with
// and without a carry.
func TestBlocks(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid, err := Uniform(.9, .1, 6)
		if err != nil {
			t.Fatal(err)
		}
		for name, sampler := range map[string]Sampler{"ancestral": Ancestral(PosteriorVariance),
			"multistep": DPMSolverPP(2)} {
			plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: sampler, Grid: grid,
				Noise: random.NewKey(6, name)}
			x := samples(10, 3)
			at := func(plan Plan, x *tensors.Tensor) *tensors.Tensor {
				y, err := plan.Run(b, x)
				if err != nil {
					t.Fatal(err)
				}
				return y
			}
			whole := at(plan, x)
			plan.Block = 4
			blocks := at(plan, x)
			sameWithin(t, name+": one batch - blocks", whole, blocks, 1e-13)
			plan.First = 4
			part := at(plan, tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](x)[12:21], 3, 3))
			of := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](blocks)[12:21], 3, 3)
			sameWithin(t, name+": blocks - part", of, part, 0)
		}
	})
}

func TestBlocksReject(t *testing.T) {
	b := backendtest.Interpreter(t)
	plan := Plan{Build: gaussian(VP{}, 0, 1), Sampler: DDIM(0), Grid: []float64{.5, .2}, Block: -1}
	if _, err := plan.Run(b, samples(2, 1)); err == nil || !strings.Contains(err.Error(), "blocks of -1 samples") {
		t.Errorf("got %v", err)
	}
	plan.Block, plan.Grid = 1, []float64{.5}
	if _, err := plan.Run(b, samples(2, 1)); err == nil || !strings.Contains(err.Error(), "at least 2 times") {
		t.Errorf("got %v", err)
	}
}
