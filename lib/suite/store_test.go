package suite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"scorelab/internal/atomicdir"
)

const (
	killEnv = "SUITE_TEST_KILL" // number of the step at which the helper process kills itself
	dirEnv  = "SUITE_TEST_DIR"
	swapEnv = "SUITE_TEST_NO_SWAP"
)

func noSwap(string, string) error { return errors.ErrUnsupported }

// version is a result whose files all contain the same number.
func version(n int) (*Result, *Report) {
	report := &Report{Figures: []Figure{{Name: "f.svg", Data: fmt.Appendf(nil, "v%d", n)}},
		Tables: []Table{{Name: "t", Header: []string{"v"}, Rows: [][]any{{n}}}}}
	return &Result{
		Experiment: "E01-moment", Seed: int64(n), Tables: []File{{Name: "t.csv"}}, Figures: []File{{Name: "f.svg"}},
		Checks: []Check{Equals{Claim: "001/moment", Metric: "m", Got: 1, Want: 1, Tol: 0, Why: "w"}.Check()},
	}, report
}

// stored returns the version in dir. It fails the test if the files are of different versions.
func stored(t *testing.T, dir string) int {
	t.Helper()
	r, err := readResult(filepath.Join(dir, "E01-moment"))
	if err != nil {
		t.Fatal(err)
	}
	n := int(r.Seed)
	if got := string(read(t, dir, "E01-moment", "t.csv")); got != fmt.Sprintf("v\n%d\n", n) {
		t.Errorf("version %d with the table %q", n, got)
	}
	if got := string(read(t, dir, "E01-moment", "f.svg")); got != fmt.Sprintf("v%d", n) {
		t.Errorf("version %d with the figure %q", n, got)
	}
	return n
}

func put(t *testing.T, dir string, n int, a atomicdir.Writer) error {
	t.Helper()
	store, err := OpenStore(dir)
	if err != nil {
		return err
	}
	defer store.Close()
	store.writer = a
	r, report := version(n)
	return store.Put(r, report, Meta{})
}

func hidden(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name()[0] == '.' {
			names = append(names, e.Name())
		}
	}
	return names
}

// An error at any step leaves the former result and no temporary files.
func TestPutFailing(t *testing.T) {
	for _, swap := range []func(a, b string) error{nil, noSwap} {
		for fail := 0; ; fail++ {
			dir := t.TempDir()
			if err := put(t, dir, 1, atomicdir.Writer{}); err != nil {
				t.Fatal(err)
			}
			step, last := -1, ""
			err := put(t, dir, 2, atomicdir.Writer{Swap: swap, Step: func(name string) error {
				if step++; step == fail && name != "remove old" {
					last = name
					return &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
				}
				return nil
			}})
			if err == nil {
				if n := stored(t, dir); n != 2 {
					t.Errorf("version %d after a write that worked", n)
				}
				break
			}
			if n := stored(t, dir); n != 1 {
				t.Errorf("version %d after a failure at %q", n, last)
			}
			if left := hidden(t, dir); left != nil {
				t.Errorf("a failure at %q leaves %q", last, left)
			}
			if text := err.Error(); !strings.Contains(text, "no space left on device; the former result of "+
				"E01-moment is untouched") || strings.Contains(text, "\n") {
				t.Errorf("a failure at %q says %q", last, text)
			}
		}
	}
}

// TestHelperKill is the process that TestKill kills.
func TestHelperKill(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killEnv))
	if err != nil {
		t.Skip("only a helper")
	}
	step, a := -1, atomicdir.Writer{}
	a.Step = func(string) error {
		if step++; step == at {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill()
			}
			select {}
		}
		return nil
	}
	if os.Getenv(swapEnv) != "" {
		a.Swap = noSwap
	}
	if err := put(t, os.Getenv(dirEnv), 2, a); err != nil {
		t.Fatal(err)
	}
}

// kill -9 at any step leaves either the old or the new result complete, and the next run cleans up.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for _, noSwap := range []string{"", "1"} {
		for at := 0; ; at++ {
			dir := t.TempDir()
			if err := put(t, dir, 1, atomicdir.Writer{}); err != nil {
				t.Fatal(err)
			}
			helper := exec.Command(os.Args[0], "-test.run=^TestHelperKill$")
			helper.Env = append(os.Environ(), killEnv+"="+strconv.Itoa(at), dirEnv+"="+dir, swapEnv+"="+noSwap)
			out, err := helper.CombinedOutput()
			if err == nil {
				if n := stored(t, dir); n != 2 || at < 6 {
					t.Errorf("version %d after %d steps", n, at)
				}
				break
			}
			if helper.ProcessState.Exited() {
				t.Fatalf("helper: %v\n%s", err, out)
			}
			if noSwap == "" { // readable even before the next run
				stored(t, dir)
			}
			store, err := OpenStore(dir)
			if err != nil {
				t.Fatalf("killed at step %d: %v", at, err)
			}
			stored(t, dir)
			store.Close()
			if left := hidden(t, dir); left != nil {
				t.Errorf("killed at step %d: the next run leaves %q", at, left)
			}
		}
	}
}

func TestLockNamesProcess(t *testing.T) {
	dir := t.TempDir()
	store, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenStore(dir)
	if locked := (*atomicdir.LockedError)(nil); !errors.As(err, &locked) || !strings.Contains(err.Error(),
		fmt.Sprintf("process %d is writing into %s", os.Getpid(), dir)) {
		t.Errorf("second run: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := put(t, dir, 1, atomicdir.Writer{}); err != nil {
		t.Errorf("after the first run: %v", err)
	}
}

// A path that is no folder, or a folder that cannot be written, gives a one-sentence error.
func TestOpenStoreRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := OpenStore(dir)
		if err == nil || !strings.HasPrefix(err.Error(), "cannot open "+dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", dir, err)
		}
	}
	readonly := filepath.Join(t.TempDir(), "readonly")
	if err := put(t, readonly, 1, atomicdir.Writer{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(readonly, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(readonly, 0o755)
	if os.Getuid() != 0 { // root may write everywhere
		if err := put(t, readonly, 2, atomicdir.Writer{}); err == nil || !strings.Contains(err.Error(),
			"permission denied") {
			t.Errorf("read-only folder: %v", err)
		}
	}
	if stored(t, readonly) != 1 {
		if os.Getuid() != 0 {
			t.Error("the former result is lost")
		}
	}
}

func TestAccept(t *testing.T) {
	root := t.TempDir()
	dir, baseline := filepath.Join(root, "fresh"), filepath.Join(root, "results")
	runAll(t, fake(), dir, quick)
	done, err := fake().Accept(dir, baseline, "")
	if err != nil || done.Experiments != 2 || done.Files != 10 {
		t.Fatalf("%+v, %v", done, err)
	}
	if left := append(hidden(t, root), hidden(t, baseline)...); left != nil {
		t.Errorf("accept leaves %q", left)
	}
	if _, err := os.Stat(filepath.Join(baseline, "E01-moment", metaName)); err == nil {
		t.Error("accept copies what depends on the machine")
	}
	if !bytes.Equal(read(t, dir, readmeName), read(t, baseline, readmeName)) {
		t.Error("the index changes on the way")
	}
	before := read(t, baseline, "E01-moment", runName)

	full := atomicdir.Writer{Step: func(name string) error {
		if name == "exchange" {
			return syscall.ENOSPC
		}
		return nil
	}}
	if _, err := fake().accept(dir, baseline, "", full); err == nil || !strings.Contains(err.Error(),
		"the former baseline is untouched") {
		t.Errorf("full disk: %v", err)
	}
	for _, c := range []struct {
		name   string
		change func()
		want   string
	}{
		{"into itself", func() { os.RemoveAll(dir); os.Symlink(baseline, dir) }, "is the baseline or lies in it"},
		{"empty figure", func() { os.Truncate(filepath.Join(dir, "E01-moment", "moment.png"), 0) },
			"names moment.png, whose 0 bytes are not"},
		{"no hashes", func() { edit(t, dir, "E01-moment", forget) }, "holds no hashes of its tables and figures"},
		{"failing check", func() { edit(t, dir, "E02-mass", func(r *Result) { r.Checks[0].Tol = 0 }) },
			"fails, got 2.7e-13, wanted 0"},
		{"two seeds", func() { edit(t, dir, "E02-mass", func(r *Result) { r.Seed = 9 }) }, "run all with the same"},
		{"missing experiment", func() { os.RemoveAll(filepath.Join(dir, "E02-mass")) }, "has no result of E02-mass"},
		{"stray experiment", func() { os.Mkdir(filepath.Join(dir, "E99"), 0o755) }, "is of no experiment in the table"},
		{"no folder", func() { os.RemoveAll(dir) }, "`make experiments` makes results"},
		{"foreign file in the baseline", func() { os.WriteFile(filepath.Join(baseline, "notes.txt"), nil, 0o644) },
			"holds notes.txt, which is no result"},
	} {
		os.RemoveAll(dir)
		runAll(t, fake(), dir, quick)
		c.change()
		if _, err := fake().Accept(dir, baseline, ""); err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want ... %s", c.name, err, c.want)
		}
		if !bytes.Equal(before, read(t, baseline, "E01-moment", runName)) {
			t.Errorf("%s: the baseline changed", c.name)
		}
	}
}
