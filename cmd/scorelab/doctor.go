package main

import (
	"fmt"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"scorelab/internal/kernelspec"
	"scorelab/lib/backend"
)

type doctorCmd struct {
	Backend string `default:"auto" env:"SCORELAB_BACKEND" help:"Backend to check: auto, xla:cpu, xla:cuda or go."`
}

// Run prints what the backends and the notebooks need and whether it is there.
func (c *doctorCmd) Run(e *env) error {
	missing, setup := 0, false
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range append(backend.Doctor(c.Backend), kernelFindings()...) {
		word := "ok"
		if !f.OK {
			word = "missing"
			missing++
			setup = setup || strings.Contains(f.Fix, "`make setup`")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", word, f.What, f.Found)
		if f.Fix != "" {
			fmt.Fprintf(table, "\t\t-> %s\n", f.Fix)
		}
	}
	table.Flush()
	if missing == 0 {
		return nil
	}
	if setup {
		fmt.Fprintf(e.stdout, "%d missing -> run `make setup`\n", missing)
	} else {
		fmt.Fprintf(e.stdout, "%d missing -> the arrows above say what to do\n", missing)
	}
	return exit(exitFailed)
}

// kernelFindings look for the notebooks' kernel. That there is none is no fault: only a kernel that cannot start is.
func kernelFindings() []backend.Finding {
	user, err := kernelspec.UserData()
	if err != nil {
		return []backend.Finding{{What: "notebooks", OK: true, Found: err.Error()}}
	}
	var found []backend.Finding
	for _, place := range []struct{ what, data, none, broken string }{
		{"notebooks here", kernelspec.LabData("."), "`make lab` opens them, and sets up what they need",
			"`rm -rf .venv && make lab` sets them up anew"},
		{"notebooks in your Jupyter", user, "`make kernel` registers the kernel", "`make kernel` registers it anew, " +
			"`make kernel-remove` takes it away"},
	} {
		f := backend.Finding{What: place.what, OK: true, Fix: place.none, Found: "no kernel Go (scorelab)"}
		switch root, err := kernelspec.Installed(place.data); {
		case err != nil:
			f.OK, f.Found, f.Fix = false, err.Error(), place.broken
		case root != "":
			f.Fix, f.Found = "", "kernel Go (scorelab) of "+root
		}
		found = append(found, f)
	}
	return found
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
