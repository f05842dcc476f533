package main

import (
	"fmt"

	"scorelab/lib/backend"
	"scorelab/lib/suite"
)

type whyCmd struct {
	Profile suite.Profile `default:"quick" enum:"quick,full" help:"How much would be computed: quick or full."`
	Seed    int64         `default:"1" help:"Seed of all random numbers."`
	Out     string        `default:"build/results" placeholder:"DIR" help:"Where results are."`
	All     bool          `help:"List everything that the result depends on, with hashes."`
	Names   []string      `arg:"" name:"experiment" help:"Experiments, as with run."`
	Backend string        `default:"auto" env:"SCORELAB_BACKEND" help:"Backend: auto, xla:cpu, xla:cuda or go."`
}

// Run says for each experiment whether it would run, and what has changed since its result was stored.
func (c *whyCmd) Run(e *env) error {
	pattern, err := e.chosen("", c.Names)
	if err != nil {
		return err
	}
	experiments, err := e.Match(pattern)
	if err != nil {
		return err
	}
	b, _, err := backend.Open(c.Backend)
	if err != nil {
		return err
	}
	in, err := newInputs(suite.Options{Seed: c.Seed, Profile: c.Profile, BackendName: backend.Name(b)})
	if err != nil {
		return fmt.Errorf("every experiment runs: %w", err)
	}
	for _, experiment := range experiments {
		now, err := in.of(experiment)
		if err != nil {
			return err
		}
		e.explain(c.Out, experiment, now)
		if c.All {
			for _, name := range now.Changed(nil) {
				fmt.Fprintf(e.stdout, "    %s: %s\n", name, now[name])
			}
		}
	}
	return nil
}

func (e *env) explain(dir string, experiment suite.Experiment, now suite.Inputs) {
	former, err := suite.ReadKept(dir, experiment.ID)
	switch {
	case err != nil:
		fmt.Fprintf(e.stdout, "%s runs: %v\n", experiment.ID, err)
	case e.Holds(former, now):
		fmt.Fprintf(e.stdout, "%s stays: none of the %d things that it depends on has changed since %s\n",
			experiment.ID, len(now), former.Meta.Started)
	case len(former.Failed()) > 0:
		fmt.Fprintf(e.stdout, "%s runs: %d of its checks failed\n", experiment.ID, len(former.Failed()))
	default:
		fmt.Fprintf(e.stdout, "%s runs: since %s there has changed\n", experiment.ID, former.Meta.Started)
		for _, name := range former.Meta.Inputs.Changed(now) {
			fmt.Fprintf(e.stdout, "    %s\n", describe(name, former.Meta.Inputs[name], now[name]))
		}
	}
}

// describe names an input, and its two values where a reader can tell them apart.
func describe(name, before, after string) string {
	switch {
	case before == "":
		return name + ": new"
	case after == "":
		return name + ": gone"
	case len(before) > 80 || len(after) > 80 || len(before) == 16:
		return name
	}
	return fmt.Sprintf("%s: was %s, is %s", name, before, after)
}
