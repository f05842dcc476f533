package main

import (
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
	Shard   string        `placeholder:"I/N" help:"${shard}"`
	Fresh   bool          `help:"Run every experiment, also those whose stored result depends on nothing that changed."`
	Jobs    int           `short:"j" placeholder:"N" help:"${jobs}"`
	Out     string        `default:"build/results" placeholder:"DIR" help:"Where results go."`
	Names   []string      `arg:"" optional:"" name:"experiment" help:"Experiments to run, as with --run."`
	Backend string        `default:"auto" env:"SCORELAB_BACKEND" help:"Backend: auto, xla:cpu, xla:cuda or go."`
}

// shardHelp stands for ${shard} in the help of -shard.
const shardHelp = "Run part I, 1 .. N, of the suite, for scorelab merge; auto or auto/N: the part that a Kubernetes " +
	"Indexed Job or a Slurm array says."

// jobsHelp stands for ${jobs} in the help of -jobs.
const jobsHelp = "How many experiments run at the same time, each in a process of its own; 0: one for each " +
	"processor, at most 4."

// Run runs experiments in the order of the table. Each finished one is stored, even if a later one fails.
func (c *runCmd) Run(e *env) error {
	experiments, shard, err := c.selected(e)
	if err != nil {
		return err
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
	began, shown := time.Now(), newProgress(e, experiments)
	store.Warn = func(sentence string) {
		shown.finish()
		fmt.Fprintln(e.stderr, "scorelab:", sentence)
	}
	options := suite.Options{Seed: c.Seed, Profile: c.Profile, Backend: b, BackendName: backend.Name(b)}
	r := runner{Catalogue: e.Catalogue, progress: shown, store: store, shard: shard, options: options, fresh: c.Fresh}
	r.inputs, _ = newInputs(options) // without them everything runs
	bad, err := r.runAll(ctx, experiments, c.Jobs)
	shown.finish()
	if err != nil {
		return err
	}
	strays, err := store.Summarize(e.Catalogue)
	if ctx.Err() != nil {
		return exit(exitInterrupted)
	}
	if err != nil {
		return err
	}
	e.nameStrays(c.Out, strays)
	fmt.Fprintf(e.stderr, "%d of %d experiments hold, in %.0f s%s; %s/README.md shows them\n",
		len(experiments)-bad, len(experiments), time.Since(began).Seconds(), unchanged(r.kept), c.Out)
	if bad > 0 {
		return exit(exitFailed)
	}
	return nil
}

// unchanged says how many experiments did not run.
func unchanged(kept int) string {
	if kept == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them unchanged", kept)
}

// selected returns the experiments that flags and names ask for, and the part of the suite that they are.
func (c *runCmd) selected(e *env) ([]suite.Experiment, suite.Shard, error) {
	if err := e.Validate(); err != nil {
		return nil, suite.Shard{}, err
	}
	pattern, err := e.chosen(c.Pattern, c.Names)
	if err != nil {
		return nil, suite.Shard{}, err
	}
	experiments, err := e.Match(pattern)
	if err != nil {
		return nil, suite.Shard{}, err
	}
	shard, err := parseShard(c.Shard, os.LookupEnv)
	if err != nil {
		return nil, suite.Shard{}, err
	}
	// no error: a job array may be longer than the suite
	if experiments = e.Part(shard, experiments); len(experiments) == 0 {
		fmt.Fprintf(e.stderr, "scorelab: no experiment belongs to shard %v\n", shard)
	}
	return experiments, shard, nil
}
