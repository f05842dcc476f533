package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"scorelab/experiments"
	"scorelab/lib/suite"
)

// cliEnv makes the test binary the command itself, with a suite that the tests know: the playground, or, when it is
// "real", two experiments that are done soon.
const cliEnv = "SCORELAB_TEST_CLI"

func TestMain(m *testing.M) {
	switch os.Getenv(cliEnv) {
	case "":
		os.Exit(m.Run())
	case "real":
		all := experiments.Catalogue
		two, err := all.Match("^(score-field|tweedie)$")
		if err != nil {
			panic(err)
		}
		all.Experiments = two
		os.Exit(newEnv(all).main(os.Args[1:]))
	case "crashing":
		c := playground()
		c.Experiments = append(c.Experiments, suite.Experiment{ID: "E07-crash", Title: "E07", Question: "Is it?",
			Run: func(*suite.Lab) (*suite.Report, error) {
				return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}})
		os.Exit(newEnv(c).main(os.Args[1:]))
	default:
		os.Exit(newEnv(playground()).main(os.Args[1:]))
	}
}

// playground is a suite with an experiment for each way to end.
func playground() suite.Catalogue {
	check := func(got float64) (*suite.Report, error) {
		return &suite.Report{Answer: "It is.", Checks: []suite.Check{suite.Equals{Claim: "000/a", Metric: "m",
			Got: got, Want: 1, Tol: 0.1, Why: "by choice"}.Check()}}, nil
	}
	one := func(id string, run func(*suite.Lab) (*suite.Report, error)) suite.Experiment {
		return suite.Experiment{ID: id, Title: id, Question: "Is it?", Run: run}
	}
	return suite.Catalogue{
		Documents: []suite.Document{{ID: "000", Title: "T", Author: "A"}},
		Claims:    []suite.Claim{{ID: "000/a", Document: "000", Section: "s", Statement: "m is 1"}},
		Experiments: []suite.Experiment{
			one("E01-good", func(l *suite.Lab) (*suite.Report, error) { return check(1 + 1e-12*float64(l.Seed)) }),
			one("E02-bad", func(*suite.Lab) (*suite.Report, error) { return check(2) }),
			one("E03-panic", func(*suite.Lab) (*suite.Report, error) { panic("shapes differ") }),
			one("E04-error", func(*suite.Lab) (*suite.Report, error) { return nil, errors.New("did not converge") }),
			one("E05-slow", func(l *suite.Lab) (*suite.Report, error) {
				for range 100 {
					if err := l.Progress(0.5, "sleeping"); err != nil {
						return nil, err
					}
					time.Sleep(50 * time.Millisecond)
				}
				return check(1)
			}),
			one("E06-deaf", func(*suite.Lab) (*suite.Report, error) { time.Sleep(30 * time.Second); return check(1) }),
		},
	}
}

func command(dir string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	c := exec.Command(os.Args[0], args...)
	c.Dir = dir
	which := os.Getenv(cliEnv)
	if which == "" {
		which = "playground"
	}
	c.Env = append(os.Environ(), cliEnv+"="+which, "SCORELAB_BACKEND=go")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	return c, &stdout, &stderr
}

// cli runs the command in dir. One that hangs ends with the stacks of its goroutines.
func cli(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	const patience = 5 * time.Minute // for what takes seconds
	c, out, errs := command(dir, args...)
	err := c.Start()
	if err == nil {
		late := time.AfterFunc(patience, func() { _ = c.Process.Signal(syscall.SIGQUIT) })
		err = c.Wait()
		if !late.Stop() {
			t.Errorf("%v hangs", args)
		}
	}
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// commandLines are run one after the other in one folder.
var commandLines = []struct {
	args   string
	code   int
	output string // a regular expression on both streams
}{
	{"list", 0, `(?s)E01-good\n    E01-good\n    Is it\?\n    not run yet.*E06`},
	{"check", 2, `^scorelab: the baseline results does not exist: .make accept. [^\n]*\n$`},
	{"run -run E01 -profile quick -seed 3 -out r -backend go", 0,
		`^ok     E01-good  1 confirmed, ran\n1 of 1 experiments hold, in 0 s; r/README.md`},
	{"run --run=E01 --out=r -seed -3", 0, `^ok `},
	{"run -run E0[12] -out r", 1,
		`FAIL   E02-bad   1 FAILED, ran\n      000/a, m: got 2, wanted 1 ± 0.1 \(by choice\)\n`},
	{"run -run E03|E01 -out r", 1,
		`^ok     E01-good   1 confirmed, ran\nBROKEN E03-panic  panic: shapes differ \(-v shows where\)\n`},
	{"run -run E03 -out r -v", 1, `main_test.go:`},
	{"run -run E04 -out r", 1, `BROKEN E04-error  did not converge`},
	{"run -run goood -out r", 2, `^scorelab: no experiment matches "goood"; the nearest are E01-good, [^\n]*\n$`},
	{"run -run ( -out r", 2, `^scorelab: pattern "\(" is no regular expression: [^\n]*\n$`},
	{"run -profile huge", 2, `^scorelab: --profile must be one of "quick","full" but got "huge"; [^\n]*\n$`},
	{"run -seed x", 2, `^scorelab: --seed: expected a valid 64 bit int in decimal digits but got "x"; [^\n]*\n$`},
	{"run -seed 0x10", 2,
		`^scorelab: --seed: expected a valid 64 bit int in decimal digits but got "0x10"; [^\n]*\n$`},
	{"run -seed 1_0", 2,
		`^scorelab: --seed: expected a valid 64 bit int in decimal digits but got "1_0"; [^\n]*\n$`},
	{"run -seed 9223372036854775808", 2,
		`^scorelab: --seed: expected a valid 64 bit int in decimal digits [^\n]*\n$`},
	{"run -sede 1", 2, `^scorelab: unknown flag --sede, did you mean "--seed"[^\n]*\n$`},
	{"run -backend gpu -out r", 2, `^scorelab: no backend "gpu"[^\n]*\n$`},
	{"run -run E01 -out /dev/null/r", 2, `^scorelab: cannot open /dev/null/r: [^\n]*\n$`},
	{"run E01 -out r", 0, `^ok     E01-good  1 confirmed, ran\n`},
	{"run E01 E04 -out r", 1, `^ok     E01-good   1 confirmed, ran\nBROKEN E04-error`},
	{"run E01 goood -out r", 2, `^scorelab: no experiment matches "goood"; the nearest are E01-good, [^\n]*\n$`},
	{"rum", 2, `^scorelab: unexpected argument rum, did you mean "run"[^\n]*\n$`},
	{"", 2, `^scorelab: expected one of "list", [^\n]*\n$`},
	{"--help", 0, `Usage: scorelab <command>`},
	{"accept r", 2, `^scorelab: r has no result of E03-panic: [^\n]*\n$`},
	{"report r", 0, `^wrote ledger.json`},
	{"report nowhere", 2, `^scorelab: there is no folder nowhere: [^\n]*\n$`},
	{"diff r r", 0,
		`2 experiments and 2 metrics in both, 0 metrics differ; all 5 files are identical, byte for byte`},
	{"diff r nowhere", 2, `^scorelab: there is no folder nowhere`},
	{"check -baseline r -run E01 r", 0, `^r against r: 1 metrics compared, all within their bands\n$`},
	{"check -baseline r r", 1, `(?s)^FAIL E02-bad, claim 000/a, metric "m": got 2, .*FAIL E03-panic: not in`},
	{"run -run E01 -seed 9 -out s", 0, ``},
	{"diff r s", 0, `(?s)EXPERIMENT .*E01-good +000/a +m +1 +1 .*other bytes: E01-good/run.json\n`},
	{"diff -exact r s", 1, ``},
	{"diff -exact -run E02 r r", 0,
		`1 experiments and 1 metrics in both, 0 metrics differ; all 1 files are identical`},
	{"accept -run goood r", 2, `^scorelab: no experiment matches "goood"`},
	{"accept -run E01 r -baseline none", 2, `^scorelab: there is no folder none: [^\n]*make accept[^\n]*\n$`},
	{"merge -run E01 one r", 0, `^1 of 1 experiments hold, 6 files from 1 shards; one/README.md`},
	{"diff -run E01 -exact r one", 0, `1 experiments and 1 metrics in both`},
	{"merge -run E02 one r", 1,
		`^1 of 2 experiments hold, [0-9]+ files from 1 shards and 1 results that were there; one/README.md`},
	{"list -run E01 -baseline r", 0, `^E01-good\n    E01-good\n    Is it\?\n    1 claim\n$`},
	{"run -run E01|E03 -shard 1/6 -out p", 0, `^ok     E01-good  1 confirmed, ran\n1 of 1`},
	{"run -run E01 -shard 6/6 -out p", 0, `^scorelab: no experiment belongs to shard 6/6\n0 of 0 experiments hold`},
	{"run -shard 7/6 -out p", 2, `^scorelab: -shard 7/6: the parts are 1 to 6\n$`},
	{"merge m p r", 2, `^scorelab: no shard has E03-panic, [^\n]*E06-deaf: run .scorelab run -shard 3/6 [^\n]*\n$`},
	{"merge m p s", 2, `^scorelab: p/E01-good was run with -seed 1 [^\n]* but s/E01-good with -seed 9 [^\n]*\n$`},
	{"merge m", 2, `^scorelab: expected "<shard> ..."; [^\n]*\n$`},
	{"version", 0, `^scorelab `},
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	for _, c := range commandLines {
		t.Run(c.args, func(t *testing.T) {
			code, stdout, stderr := cli(t, dir, strings.Fields(c.args)...)
			if code != c.code || !regexp.MustCompile(c.output).MatchString(stdout+stderr) {
				t.Errorf("exit code %d, want %d; output\n%s%s\nwant %s", code, c.code, stdout, stderr, c.output)
			}
		})
	}
}

// What goes into a pipe, and every result, is the same whenever and with how many threads it is made.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	_, first, _ := cli(t, dir, "run", "-run", "E01|E02", "-out", "a")
	t.Setenv("GOMAXPROCS", "7")
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	t.Setenv("TZ", "Asia/Tokyo")
	_, second, _ := cli(t, dir, "run", "-run", "E01|E02", "-out", "b")
	if first != second {
		t.Errorf("first\n%s\nsecond\n%s", first, second)
	}
	if code, stdout, _ := cli(t, dir, "diff", "-exact", "a", "b"); code != 0 {
		t.Error(stdout)
	}
}

// begun starts the command and waits until it runs an experiment.
func begun(t *testing.T, dir, run string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c, _, stderr := command(dir, "run", "-run", run, "-out", "r")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	lock := filepath.Join(dir, "r", ".lock")
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(lock); err == nil && len(text) > 0 {
			time.Sleep(100 * time.Millisecond) // from the lock to the experiment
			return c, stderr
		}
		if time.Now().After(deadline) {
			t.Fatal("the run does not begin")
		}
	}
}

func TestInterrupt(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := t.TempDir()
		c, stderr := begun(t, dir, "E01|E05")
		code, _, busy := cli(t, dir, "run", "-run", "E01", "-out", "r")
		if want := "process " + strconv.Itoa(c.Process.Pid) + " is writing into r"; code != 2 || !strings.Contains(
			busy, want) {
			t.Errorf("second run: exit code %d, %q", code, busy)
		}
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if code := c.ProcessState.ExitCode(); code != 130 || strings.Count(strings.TrimSpace(stderr.String()), "\n") !=
			0 {
			t.Errorf("%v: exit code %d, %q", s, code, stderr)
		}
		if _, err := os.Stat(filepath.Join(dir, "r", "E01-good", "run.json")); err != nil {
			t.Errorf("the finished experiment: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "r", "E05-slow")); err == nil {
			t.Error("the interrupted experiment left a result")
		}
	}
}

func TestInterruptTwice(t *testing.T) {
	c, _ := begun(t, t.TempDir(), "E06")
	for range 2 {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	began := time.Now()
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 || time.Since(began) > 2*time.Second {
		t.Errorf("exit code %d after %v", code, time.Since(began))
	}
}

func TestGoFlags(t *testing.T) {
	for in, want := range map[string]string{
		"run -run E01 -v -seed -5": "run --run E01 -v --seed=-5",
		"run -run=E -- -out":       "run --run=E -- -out",
		"check --baseline x -1 y":  "check --baseline x -1 y",
		"diff -exact a b":          "diff --exact a b",
	} {
		if got := strings.Join(goFlags(strings.Fields(in)), " "); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// The real tables.
func TestTables(t *testing.T) {
	c := experiments.Catalogue
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}
