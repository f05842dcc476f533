package main

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/data"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// mixture is the reverse SDE of the ring with its exact score, in float64.
func mixture(o *ours, s size, in *inputs) (*task, error) {
	var weights, means, spectrum, basis []float64
	for _, c := range target.Components() {
		weights, means = append(weights, c.Weight), append(means, c.Mean...)
		// The covariances of the ring are multiples of 1. Peers take any spectrum and basis, as our side does.
		spectrum, basis = append(spectrum, c.Cov[0][0], c.Cov[1][1]), append(basis, 1, 0, 0, 1)
	}
	k := len(weights)
	put(in, "mixture/weights", weights, k)
	put(in, "mixture/means", means, k, 2)
	put(in, "mixture/spectrum", spectrum, k, 2)
	put(in, "mixture/basis", basis, k, 2, 2)
	plan := diffusion.Plan{Build: target.Build(process), Sampler: diffusion.OneStep(diffusion.ReverseEulerMaruyama),
		Noise: random.NewKey(1)}
	return o.chain(plan, s, in, tensor(normals(rand.New(rand.NewPCG(3, 4)), 2*s["points"]), s["points"], 2))
}

// chain is a plan that runs from a start over an even grid. The check is a short run with given noise.
func (o *ours) chain(plan diffusion.Plan, s size, in *inputs, start *tensors.Tensor) (*task, error) {
	const checked = 20
	var err error
	if plan.Grid, err = diffusion.Uniform(1, 1e-3, checked); err != nil {
		return nil, err
	}
	n := start.Shape().Dim(0)
	noise := normals(rand.New(rand.NewPCG(5, 6)), checked*n*2)
	plan.Replay = tensor(noise, checked, 1, n, 2)
	if start.DType() != plan.Replay.DType() {
		plan.Replay = tensor(narrow(noise), checked, 1, n, 2)
	}
	in.putTensor("start", start)
	in.putTensor("noise", plan.Replay)
	end, err := plan.Run(o.b, start)
	if err != nil {
		return nil, err
	}
	plan.Replay = nil
	t := &task{answer: answer{Values: map[string][]float64{"end": flat(end)}}}
	grid, err := diffusion.Uniform(1, 1e-3, s["steps"])
	if err != nil {
		return nil, err
	}
	compiled, err := plan.Compile(o.b)
	if err != nil {
		return nil, err
	}
	t.run = func() error {
		_, err := compiled.Run(grid, start)
		return err
	}
	t.close = compiled.Finalize
	return t, nil
}

// idealDenoiser is the denoiser of a data set of images at one noise level.
func idealDenoiser(o *ours, s size, in *inputs) (*task, error) {
	const time = .2
	images, err := data.Digits()
	if err != nil {
		return nil, err
	}
	if images, err = images.Slice(0, s["images"]); err != nil {
		return nil, err
	}
	d := images.H * images.W
	table := tensor(images.Pixels, images.N, d)
	alpha, sigma, err := diffusion.PathAt(o.b, process, time)
	if err != nil {
		return nil, err
	}
	noisy := normals(rand.New(rand.NewPCG(7, 8)), s["batch"]*d)
	for i := range noisy {
		noisy[i] = alpha*float64(images.Pixels[i]) + sigma*noisy[i]
	}
	x := tensor(narrow(noisy), s["batch"], d)
	in.putTensor("images", table)
	in.putTensor("x", x)
	put(in, "path", []float64{alpha, sigma}, 2)
	denoise, err := exec.New(o.b, func(x, table *Node) *Node {
		return density.Empirical(process, table).Denoise(x, Scalar(x.Graph(), x.DType(), time))
	})
	if err != nil {
		return nil, err
	}
	return repeated(denoise, s["repeats"], x, table)
}

// product is that of two square matrices.
func product(o *ours, s size, in *inputs) (*task, error) {
	n := s["n"]
	r := rand.New(rand.NewPCG(9, 10))
	a, b := normals(r, n*n), normals(r, n*n)
	x, y := tensor(a, n, n), tensor(b, n, n)
	if s["wide"] == 0 {
		x, y = tensor(narrow(a), n, n), tensor(narrow(b), n, n)
	}
	in.putTensor("x", x)
	in.putTensor("y", y)
	multiply, err := exec.New(o.b, func(x, y *Node) *Node { return Dot(x, y).Product() })
	if err != nil {
		return nil, err
	}
	return repeated(multiply, s["repeats"], x, y)
}

// shown is the number of values of a long result that are compared.
const shown = 2000

// repeated is a number of calls of a graph of one output.
func repeated(e *exec.Exec, times int, args ...any) (*task, error) {
	first, err := e.Call1(args...)
	if err != nil {
		return nil, err
	}
	values := flat(first)
	return &task{answer: answer{Values: map[string][]float64{"result": values[:min(shown, len(values))]}},
		close: e.Finalize,
		run: func() error {
			for range times {
				out, err := e.Call1(args...)
				if err != nil {
					return err
				}
				out.MustConstFlatData(func(any) {}) // waits for the result
			}
			return nil
		}}, nil
}
