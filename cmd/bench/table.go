package main

import "scorelab/lib/diffusion"

// size holds the numbers of a piece of work, such as its batch and its steps. Both sides receive the same.
type size map[string]int

// work is a piece of work that our side and its peers do. A peer's part is the function that scripts/bench registers
// under the peer's name and Kind.
type work struct {
	Name  string // as WORK matches it
	About string
	Kind  string
	Size  size
	Small size    // of a trial with -small: what differs from Size
	Tol   float64 // largest difference between the numbers of the two sides, relative to the largest number
	Flops func(s size) float64
	Wide  bool // the matrix products are in float64
	Peers []peer
	Ours  func(o *ours, s size, in *inputs) (*task, error) // nil: a process that starts anew in each round, see cold.go
}

// peer is another program, and the goal of the ratio of its time to ours; 0: no goal.
type peer struct {
	Name string
	Goal float64
}

// programs are the peers: the library that each adds to the versions, and how it is called in the page.
var programs = []struct{ Name, About string }{
	{"jax", "JAX, one `lax.scan` or `fori_loop` under `jit`"},
	{"pytorch", "PyTorch, eager"},
	{"torch.compile", "PyTorch, each step compiled"},
	{"pot", "POT"},
	{"scipy", "scipy"},
	{"numpy", "numpy"},
}

func networks(jax, torch float64) []peer {
	return []peer{{"jax", jax}, {"pytorch", torch}, {"torch.compile", torch}}
}

// works lists every piece of work, with its goals. The products come first, since fractions refer to them.
var works = []work{
	{Name: "product-32", About: "matrix product of 2,048 x 2,048 in float32", Kind: "product",
		Size: size{"n": 2048, "repeats": 4}, Small: size{"n": 256}, Tol: 1e-4, Flops: flopsOfProduct,
		Peers: []peer{{"jax", 0}, {"numpy", 0}}, Ours: product},
	{Name: "product-64", About: "matrix product of 2,048 x 2,048 in float64", Kind: "product",
		Size: size{"n": 2048, "repeats": 2, "wide": 1}, Small: size{"n": 256}, Tol: 1e-12, Flops: flopsOfProduct,
		Wide: true, Peers: []peer{{"jax", 0}, {"numpy", 0}}, Ours: product},

	{Name: "train-64", About: "training step, denoising, batch 64", Kind: "denoising",
		Size: size{"batch": 64, "steps": 1000}, Small: size{"steps": 100}, Tol: 1e-5, Flops: flopsOfTraining,
		Peers: networks(1.1, 1.5), Ours: training(denoising)},
	{Name: "train-512", About: "training step, denoising, batch 512", Kind: "denoising",
		Size: size{"batch": 512, "steps": 300}, Small: size{"steps": 30}, Tol: 1e-5, Flops: flopsOfTraining,
		Peers: networks(1.1, 1.5), Ours: training(denoising)},
	{Name: "train-2048", About: "training step, denoising, batch 2,048", Kind: "denoising",
		Size: size{"batch": 2048, "steps": 100}, Small: size{"steps": 10}, Tol: 1e-5, Flops: flopsOfTraining,
		Peers: networks(1.1, 1.5), Ours: training(denoising)},
	{Name: "train-implicit", About: "training step, implicit score matching, batch 512", Kind: "implicit",
		Size: size{"batch": 512, "steps": 100}, Small: size{"steps": 10}, Tol: 1e-5,
		Peers: []peer{{"jax", 1}}, Ours: training(implicit)},
	{Name: "train-sliced", About: "training step, sliced score matching, batch 512", Kind: "sliced",
		Size: size{"batch": 512, "steps": 100}, Small: size{"steps": 10}, Tol: 1e-5,
		Peers: []peer{{"jax", 1}}, Ours: training(sliced)},

	{Name: "sample-sde", About: "2,000 samples, 500 steps of the reverse SDE", Kind: "reverse-sde",
		Size: size{"points": 2000, "steps": 500}, Small: size{"points": 500, "steps": 100}, Tol: 2e-4,
		Flops: flopsOfSampling, Peers: networks(1.2, 1.2),
		Ours: sampling(diffusion.OneStep(diffusion.ReverseEulerMaruyama))},
	{Name: "sample-ddim", About: "2,000 samples, 500 steps of DDIM", Kind: "ddim",
		Size: size{"points": 2000, "steps": 500}, Small: size{"points": 500, "steps": 100}, Tol: 2e-4,
		Flops: flopsOfSampling, Peers: networks(1.2, 1.2), Ours: sampling(diffusion.DDIM(0))},
	{Name: "quality-flow", About: "2,000 samples of the flow to an error of 0.01", Kind: "quality-flow",
		Size: size{"points": 2000}, Small: size{"points": 500},
		Peers: []peer{{"jax", 1.2}, {"pytorch", 1.2}}, Ours: qualityOfFlow},
	{Name: "likelihood", About: "log likelihood of 500 points, 50 steps of RK4, exact divergence", Kind: "likelihood",
		Size: size{"points": 500, "steps": 50}, Small: size{"points": 100, "steps": 20}, Tol: 2e-4,
		Peers: []peer{{"jax", 1}}, Ours: likelihood},

	{Name: "exact-100", About: "exact mixture in float64, reverse SDE, 100 points, 5,000 steps", Kind: "mixture",
		Size: size{"points": 100, "steps": 5000}, Small: size{"steps": 500}, Tol: 1e-9,
		Peers: []peer{{"jax", 1.5}}, Ours: mixture},
	{Name: "exact-10000", About: "exact mixture in float64, reverse SDE, 10,000 points, 500 steps", Kind: "mixture",
		Size: size{"points": 10_000, "steps": 500}, Small: size{"steps": 50}, Tol: 1e-9,
		Peers: []peer{{"jax", 1.5}}, Ours: mixture},
	{Name: "ideal-denoiser", About: "ideal denoiser of 10,000 images, batch 100", Kind: "ideal-denoiser",
		Size: size{"images": 10_000, "batch": 100, "repeats": 10}, Small: size{"images": 1000}, Tol: 1e-4,
		Flops: flopsOfDenoiser, Peers: []peer{{"jax", 1}}, Ours: idealDenoiser},

	{Name: "fokker-planck", About: "Fokker-Planck equation, 2,000 cells, 2,000 steps", Kind: "fokker-planck",
		Size: size{"cells": 2000, "steps": 2000}, Small: size{"cells": 200, "steps": 200}, Tol: 1e-9,
		Peers: []peer{{"scipy", 1}}, Ours: fokkerPlanck},
	{Name: "fokker-planck-plane", About: "Fokker-Planck equation, 128 x 128 cells, 200 steps",
		Kind: "fokker-planck-plane", Size: size{"cells": 128, "steps": 200}, Small: size{"cells": 32, "steps": 20},
		Tol: 1e-9, Peers: []peer{{"scipy", 1}}, Ours: fokkerPlanckPlane},
	{Name: "w2", About: "exact W2 of 2,000 points", Kind: "w2",
		Size: size{"points": 2000, "dim": 2}, Small: size{"points": 300}, Tol: 1e-9,
		Peers: []peer{{"pot", 1}, {"scipy", 0}}, Ours: w2},
	{Name: "sliced-w2", About: "sliced W2 of 10,000 points, 64 directions", Kind: "sliced-w2",
		Size: size{"points": 10_000, "dim": 2, "directions": 64}, Small: size{"points": 1000}, Tol: 1e-9,
		Peers: []peer{{"pot", 1}}, Ours: slicedW2},
	{Name: "mmd2", About: "squared MMD of 2,000 points", Kind: "mmd2",
		Size: size{"points": 2000, "dim": 2}, Small: size{"points": 300}, Tol: 1e-9,
		Peers: []peer{{"numpy", 1}}, Ours: mmd2},

	{Name: "cold-start", About: "start of the process to the first trained and sampled model", Kind: "cold-start",
		Size: size{"batch": 512, "steps": 300, "points": 1000}, Small: size{"steps": 100},
		Peers: []peer{{"jax", 1.5}}},
}

// sized is the work of a trial: with the sizes of Small.
func (w work) sized(small bool) size {
	s := size{}
	for k, v := range w.Size {
		s[k] = v
	}
	if small {
		for k, v := range w.Small {
			s[k] = v
		}
	}
	return s
}

// Multiplications of the network for one sample, in the layers that every sample passes and in the embedding.
const (
	layersOfNet    = 2*128 + 128*128 + 128*128 + 128*2
	embeddingOfNet = 32*64 + 64*128
)

func flopsOfProduct(s size) float64 { return 2 * cube(s["n"]) * float64(s["repeats"]) }

// flopsOfTraining counts the products of the pass forward, and twice as many of the pass back.
func flopsOfTraining(s size) float64 {
	return 3 * 2 * (layersOfNet + embeddingOfNet) * float64(s["batch"]*s["steps"])
}

// flopsOfSampling leaves out the embedding, which is one row for all samples.
func flopsOfSampling(s size) float64 { return 2 * layersOfNet * float64(s["points"]*s["steps"]) }

func flopsOfDenoiser(s size) float64 {
	return 2 * 2 * 784 * float64(s["images"]) * float64(s["batch"]*s["repeats"])
}

func cube(n int) float64 { return float64(n) * float64(n) * float64(n) }
