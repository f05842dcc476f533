package main

import "fmt"

type checkCmd struct {
	Baseline string `default:"results" placeholder:"DIR" help:"Committed results."`
	Pattern  string `name:"run" placeholder:"REGEX" help:"Experiments to compare, by their names; default: all, and every claim must be covered."`
	Dir      string `arg:"" default:"build/results" help:"Fresh results."`
}

// Run is the gate.
func (c *checkCmd) Run(e *env) error {
	gate, err := e.Compare(c.Baseline, c.Dir, c.Pattern)
	if err != nil {
		return err
	}
	for _, failure := range gate.Failures {
		fmt.Fprintln(e.stdout, "FAIL", failure)
	}
	fmt.Fprintf(e.stdout, "%s against %s: %s\n", c.Dir, c.Baseline, gate.Summary())
	if len(gate.Failures) > 0 {
		return exit(exitFailed)
	}
	return nil
}
