package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// cold does what a first program does: it trains the network on fresh samples of the ring and draws samples from it. It
// prints its answer.
func cold(name string, s size) error {
	o, _, err := newOurs(name)
	if err != nil {
		return err
	}
	ring := train.Fresh("ring", func(g *Graph, r *random.Source) []*Node {
		x, _ := density.Ring().Draw(g, r, dtypes.Float32, s["batch"])
		return []*Node{x}
	})
	trainer, err := train.Plan{Loss: network.Loss(denoising, process, net), Data: ring, Every: s["steps"],
		Key: random.NewKey(1)}.Begin(o.b)
	if err != nil {
		return err
	}
	if err := advance(trainer, s["steps"]); err != nil {
		return err
	}
	weights, err := trainer.Weights()
	if err != nil {
		return err
	}
	plan := diffusion.Plan{Build: network.Trained(process, net, diffusion.EpsHead(spread)), Store: weights,
		Sampler: diffusion.DDIM(0), Noise: random.NewKey(2)}
	if plan.Grid, err = diffusion.Uniform(1, 1e-3, coldSteps); err != nil {
		return err
	}
	samples, err := plan.Run(o.b, noise(s["points"]))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer{Bounds: map[string]bound{"radius of the samples": radius(
		flat(samples))}})
}

// coldSteps is the number of steps of the sampler after a cold start.
const coldSteps = 50

// radius is the root mean square of the distance to 0, which is 2.01 on the ring. The model of a short training misses
// it a little.
func radius(points []float64) bound {
	return bound{apart(points, make([]float64, len(points))), 1.7, 2.3}
}

// coldRun starts a process and waits for its end. It returns what the process printed and how long it took.
func coldRun(name string, command, env []string) (answer, error) {
	printed := &tail{}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stderr = env, printed
	start := time.Now()
	out, err := cmd.Output()
	took := time.Since(start).Seconds()
	var a answer
	if err != nil {
		return a, &coldError{name, printed.String(), err}
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return a, &coldError{name, string(out), err}
	}
	a.Seconds = math.Max(took, 1e-9)
	return a, nil
}

// coldError is the error of a process that does one cold start.
type coldError struct {
	name, printed string
	err           error
}

func (e *coldError) Error() string {
	return e.name + ", cold start: " + e.err.Error() + ": " + e.printed
}

func (e *coldError) Unwrap() error { return e.err }
