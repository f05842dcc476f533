// Command probe measures what the suite does not: whether products in float32 keep their digits on a device, and how
// long a step of training and a run of a sampler take. speed.py measures the same two in JAX.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/gomlx/compute"

	"scorelab/lib/backend"
)

// sizes are what train and sample measure. speed.py has the same flags.
type sizes struct {
	width   int // of the three hidden layers
	batch   int
	steps   int // of training, in a round
	samples int
	grid    int // steps of the sampler
	rounds  int
}

// line is one measurement, as one line of JSON.
type line struct {
	What    string    `json:"what"`
	By      string    `json:"by"` // "scorelab", or "jax" in speed.py
	Backend string    `json:"backend"`
	Work    string    `json:"work"`
	Seconds []float64 `json:"seconds,omitempty"` // of each round
	Best    float64   `json:"best"`              // the shortest round, or the error of precision
	Unit    string    `json:"unit"`              // of Best
	Mean    float64   `json:"mean"`              // of the losses, or of the squared samples: both sides must agree
}

var kinds = map[string]func(compute.Backend, sizes) (line, error){"precision": precision, "train": training,
	"sample": sampling}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags, s := flag.NewFlagSet("probe", flag.ContinueOnError), sizes{}
	name := flags.String("backend", backend.Auto, "auto, xla:cpu, xla:cuda or go")
	for _, f := range []struct {
		to          *int
		name, usage string
		value       int
	}{
		{&s.width, "width", "of the three hidden layers", 128}, {&s.batch, "batch", "rows of a training step", 512},
		{&s.steps, "steps", "of training in a round", 1000}, {&s.samples, "samples", "of the sampler", 2000},
		{&s.grid, "grid", "steps of the sampler", 500}, {&s.rounds, "rounds", "of which the shortest counts", 3},
	} {
		flags.IntVar(f.to, f.name, f.value, f.usage)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	kind, known := kinds[flags.Arg(0)]
	if !known {
		return errors.New("say what to measure: precision, train or sample, after the flags")
	}
	if min(s.width, s.batch, s.steps, s.samples, s.grid, s.rounds) < 1 {
		return errors.New("sizes must be at least 1")
	}
	b, note, err := backend.Open(*name)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(os.Stderr, "probe:", note)
	}
	measured, failed := kind(b, s)
	if measured.What != "" {
		measured.By, measured.Backend = "scorelab", backend.Name(b)
		if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
			return err
		}
	}
	return failed
}

// timed runs f once to compile and then in each round. It returns the seconds of the rounds and the shortest.
func timed(rounds int, f func(context.Context) error) (seconds []float64, best float64, err error) {
	best = math.Inf(1)
	for i := range rounds + 1 {
		began := time.Now()
		if err := f(context.Background()); err != nil {
			return nil, 0, err
		}
		if took := time.Since(began).Seconds(); i > 0 {
			seconds, best = append(seconds, took), min(best, took)
		}
	}
	return seconds, best, nil
}
