package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Two real experiments, pictures included, are the same bytes on any number of processors, in any country and time zone.
func TestSameBytesOfRealExperiments(t *testing.T) {
	if testing.Short() {
		t.Skip("runs two experiments three times")
	}
	t.Setenv(cliEnv, "real")
	dir := t.TempDir()
	for i, where := range [][3]string{{"1", "C", "UTC"}, {"2", "de_DE.UTF-8", "Asia/Kathmandu"}, {"16", "tr_TR.UTF-8", "America/St_Johns"}} {
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
		if code, stdout, stderr := cli(t, dir, "run", "-run", "E12", "-seed", text, "-out", text); code != 0 {
			t.Errorf("seed %s: exit code %d\n%s%s", text, code, stdout, stderr)
		}
		result, err := os.ReadFile(filepath.Join(dir, text, "E12-tweedie", "run.json"))
		if err != nil || !bytes.Contains(result, []byte(`"seed": `+text+",")) {
			t.Errorf("seed %s is not in run.json: %v", text, err)
		}
		table, err := os.ReadFile(filepath.Join(dir, text, "E12-tweedie", "mse.csv"))
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
	if code != exitUsage || !strings.HasPrefix(stderr, "scorelab: cannot write r/E02-bad: ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "r", "E01-good", "run.json")); err != nil {
		t.Error(err)
	}
}
