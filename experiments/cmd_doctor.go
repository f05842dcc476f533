package main

import (
	"fmt"
	"runtime/debug"
	"text/tabwriter"

	"scorelab/lib/backend"
)

type doctorCmd struct{}

// Run prints what the backends need and whether it is there.
func (*doctorCmd) Run(e *env) error {
	missing := 0
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range backend.Doctor() {
		word := "ok"
		if !f.OK {
			word = "missing"
			missing++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", word, f.What, f.Found)
		if f.Mend != "" {
			fmt.Fprintf(table, "\t\t-> %s\n", f.Mend)
		}
	}
	table.Flush()
	if missing > 0 {
		return exit(exitFailed)
	}
	return nil
}

type versionCmd struct{}

// Run prints what the binary was built from.
func (*versionCmd) Run(e *env) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this binary does not know its version: build it with `go build`")
	}
	fmt.Fprintln(e.stdout, "scorelab", info.Main.Version, info.GoVersion)
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" || setting.Key == "vcs.time" || setting.Key == "vcs.modified" {
			fmt.Fprintln(e.stdout, setting.Key, setting.Value)
		}
	}
	return nil
}
