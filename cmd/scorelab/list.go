package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"scorelab/lib/suite"
)

type listCmd struct {
	Pattern  string `name:"run" placeholder:"REGEX" help:"Experiments to list, by their names; default: all."`
	Baseline string `default:"results" help:"Results that say how many claims an experiment settles."`
}

// Run lists the experiments. It needs neither a backend nor results, and names damaged results.
func (c *listCmd) Run(e *env) error {
	if err := e.Validate(); err != nil {
		return err
	}
	experiments, err := e.Match(c.Pattern)
	if err != nil {
		return err
	}
	stored := &suite.Stored{}
	if _, err := os.Stat(c.Baseline); !errors.Is(err, fs.ErrNotExist) {
		if stored, err = e.Read(c.Baseline); err != nil {
			return err
		}
	}
	claims := map[string]int{}
	for _, r := range stored.Results {
		claims[r.Experiment] = r.Claims()
	}
	damaged := 0
	for _, experiment := range experiments {
		state := settled(claims[experiment.ID])
		if err := stored.Damaged[experiment.ID]; err != nil {
			state = "DAMAGED: " + err.Error()
			damaged++
		}
		fmt.Fprintf(e.stdout, "%s\n    %s\n    %s\n    %s\n", experiment.ID, experiment.Title, experiment.Question,
			state)
	}
	if damaged > 0 {
		return fmt.Errorf("%d of the results in %s cannot be used: the list says which", damaged, c.Baseline)
	}
	return nil
}

func settled(claims int) string {
	switch claims {
	case 0:
		return "not run yet"
	case 1:
		return "1 claim"
	default:
		return fmt.Sprintf("%d claims", claims)
	}
}
