package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"scorelab/lib/backend"
)

// Two real experiments, pictures included, are the same bytes on any number of processors, in any country and time
// zone.
func TestSameBytesOfRealExperiments(t *testing.T) {
	if testing.Short() {
		t.Skip("runs two experiments three times")
	}
	t.Setenv(cliEnv, "real")
	dir := t.TempDir()
	for i, where := range [][3]string{{"1", "C", "UTC"}, {"2", "de_DE.UTF-8", "Asia/Kathmandu"},
		{"16", "tr_TR.UTF-8", "America/St_Johns"}} {
		t.Setenv("GOMAXPROCS", where[0])
		t.Setenv("LC_ALL", where[1])
		t.Setenv("LANG", where[1])
		t.Setenv("TZ", where[2])
		out := strconv.Itoa(i)
		if code, stdout, stderr := cli(t, dir, "run", "-out", out); code != 0 {
			t.Fatalf("%v: exit code %d\n%s%s", where, code, stdout, stderr)
		}
		if code, stdout, _ := cli(t, dir, "diff", "-exact", "0", out); code != 0 {
			t.Errorf("%v: %s", where, stdout)
		}
	}
}

// Seeds at the ends of their range are seeds like any other: the checks hold, and the numbers are others.
func TestSeedsAtTheEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs an experiment four times")
	}
	t.Setenv(cliEnv, "real")
	dir := t.TempDir()
	seen := map[string]string{}
	for _, seed := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
		text := strconv.FormatInt(seed, 10)
		if code, stdout, stderr := cli(t, dir, "run", "-run", "^tweedie$", "-seed", text, "-out", text); code != 0 {
			t.Errorf("seed %s: exit code %d\n%s%s", text, code, stdout, stderr)
		}
		result, err := os.ReadFile(filepath.Join(dir, text, "tweedie", "run.json"))
		if err != nil || !bytes.Contains(result, []byte(`"seed": `+text+",")) {
			t.Errorf("seed %s is not in run.json: %v", text, err)
		}
		table, err := os.ReadFile(filepath.Join(dir, text, "tweedie", "mse.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[string(table)]; twice {
			t.Errorf("seeds %s and %s give the same numbers", other, text)
		}
		seen[string(table)] = text
	}
}

// A result that cannot be written ends the run: what finished before stays, and the exit code says so.
func TestRunThatCannotWrite(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := cli(t, dir, "run", "-run", "E01", "-out", "r"); code != 0 {
		t.Fatal(stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "r", "E02-bad"), nil, 0o644); err != nil { // where its folder belongs
		t.Fatal(err)
	}
	code, _, stderr := cli(t, dir, "run", "-run", "E02", "-out", "r")
	if code != exitUsage || !strings.HasPrefix(stderr, "scorelab: cannot write r/E02-bad: ") ||
		strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "r", "E01-good", "run.json")); err != nil {
		t.Error(err)
	}
}

// A seed is a decimal number, whatever Go's literals make of a leading zero.
func TestSeedIsDecimal(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{"010": "10", "-010": "-10", "0": "0"} {
		if code, stdout, stderr := cli(t, dir, "run", "-run", "E01", "-seed", text, "-out", "r"); code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", text, code, stdout, stderr)
		}
		result, err := os.ReadFile(filepath.Join(dir, "r", "E01-good", "run.json"))
		if err != nil || !bytes.Contains(result, []byte(`"seed": `+want+",")) {
			t.Errorf("-seed %s is not %s: %v\n%s", text, want, err, result)
		}
	}
}

// A damaged result is named in the list, and the others are as they are.
func TestListOfDamagedResults(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := cli(t, dir, "run", "E01", "E02", "-out", "results"); code != exitFailed {
		t.Fatal(stderr)
	}
	path := filepath.Join(dir, "results", "E01-good", "run.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := cli(t, dir, "list")
	if code != exitUsage || stderr != "scorelab: 1 of the results in results cannot be used: the list says which\n" {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	for _, want := range []string{
		"E01-good\n    Is it?\n    DAMAGED: results/E01-good/run.json cannot be used, line 1: unexpected end of JSON " +
			"input: `scorelab run -run '^E01-good$'` makes it anew\n",
		"E02-bad\n    Is it?\n    1 claim\n", "E03-panic\n    Is it?\n    not run yet\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the list lacks %q:\n%s", want, stdout)
		}
	}
}

// Output that gets lost is no success, whichever command writes it.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	dir := t.TempDir()
	if code, _, stderr := cli(t, dir, "run", "E01", "-out", "r"); code != 0 {
		t.Fatal(stderr)
	}
	for _, args := range []string{
		"list", "--help", "run --help", "run E01 -out r", "run E02 -out r", "check -baseline r -run E01 r", "diff r r",
		"report r", "merge -run E01 m r", "version", "doctor --backend go",
	} {
		c, _, stderr := command(dir, strings.Fields(args)...)
		c.Stdout = full
		err := c.Run()
		const want = "scorelab: cannot write to standard output: no space left on device\n"
		text := stderr.String()
		if c.ProcessState.ExitCode() != exitUsage || !strings.HasSuffix(text, want) ||
			strings.Count(text, "scorelab: ") != 1 {
			t.Errorf("%s: %v, %q", args, err, text)
		}
	}
}

// What is missing ends in what to do; what a shell evaluates is quoted for it.
func TestDoctorAndEnv(t *testing.T) {
	dir := t.TempDir()
	plugins := filepath.Join(dir, "with space")
	if err := os.Mkdir(plugins, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", plugins)
	code, stdout, _ := cli(t, dir, "doctor", "--backend", "auto")
	told := code == exitFailed && strings.HasSuffix(stdout, " missing -> run `make setup`\n")
	if slices.Contains(backend.Compiled(), backend.XLACPU) && !told {
		t.Errorf("no plugin: exit code %d\n%s", code, stdout)
	}
	code, _, stderr := cli(t, dir, "env")
	if code != exitUsage || !strings.HasPrefix(
		stderr, "scorelab: no PJRT plugin for cpu in PJRT_PLUGIN_LIBRARY_PATH=") {
		t.Errorf("no plugin: exit code %d, %s", code, stderr)
	}
	if err := os.WriteFile(filepath.Join(plugins, "pjrt_c_api_cpu_plugin.so"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = cli(t, dir, "env")
	want := "export GOMLX_NO_AUTO_INSTALL=1\nexport PJRT_PLUGIN_LIBRARY_PATH='" + plugins + "'\n"
	if code != 0 || stdout != want {
		t.Errorf("exit code %d, %s%s, want %s", code, stdout, stderr, want)
	}
	for text, want := range map[string]string{"/a/b:/c": "/a/b:/c", "it's": `'it'\''s'`, "": "''", "$x": "'$x'"} {
		if got := shellWord(text); got != want {
			t.Errorf("%q is quoted %s, want %s", text, got, want)
		}
	}
}
