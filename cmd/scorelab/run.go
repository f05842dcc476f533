package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"scorelab/lib/backend"
	"scorelab/lib/suite"
)

type runCmd struct {
	Pattern string        `name:"run" placeholder:"REGEX" help:"Experiments to run, by their names; default: all."`
	Profile suite.Profile `default:"quick" enum:"quick,full" help:"How much to compute: quick or full."`
	Seed    int64         `default:"1" help:"Seed of all random numbers."`
	Shard   string        `placeholder:"I/N" help:"Run part I, 1 .. N, of the suite, for scorelab merge; auto or auto/N: the part that a Kubernetes Indexed Job or a Slurm array says."`
	Out     string        `default:"build/results" placeholder:"DIR" help:"Where results go."`
	Names   []string      `arg:"" optional:"" name:"experiment" help:"Experiments to run, as with --run."`
	Backend string        `default:"auto" env:"SCORELAB_BACKEND" help:"What computes: auto, xla:cpu, xla:cuda or go."`
}

// Run runs experiments in the order of the table. What finished is stored, whatever happens to the rest.
func (c *runCmd) Run(e *env) error {
	if err := e.Validate(); err != nil {
		return err
	}
	pattern, err := e.chosen(c.Pattern, c.Names)
	if err != nil {
		return err
	}
	experiments, err := e.Match(pattern)
	if err != nil {
		return err
	}
	shard, err := parseShard(c.Shard, os.LookupEnv)
	if err != nil {
		return err
	}
	// fine where a job array is longer than the suite
	if experiments = e.Part(shard, experiments); len(experiments) == 0 {
		fmt.Fprintf(e.stderr, "scorelab: no experiment belongs to shard %v\n", shard)
	}
	store, err := suite.OpenStore(c.Out)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Check(experiments); err != nil {
		return err
	}
	b, note, err := backend.Open(c.Backend)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(e.stderr, "scorelab:", note)
	}
	ctx, stop := interruptible(e.stderr)
	defer stop()
	began, screen := time.Now(), newScreen(e, experiments)
	store.Warn = func(sentence string) {
		screen.finish()
		fmt.Fprintln(e.stderr, "scorelab:", sentence)
	}
	options := suite.Options{Seed: c.Seed, Profile: c.Profile, Backend: b, BackendName: backend.Name(b),
		Progress: screen.progress}
	bad := 0
	for i, experiment := range experiments {
		screen.begin(i)
		started := time.Now()
		result, report, err := e.Do(ctx, experiment, options)
		if err == nil {
			meta := suite.NewMeta(started, b.Description())
			meta.Shard = shard.String()
			err = store.Put(result, report, meta)
		}
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			break
		}
		if broken := (*suite.RunError)(nil); errors.As(err, &broken) {
			screen.broken(broken, time.Since(started))
			bad++
			continue
		}
		if err != nil {
			screen.finish()
			return err
		}
		if screen.result(result, time.Since(started)); len(result.Failed()) > 0 {
			bad++
		}
	}
	screen.finish()
	strays, err := store.Summarize(e.Catalogue)
	if ctx.Err() != nil {
		return exit(exitInterrupted)
	}
	if err != nil {
		return err
	}
	for _, id := range strays {
		fmt.Fprintf(e.stderr, "scorelab: %s/%s is of no experiment in the table and left out: remove it\n", c.Out, id)
	}
	fmt.Fprintf(e.stderr, "%d of %d experiments hold, in %.0f s; %s/README.md shows them\n",
		len(experiments)-bad, len(experiments), time.Since(began).Seconds(), c.Out)
	if bad > 0 {
		return exit(exitFailed)
	}
	return nil
}
