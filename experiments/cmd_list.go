package main

import (
	"fmt"

	"scorelab/lib/suite"
)

type listCmd struct {
	Baseline string `default:"results" help:"Results that say how many claims an experiment settles."`
}

// Run lists the experiments. It needs no backend, and no results either.
func (c *listCmd) Run(e *env) error {
	if err := e.Validate(); err != nil {
		return err
	}
	claims := map[string]int{}
	if results, _, err := e.Load(c.Baseline); err == nil {
		for _, r := range results {
			claims[r.Experiment] = r.Claims()
		}
	}
	for _, experiment := range e.Experiments {
		fmt.Fprintf(e.stdout, "%s\n    %s\n    %s\n    %s\n", experiment.ID, experiment.Title, experiment.Question,
			settled(claims, experiment))
	}
	return nil
}

func settled(claims map[string]int, e suite.Experiment) string {
	switch n := claims[e.ID]; n {
	case 0:
		return "not run yet"
	case 1:
		return "1 claim"
	default:
		return fmt.Sprintf("%d claims", n)
	}
}
