package main

import (
	"fmt"

	"scorelab/lib/suite"
)

type checkCmd struct {
	Baseline string `default:"results" placeholder:"DIR" help:"Committed results."`
	Weak     bool   `help:"List weak checks: those that a value off by a tenth would pass too."`
	Pattern  string `name:"run" placeholder:"REGEX" help:"Experiments to compare; default: all, and all claims."`
	Dir      string `arg:"" default:"build/results" help:"Fresh results."`
}

// Run is the gate: it fails unless each check holds and each metric is within its band of the baseline.
func (c *checkCmd) Run(e *env) error {
	gate, err := e.Compare(c.Baseline, c.Dir, c.Pattern)
	if err != nil {
		return err
	}
	for _, failure := range gate.Failures {
		fmt.Fprintln(e.stdout, "FAIL", failure)
	}
	if c.Weak {
		for _, weak := range gate.Weak {
			fmt.Fprintln(e.stdout, "weak", weak)
		}
	}
	fmt.Fprintf(e.stdout, "%s against %s: %s\n", c.Dir, c.Baseline, gate.Summary())
	if n := len(gate.Weak); n > 0 {
		fmt.Fprintf(e.stdout, "warning: checks that pass but test little, since %s: %d (--weak lists them)\n",
			suite.WeakMeans, n)
	}
	if len(gate.Failures) > 0 {
		return exit(exitFailed)
	}
	return nil
}
