package train_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend"
	"scorelab/lib/checkpoint"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// Data of variance 4 are denoised from noise of variance 1. The best linear denoiser multiplies its input by 4/5. Its
// mean squared error, the floor of the loss, is 4/5.
func Example() {
	data := train.Fresh("N(0, 4)", func(g *Graph, r *random.Source) []*Node {
		return []*Node{MulScalar(r.Normal(Zeros(g, shapes.Make(dtypes.Float32, 1000, 1))), 2)}
	})
	loss := func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
		x0 := batch[0]
		keep := scope.VariableWithValue("keep", float32(0)).NodeValue(x0)
		return ReduceSum(Square(Sub(Mul(keep, Add(x0, r.Normal(x0))), x0)), 1)
	}
	plan := train.Plan{Loss: loss, Data: data, Adam: train.Adam{Rate: .1, Cosine: 200}, Floor: train.Level(.8),
		Key: random.NewKey(1)}
	b, _, _ := backend.Open(backend.Go)
	trainer, err := plan.Begin(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	for report, err := range trainer.Run(context.Background(), 200) {
		fmt.Printf("step %d: loss %.1f, floor %.1f, error %v\n", report.Step, report.Mean(train.LossCurve),
			report.Mean(train.FloorCurve), err)
	}
	weights, _ := trainer.Weights()
	fmt.Printf("keeps %.2f\n", weights.GetVariable("/keep").MustValue().Value())
	// Output:
	// step 100: loss 0.9, floor 0.8, error <nil>
	// step 200: loss 0.8, floor 0.8, error <nil>
	// keeps 0.80
}

// A training that survives the end of its process: running it again continues from the last saved report.
func ExampleTrainer_Save() {
	dir, _ := os.MkdirTemp("", "run")
	defer os.RemoveAll(dir)
	b, _, _ := backend.Open(backend.Go)
	data := train.Shuffled(2, tensors.FromValue([]float64{1, 2, 3, 4}))
	loss := func(scope *model.Scope, batch []*Node, _ *random.Source) *Node {
		return Square(Sub(scope.VariableWithValue("mean", 0.).NodeValue(batch[0]), batch[0]))
	}
	plan := train.Plan{Loss: loss, Data: data, Adam: train.Adam{Rate: .1}, EMA: train.EMA{Decay: .9}, Every: 20}
	run := func(until int) error {
		folder, err := checkpoint.Open(dir, 3, func(line string) { fmt.Println(line) })
		if err != nil {
			return err
		}
		defer folder.Close()
		trainer, err := plan.Begin(b)
		if err != nil {
			return err
		}
		defer trainer.Close()
		if err := trainer.Resume(folder); err != nil {
			return err
		}
		for report, err := range trainer.Run(context.Background(), until) {
			fmt.Printf("steps %d to %d, loss %.2f\n", report.From+1, report.Step, report.Mean(train.LossCurve))
			if err := errors.Join(err, trainer.Save(folder)); err != nil { // saved also when interrupted
				return err
			}
		}
		return nil
	}
	fmt.Println(run(20)) // killed here, say
	fmt.Println(run(60))
	// Output:
	// steps 1 to 20, loss 4.08
	// <nil>
	// steps 21 to 40, loss 1.34
	// steps 41 to 60, loss 1.28
	// <nil>
}
