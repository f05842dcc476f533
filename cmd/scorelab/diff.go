package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"

	"scorelab/lib/suite"
)

type diffCmd struct {
	Exact   bool   `help:"Exit with 1 unless all bytes are the same."`
	Pattern string `name:"run" placeholder:"REGEX" help:"Experiments to compare; default: all, and the summaries."`
	A       string `arg:"" help:"One folder of results."`
	B       string `arg:"" help:"The other."`
}

// Run prints the metrics that differ between two runs, in units of their band.
func (c *diffCmd) Run(e *env) error {
	d, err := e.Diff(c.A, c.B, c.Pattern)
	if err != nil {
		return err
	}
	if len(d.Differences) > 0 {
		table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "EXPERIMENT\tCLAIM\tMETRIC\tA\tB\tBANDS APART")
		for _, row := range d.Differences {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.2g\n", row.Experiment, row.Claim, row.Metric, value(row.A),
				value(row.B), row.Bands)
		}
		table.Flush()
	}
	for _, name := range d.FilesDiffer {
		fmt.Fprintln(e.stdout, "other bytes:", name)
	}
	fmt.Fprintf(e.stdout, "%d experiments and %d metrics in both, %d metrics differ; ", d.Experiments, d.Metrics,
		len(d.Differences))
	if d.Identical() {
		fmt.Fprintf(e.stdout, "all %d files are identical, byte for byte\n", d.Files)
		return nil
	}
	fmt.Fprintf(e.stdout, "%d files differ, %d are identical\n", len(d.FilesDiffer), d.Files)
	if c.Exact {
		return exit(exitFailed)
	}
	return nil
}

func value(c *suite.Check) string {
	if c == nil {
		return "none"
	}
	return strconv.FormatFloat(c.Got.Center, 'g', 9, 64)
}
