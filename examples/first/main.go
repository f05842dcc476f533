// Command first draws samples of a density that is known, and a picture of them: samples.png.
package main

import (
	"log"
	"os"

	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/random"
	"scorelab/lib/view"
)

func main() {
	b, _, err := backend.Open(backend.Auto) // XLA where its plugin loads, pure Go otherwise
	check(err)
	cross, process := density.Cross(), diffusion.VP{}
	grid, err := diffusion.InRatio(b, process, 1, 1e-3, 20, diffusion.Karras(7)) // from noise to data in 20 steps
	check(err)
	plan := diffusion.Plan{
		Build:   cross.Build(process), // its exact score; a trained network goes here just as well
		Sampler: diffusion.ExponentialAdams(2),
		Grid:    grid,
		Noise:   random.NewKey(1),
	}
	samples, err := plan.Sample(b, 3000, 2) // a tensor [3000, 2]
	check(err)
	dots := view.Cloud(view.Points(samples), 3000, figure.Vermillion)
	picture, err := figure.PNG(figure.Single(view.Plane("3,000 samples, 20 evaluations each", 3.2, dots), 420))
	check(err)
	check(os.WriteFile("samples.png", picture, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
