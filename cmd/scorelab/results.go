package main

import (
	"fmt"
	"os"

	"scorelab/lib/suite"
)

type reportCmd struct {
	Dir string `arg:"" default:"build/results" help:"Folder of results."`
}

// Run rewrites the summaries of a folder of results.
func (c *reportCmd) Run(e *env) error {
	if _, err := os.Stat(c.Dir); err != nil {
		return fmt.Errorf("there is no folder %s: `scorelab run -out %s` makes it", c.Dir, c.Dir)
	}
	store, err := suite.OpenStore(c.Dir)
	if err != nil {
		return err
	}
	defer store.Close()
	strays, err := store.Summarize(e.Catalogue)
	if err != nil {
		return err
	}
	e.nameStrays(c.Dir, strays)
	fmt.Fprintf(e.stdout, "wrote ledger.json, ledger.md and the README.md files in %s\n", c.Dir)
	return nil
}

// nameStrays names the folders in dir that belong to no experiment.
func (e *env) nameStrays(dir string, strays []string) {
	for _, id := range strays {
		fmt.Fprintf(e.stderr, "scorelab: %s/%s is of no experiment in the table and left out: remove it\n", dir, id)
	}
}

type acceptCmd struct {
	Pattern  string `name:"run" placeholder:"REGEX" help:"Experiments to accept; the others stay. Default: all."`
	Dir      string `arg:"" default:"build/results" help:"Folder of results."`
	Baseline string `default:"results" placeholder:"DIR" help:"Folder of the baseline."`
}

// Run makes results the baseline.
func (c *acceptCmd) Run(e *env) error {
	done, err := e.Accept(c.Dir, c.Baseline, c.Pattern)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s is now the baseline: %d experiments, %d files, %.1f MB\n",
		c.Baseline, done.Experiments, done.Files, float64(done.Bytes)/1e6)
	return nil
}
