package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/network"
	"scorelab/lib/random"
)

// networkPlan samples with the trained network. It writes the weights for the peers.
func (o *ours) networkPlan(sampler diffusion.Sampler, in *inputs) (diffusion.Plan, error) {
	weights, err := o.weights()
	if err != nil {
		return diffusion.Plan{}, err
	}
	in.putWeights(weights)
	return diffusion.Plan{Build: network.Trained(process, net, diffusion.EpsHead(spread)), Store: weights,
		Sampler: sampler, Noise: random.NewKey(1)}, nil
}

// noise is a start in float32.
func noise(n int) *tensors.Tensor {
	return tensor(narrow(normals(rand.New(rand.NewPCG(11, 12)), 2*n)), n, 2)
}

// sampling is many steps of a sampler on an even grid of times.
func sampling(sampler diffusion.Sampler) func(*ours, size, *inputs) (*task, error) {
	return func(o *ours, s size, in *inputs) (*task, error) {
		plan, err := o.networkPlan(sampler, in)
		if err != nil {
			return nil, err
		}
		return o.chain(plan, s, in, noise(s["points"]))
	}
}

// Candidates of qualityOfFlow: numbers of steps, and the samplers with their grids.
var (
	stepsToTry = []int{4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256}
	flowsToTry = []struct {
		name    string
		sampler diffusion.Sampler
	}{
		{"UniPC-3", diffusion.NewUniPC(3)},
		{"UniPC-2", diffusion.NewUniPC(2)},
		{"exponential Adams of order 3", diffusion.ExponentialAdams(3)},
		{"exponential Adams of order 2", diffusion.ExponentialAdams(2)},
	}
	rulesToTry = []struct {
		name string
		rule func(from, to float64, n int) ([]float64, error)
	}{
		{"equal steps of log SNR", diffusion.Geometric},
		{"the grid of Karras et al.", diffusion.Karras(7)},
	}
)

// flowError is the largest root mean squared error of samples that counts as equal quality.
const flowError = .01

// qualityOfFlow solves the probability flow with as few evaluations as its error allows. The reference is a solution of
// 1,000 steps; each side chooses its own sampler.
func qualityOfFlow(o *ours, s size, in *inputs) (*task, error) {
	plan, err := o.networkPlan(diffusion.ExponentialAdams(3), in)
	if err != nil {
		return nil, err
	}
	start := noise(s["points"])
	if plan.Grid, err = levels(1000, diffusion.Geometric); err != nil {
		return nil, err
	}
	reference, err := plan.Run(o.b, start)
	if err != nil {
		return nil, err
	}
	in.putTensor("start", start)
	in.putTensor("reference", reference)
	for _, steps := range stepsToTry {
		for _, f := range flowsToTry {
			plan.Sampler = f.sampler
			compiled, err := plan.Compile(o.b)
			if err != nil {
				return nil, err
			}
			t, err := firstGood(compiled, steps, start, flat(reference))
			if err != nil {
				return nil, err
			}
			if t != nil {
				t.Notes = map[string]string{"sampler": f.name + ", " + t.Notes["grid"]}
				return t, nil
			}
			compiled.Finalize()
		}
	}
	return nil, fmt.Errorf("no sampler reaches an error of %g", flowError)
}

// firstGood is the task of the first grid of so many steps with which a sampler reaches the quality; nil: there is
// none.
func firstGood(compiled *diffusion.Compiled, steps int, start *tensors.Tensor, reference []float64) (*task, error) {
	for _, r := range rulesToTry {
		grid, err := levels(steps, r.rule)
		if err != nil {
			return nil, err
		}
		end, err := compiled.Run(grid, start)
		if err != nil {
			return nil, err
		}
		if rms := apart(flat(end), reference); rms <= flowError {
			return &task{answer: answer{Bounds: map[string]bound{"error": {rms, 0, flowError}},
				Notes: map[string]string{"grid": fmt.Sprintf("%d steps, %s", steps, r.name)}},
				run: func() error {
					_, err := compiled.Run(grid, start)
					return err
				}, close: compiled.Finalize}, nil
		}
	}
	return nil, nil
}

// levels is a grid of the whole path by a rule for the noise levels. The interpreter computes it in a hundredth of the
// time that a compiler takes.
func levels(steps int, rule func(from, to float64, n int) ([]float64, error)) ([]float64, error) {
	b, err := exec.Interpreter()
	if err != nil {
		return nil, err
	}
	return diffusion.InRatio(b, process, 1, 1e-3, steps, rule)
}

// apart is the root mean squared distance of two lists of points in the plane.
func apart(a, b []float64) float64 {
	sum := 0.
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum / float64(len(a)/2))
}

// likelihood is the log density of data along the flow, with the exact divergence.
func likelihood(o *ours, s size, in *inputs) (*task, error) {
	plan, err := o.networkPlan(diffusion.FlowLikelihood{Method: diffusion.ClassicMethod}, in)
	if err != nil {
		return nil, err
	}
	x, err := o.points(s["points"])
	if err != nil {
		return nil, err
	}
	in.putTensor("x", x)
	if plan.Grid, err = diffusion.Uniform(1e-3, 1, s["steps"]); err != nil {
		return nil, err
	}
	found, err := plan.LogLikelihood(o.b, x, diffusion.NoisePrior)
	if err != nil {
		return nil, err
	}
	compiled, err := plan.Compile(o.b)
	if err != nil {
		return nil, err
	}
	return &task{answer: answer{Values: map[string][]float64{"nats": found.Nats}}, close: compiled.Finalize,
		run: func() error {
			end, err := compiled.End(plan.Grid, x)
			if err != nil {
				return err
			}
			_, err = diffusion.ChangeOfVolume(end)
			return err
		}}, nil
}
