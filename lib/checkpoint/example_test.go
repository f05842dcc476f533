package checkpoint_test

import (
	"fmt"
	"os"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/checkpoint"
)

// Save and load: the configuration is part of the state.
func Example() {
	dir, _ := os.MkdirTemp("", "run")
	defer os.RemoveAll(dir)
	folder, err := checkpoint.Open(dir, 3, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer folder.Close()
	for step := range 5 {
		weights := checkpoint.Tensors{"layer/w": tensors.FromValue([]float32{float32(step), 1})}
		state := checkpoint.Checkpoint{Step: step, Backend: "go", Config: map[string]float64{"rate": .1},
			Groups: map[string]checkpoint.Tensors{"weights": weights}}
		if err := folder.Save(state); err != nil {
			fmt.Println(err)
		}
	}
	last, err := folder.Load(map[string]float64{"rate": .1}, "go")
	fmt.Println(last.Step, last.Groups["weights"]["layer/w"].Value(), err)
	_, err = folder.Load(map[string]float64{"rate": .2}, "go")
	fmt.Println(err != nil)
	// Output:
	// 4 [4 1] <nil>
	// true
}
