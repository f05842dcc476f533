package diffusion_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

// Sampling with the exact score: noise becomes the two modes of a mixture, in their weights.
func ExamplePlan() {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	target, process := density.G1(), diffusion.VP{}
	tMin, tMax := process.Horizon()
	grid, err := diffusion.Uniform(tMax, tMin, 50)
	if err != nil {
		fmt.Println(err)
		return
	}
	noise := tensors.FromValue([][]float64{{-1.5}, {-.9}, {-.3}, {.3}, {.9}, {1.5}})
	plan := diffusion.Plan{Build: target.Build(process), Sampler: diffusion.OneStep(diffusion.DDIM), Grid: grid}
	x, err := plan.Run(b, noise)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range tensors.MustCopyFlatData[float64](x) {
		fmt.Printf("%.1f ", v)
	}
	// Output: -2.3 -1.9 0.3 0.9 1.4 1.7
}

// A process is two numbers at each time; everything else is a view on them.
func ExampleProcess() {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, spec := range diffusion.Processes {
		out, err := ExecOnceN(b, func(t *Node) []*Node {
			c := spec.Process.At(t)
			return []*Node{c.Alpha, c.Sigma}
		}, 0.5)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-6s alpha %.3f sigma %.3f\n", spec.Name, out[0].Value(), out[1].Value())
	}
	// Output:
	// vp     alpha 0.281 sigma 0.960
	// sub-vp alpha 0.281 sigma 0.921
	// ve     alpha 1.000 sigma 0.707
	// ou     alpha 0.607 sigma 0.795
	// flow   alpha 0.500 sigma 0.500
}
