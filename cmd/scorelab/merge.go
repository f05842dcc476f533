package main

import "fmt"

type mergeCmd struct {
	Pattern string   `name:"run" placeholder:"REGEX" help:"Experiments to merge, by their names; default: all."`
	Out     string   `arg:"" help:"Folder for the whole results. Those in it are replaced; with -run, the others stay."`
	Shards  []string `arg:"" name:"shard" help:"Folders of results of scorelab run -shard I/N."`
}

// Run merges the results of the shards into one folder. Its exit code is that of a run of the whole suite.
func (c *mergeCmd) Run(e *env) error {
	done, err := e.Merge(c.Out, c.Shards, c.Pattern)
	if err != nil {
		return err
	}
	kept := ""
	if done.Kept > 0 {
		kept = fmt.Sprintf(" and %d results that were there", done.Kept)
	}
	fmt.Fprintf(e.stdout, "%d of %d experiments hold, %d files from %d shards%s; %s/README.md shows them\n",
		done.Experiments-done.Failed, done.Experiments, done.Files, done.Shards, kept, c.Out)
	if done.Failed > 0 {
		return exit(exitFailed)
	}
	return nil
}
