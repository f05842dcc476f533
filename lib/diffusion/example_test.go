package diffusion_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

// ExamplePlan samples with the exact score: noise becomes the two modes of a mixture, in proportion to their weights.
func ExamplePlan() {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	target, process := density.Bimodal(), diffusion.VP{}
	tMin, tMax := process.Horizon()
	grid, err := diffusion.Uniform(tMax, tMin, 50)
	if err != nil {
		fmt.Println(err)
		return
	}
	noise := tensors.FromValue([][]float64{{-1.5}, {-.9}, {-.3}, {.3}, {.9}, {1.5}})
	plan := diffusion.Plan{Build: target.Build(process), Sampler: diffusion.DDIM(0), Grid: grid}
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

// ExampleProcess shows that a process is two numbers at each time. Everything else is a view on them.
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
		fmt.Printf("%-9s alpha %.3f sigma %.3f\n", spec.Name, out[0].Value(), out[1].Value())
	}
	// Output:
	// vp        alpha 0.281 sigma 0.960
	// vp-cosine alpha 0.703 sigma 0.711
	// sub-vp    alpha 0.281 sigma 0.921
	// ve        alpha 1.000 sigma 0.707
	// ou        alpha 0.607 sigma 0.795
	// flow      alpha 0.500 sigma 0.500
	// edm       alpha 1.000 sigma 0.500
}

// ExampleNewTable shows that DDPM's chain is the variance-preserving path on a table. A spacing picks steps of it.
func ExampleNewTable() {
	table, err := diffusion.NewTable(diffusion.LinearBetas(1e-4, .02, 1000))
	if err != nil {
		fmt.Println(err)
		return
	}
	grid, err := diffusion.Trailing(table.Steps(), 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := ExecOnce(b, func(t *Node) *Node { return Square(diffusion.VP{Schedule: table}.At(t).Alpha) }, grid)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, alphaBar := range tensors.MustCopyFlatData[float64](out) {
		fmt.Printf("t = %4.0f: alpha-bar = %.3g\n", grid[i], alphaBar)
	}
	// Output:
	// t = 1000: alpha-bar = 4.04e-05
	// t =  750: alpha-bar = 0.00335
	// t =  500: alpha-bar = 0.0786
	// t =  250: alpha-bar = 0.524
	// t =    0: alpha-bar = 1
}

// ExamplePlan_LogLikelihood computes the log density of a sample by change of variables along the probability flow. It
// equals that of the mixture, up to the solver's tolerance.
func ExamplePlan_LogLikelihood() {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := diffusion.Plan{
		Build:   density.Bimodal().Build(diffusion.VP{}),
		Sampler: diffusion.FlowLikelihood{Method: diffusion.DormandPrince{RTol: 1e-8}},
		Grid:    []float64{1e-7, 1}, // from data to noise, in adaptive steps
	}
	got, err := plan.LogLikelihood(b, tensors.FromValue([][]float64{{-2}, {1}}), diffusion.ExactPrior)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.5f nats, %.5f bits\n", got.Nats, diffusion.BitsPerDim(got.Nats[1], 1))
	// Output: [-1.20661 -0.76479] nats, 1.10336 bits
}
