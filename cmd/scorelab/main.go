// Command scorelab runs the suite: every figure and claim of the theory documents as an experiment with a measured
// verdict.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"

	"github.com/alecthomas/kong"

	"scorelab/experiments"
	"scorelab/lib/suite"
)

// Exit codes besides 0.
const (
	exitFailed      = 1   // a check fails, or an experiment stopped with an error
	exitUsage       = 2   // the input is wrong, or files cannot be read or written
	exitInterrupted = 130 // Ctrl-C or SIGTERM
)

type commands struct {
	Verbose bool `short:"v" help:"Print stack traces of experiments that panic."`

	List    listCmd    `cmd:"" help:"List the experiments."`
	Why     whyCmd     `cmd:"" help:"Say whether an experiment would run, and what has changed for it."`
	Run     runCmd     `cmd:"" help:"Run experiments and store what they measure."`
	Check   checkCmd   `cmd:"" help:"Check results against the committed baseline."`
	Diff    diffCmd    `cmd:"" help:"Compare two folders of results, metric by metric."`
	Merge   mergeCmd   `cmd:"" help:"Merge the results of shards into those of one run."`
	Report  reportCmd  `cmd:"" help:"Rewrite ledger.json and README.md of a folder of results."`
	Accept  acceptCmd  `cmd:"" help:"Make results the committed baseline."`
	Env     envCmd     `cmd:"" help:"Print the settings with which programs elsewhere find XLA."`
	Doctor  doctorCmd  `cmd:"" help:"Check what the backends and the notebooks need."`
	Kernel  kernelCmd  `cmd:"" help:"Register the notebooks' kernel with Jupyter, or remove it."`
	Version versionCmd `cmd:"" help:"Print the version."`
	Worker  workerCmd  `cmd:"" hidden:""`
}

// env is what all commands use.
type env struct {
	suite.Catalogue
	stdout  *output
	stderr  io.Writer
	verbose bool
}

func newEnv(c suite.Catalogue) *env {
	return &env{Catalogue: c, stdout: &output{file: os.Stdout}, stderr: os.Stderr}
}

// exit ends a command with a code whose reason has been printed.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	e := newEnv(experiments.Catalogue)
	os.Exit(e.main(os.Args[1:]))
}

func (e *env) main(args []string) int { return e.finish(e.command(args)) }

func (e *env) command(args []string) int {
	var c commands
	parser, err := kong.New(&c, kong.Name("scorelab"), kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(code int) { os.Exit(e.finish(code)) }), kong.KindMapper(reflect.Int64, kong.MapperFunc(decimal)),
		kong.Description("Score-based diffusion from theory to XLA: experiments with measured verdicts."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Vars{"shard": shardHelp, "jobs": jobsHelp})
	if err != nil {
		return e.complain(err)
	}
	parsed, err := parser.Parse(goFlags(args))
	if e.stdout.err != nil { // of the help; finish says so
		return exitUsage
	}
	if err != nil {
		return e.complain(fmt.Errorf("%w; `scorelab --help` shows what there is", err))
	}
	e.verbose = c.Verbose
	return e.complain(parsed.Run(e))
}

// complain prints an error as one sentence and returns the exit code.
func (e *env) complain(err error) int {
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(e.stderr, "scorelab: %v\n", err)
	return exitUsage
}

// finish returns the exit code once all output is written. Lost output is an error.
func (e *env) finish(code int) int {
	if err := e.stdout.close(); err != nil && code != exitInterrupted {
		return e.complain(err)
	}
	return code
}

// decimal reads a whole number in decimal digits. The reader of kong takes 010 for 8, as in Go.
func decimal(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("int", &text); err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("expected a valid 64 bit int in decimal digits but got %q", text)
	}
	target.SetInt(n)
	return nil
}

// chosen is the pattern of the experiments that -run and the names select; each name must match an experiment.
func (e *env) chosen(pattern string, names []string) (string, error) {
	for _, name := range names {
		if _, err := e.Match(name); err != nil {
			return "", err
		}
		if pattern != "" {
			pattern += "|"
		}
		pattern += name
	}
	return pattern, nil
}

var (
	goFlag   = regexp.MustCompile(`^-[a-z][a-z-]+(=.*)?$`)
	longFlag = regexp.MustCompile(`^--[a-z-]+$`)
	negative = regexp.MustCompile(`^-[0-9]+$`)
)

// goFlags accepts flags with one dash, as in Go's tools, and negative values.
func goFlags(args []string) []string {
	var out []string
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if goFlag.MatchString(arg) {
			arg = "-" + arg
		}
		if n := len(out); negative.MatchString(arg) && n > 0 && longFlag.MatchString(out[n-1]) {
			out[n-1] += "=" + arg
			continue
		}
		out = append(out, arg)
	}
	return out
}
