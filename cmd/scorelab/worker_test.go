package main

import (
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Experiments in processes of their own end in the same ways and give the same lines and bytes as in one process. One
// that crashes takes no other with it.
func TestJobs(t *testing.T) {
	t.Setenv(cliEnv, "crashing")
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	const run = "^(E01-good|E02-bad|E03-panic|E04-error)$"
	code, alone, _ := cli(t, dir, "run", "-run", run, "-j", "1", "-out", "one")
	if code != 1 {
		t.Errorf("one process: exit code %d", code)
	}
	for _, n := range []string{"2", "3", "9"} {
		code, together, stderr := cli(t, dir, "run", "-run", run, "-j", n, "-out", n)
		if code != 1 || together != alone {
			t.Errorf("%s processes: exit code %d, output\n%s%s\nwant\n%s", n, code, together, stderr, alone)
		}
		if code, out, _ := cli(t, dir, "diff", "-exact", "-run", "E01|E02", "one", n); code != 0 {
			t.Errorf("%s processes: other results\n%s", n, out)
		}
	}
	code, out, stderr := cli(t, dir, "run", "-run", "E01|E02|E07", "-j", "2", "-out", "crashed")
	want := regexp.MustCompile(`^ok     E01-good [^\n]*\nFAIL   E02-bad (?s:.*)\n` +
		`BROKEN E07-crash  its process ended: signal: killed `)
	if code != 1 || !want.MatchString(out) {
		t.Errorf("a crash: exit code %d\n%s%s", code, out, stderr)
	}
	code, _, stderr = cli(t, dir, "run", "-run", "E01|E03", "-j", "2", "-v", "-out", "verbose")
	if code != 1 || !strings.Contains(stderr, "playground") {
		t.Errorf("-v, exit code %d, does not say where another process panicked:\n%s", code, stderr)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Ctrl-C ends all processes, deaf ones too, and what has ended stays.
func TestInterruptJobs(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	c, stdout, stderr := command(dir, "run", "-run", "E05|E06", "-j", "2", "-out", "r")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 || time.Since(began) > 5*time.Second {
		t.Errorf("exit code %d after %v\n%s%s", code, time.Since(began), stdout, stderr)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
