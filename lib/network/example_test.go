package network_test

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/train"
)

// A network trained in float32 with some labels dropped guides samples in float64 to one of its classes. The data are
// numbers about -2 and 2, and the class is those about 2.
func ExampleNewPair() {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	net := network.MLP{Hidden: []int{16, 16}, Condition: network.Condition{Frequencies: 4, Classes: 2}}
	process, head, class := diffusion.VP{}, diffusion.EDMHead(2), 1
	data := train.Whole(tensors.FromValue([][]float32{{-2.1}, {-2}, {-1.9}, {1.9}, {2}, {2.1}}),
		tensors.FromValue([]int32{0, 0, 0, 1, 1, 1}))
	objective := diffusion.DropLabels(.3, diffusion.Denoising(head, diffusion.Plain, diffusion.UniformTimes(
		diffusion.LowDiscrepancy)))
	training := train.Plan{Loss: network.Loss(objective, process, net), Data: data, Adam: train.Adam{Rate: 1e-2},
		Every: 600}
	trainer, err := training.Begin(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer trainer.Close()
	for _, err := range trainer.Run(context.Background(), 600) {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	weights, err := trainer.Weights()
	if err != nil {
		fmt.Println(err)
		return
	}

	build := func(scope *model.Scope, _ []*Node) diffusion.Model {
		// refuses a network that was never trained without labels
		pair, err := network.NewPair(scope, net, head, process, class)
		if err != nil {
			panic(err) // the error of Plan.Run
		}
		three := diffusion.ByLabel(pair.Conditional).Scaled(diffusion.Constant(3))
		return diffusion.Model{Process: process, Denoise: three(process, pair.Unconditional)}
	}

	grid, err := diffusion.Uniform(1, .01, 30)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := diffusion.Plan{Build: build, Store: weights, Sampler: diffusion.DDIM(0), Grid: grid}
	samples, err := plan.Run(b, tensors.FromValue([][]float64{{-1.5}, {-.5}, {0}, {.5}, {1.5}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range tensors.MustCopyFlatData[float64](samples) {
		fmt.Print(x > 1.8 && x < 3, " ") // of the class; a scale above 1 overshoots its mean
	}
	// Output: true true true true true
}
