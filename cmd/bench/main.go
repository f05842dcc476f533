// Command bench compares the speed of this library with that of other programs on the same work, and writes the page
// results/bench.md. `make bench` runs it with the environment of the peers.
//
// Both sides are processes that stay alive, so that neither start nor compilation counts, except for the cold start.
// They run in turn. Before the first run they compare numbers: a peer that computes something else ends the bench with
// exit status 1.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "serve" {
		return serve(args[1], os.Stdin, os.Stdout)
	}
	if len(args) == 3 && args[0] == "cold" {
		var s size
		if err := json.Unmarshal([]byte(args[2]), &s); err != nil {
			return err
		}
		return cold(args[1], s)
	}
	if len(args) == 4 && args[0] == "cost" {
		return measureCost(args[1], args[2], args[3], os.Stdout)
	}
	return compare(args)
}

// compare is the command that users call.
func compare(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	pattern := flags.String("work", "", "run only the works whose names match this `regex`, and write nothing")
	small := flags.Bool("small", false, "small sizes, to try the bench itself; writes nothing")
	rounds := flags.Int("rounds", 7, "rounds of each comparison")
	python := flags.String("python", ".venv-bench/bin/python", "the `python` of the peers")
	name := flags.String("backend", "xla:cpu", "backend of our side")
	out := flags.String("out", "", "`folder` for bench.md, bench.json and bench.png, also of a part; without it a "+
		"whole bench writes into results")
	if err := flags.Parse(args); err != nil {
		return err
	}
	matches, err := regexp.Compile(*pattern)
	if err != nil {
		return fmt.Errorf("-work %q is no regular expression: %w", *pattern, err)
	}
	var chosen []work
	for _, w := range works {
		if matches.MatchString(w.Name) {
			chosen = append(chosen, w)
		}
	}
	var curves []cost
	for _, c := range costs {
		if matches.MatchString("cost-" + c.Name) {
			curves = append(curves, c)
		}
	}
	if len(chosen)+len(curves) == 0 {
		return fmt.Errorf("-work %q matches no work; there are %s", *pattern, strings.Join(names(), ", "))
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds %d: give at least 1", *rounds)
	}
	b := &bench{python: *python, backend: *name, rounds: *rounds, small: *small, out: os.Stdout,
		status: status(os.Stderr)}
	found, err := b.all(chosen)
	if err != nil {
		return err
	}
	if found.Costs, err = b.curves(curves); err != nil {
		return err
	}
	if *out == "" && (*pattern != "" || *small) {
		return nil
	}
	return found.write(cmp.Or(*out, "results"))
}

// names lists the names that -work matches.
func names() (all []string) {
	for _, w := range works {
		all = append(all, w.Name)
	}
	for _, c := range costs {
		all = append(all, "cost-"+c.Name)
	}
	return all
}

// status returns a function that shows one changing line on a terminal, and nothing elsewhere.
func status(w io.Writer) func(format string, args ...any) {
	f, is := w.(*os.File)
	if !is || !term.IsTerminal(int(f.Fd())) {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) { fmt.Fprintf(w, "\r\x1b[K"+format, args...) }
}
