package train_test

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// scaledRun returns the losses of a training on data scale (cos, sin), with noise and the head's standard deviation in
// the same units.
func scaledRun(t *testing.T, b compute.Backend, scale float64, single bool) (losses []float64) {
	t.Helper()
	var wide [][]float64
	var narrow [][]float32
	for i := range 16 {
		x, y := scale*math.Cos(float64(i)), scale*math.Sin(2*float64(i))
		wide, narrow = append(wide, []float64{x, y}), append(narrow, []float32{float32(x), float32(y)})
	}
	data := train.Drawn(8, tensors.FromValue(wide))
	if single {
		data = train.Drawn(8, tensors.FromValue(narrow))
	}
	net := network.MLP{Hidden: []int{8}, Activation: "tanh"}
	objective := diffusion.Denoising(diffusion.EDMHead(.7*scale), diffusion.Plain, diffusion.UniformTimes(
		diffusion.Independent))
	plan := train.Plan{
		Loss: network.Loss(objective, diffusion.VE{SigmaMin: .1 * scale, SigmaMax: 10 * scale}, net), Data: data,
		Adam: train.Adam{Rate: 1e-2, Clip: 1}, EMA: train.EMA{Decay: .9}, Key: random.NewKey(1, "scale"),
	}
	trainer, err := plan.Begin(b)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	for report, err := range trainer.Run(context.Background(), 30) {
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, report.Loss()...)
	}
	return losses
}

// A training in other units takes the same steps, since input and output of the network under EDM's head have no unit.
// Thirty steps multiply a rounding by less than a hundred.
func TestTrainingInOtherUnits(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		want := scaledRun(t, b, 1, false)
		for _, c := range []struct {
			scale  float64
			single bool
			tol    float64
		}{{1e-6, false, 1e-12}, {1e6, false, 1e-12}, {1, true, 1e-4}, {1e-6, true, 1e-4}, {1e6, true, 1e-4}} {
			if c.scale < 1 && b.Name() == "xla" {
				continue // each takes seconds to compile
			}
			got := scaledRun(t, b, c.scale, c.single)
			for i := range want {
				if !(math.Abs(got[i]-want[i]) <= c.tol*want[i]) {
					t.Fatalf("scale %g, float32 %v: the loss of step %d is %v, want %v", c.scale, c.single, i+1, got[i],
						want[i])
				}
			}
		}
	})
}
