package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"scorelab/internal/atomicdir"
)

const (
	dirEnv  = "CHECKPOINT_TEST_DIR"
	killEnv = "CHECKPOINT_TEST_KILL" // number of the step of writing at which the helper kills itself
)

// TestHelperSave is the process of the tests below. It saves steps 1 to 3 into a folder that keeps one.
func TestHelperSave(t *testing.T) {
	dir := os.Getenv(dirEnv)
	if dir == "" {
		t.Skip("only a helper")
	}
	f, err := Open(dir, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(settings(), "go"); err != nil && !errors.Is(err, ErrNone) {
		t.Fatal(err)
	}
	if at, err := strconv.Atoi(os.Getenv(killEnv)); err == nil {
		step := -1
		f.Writer.Step = func(string) error {
			if step++; step == at {
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					self.Kill()
				}
				select {}
			}
			return nil
		}
	} else { // no file may be longer than 64 bytes, so writing fails in the middle of one
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
			t.Fatal(err)
		}
	}
	for step := 1; step <= 3; step++ {
		if err := f.Save(state(step)); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
	}
}

func helper(dir string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperSave$")
	cmd.Env = append(append(os.Environ(), dirEnv+"="+dir), env...)
	return cmd
}

// After kill -9 at any step of writing, the newest complete checkpoint is intact, and incomplete ones are reported and
// cleared.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	named := 0
	for at := 0; ; at++ {
		dir := t.TempDir()
		cmd := helper(dir, killEnv+"="+strconv.Itoa(at))
		out, err := cmd.CombinedOutput()
		done := err == nil
		if !done && cmd.ProcessState.Exited() {
			t.Fatalf("helper: %v\n%s", err, out)
		}
		saved := len(stepsIn(t, dir))
		f, notices := open(t, dir, 1)
		for _, line := range *notices {
			if strings.Contains(line, ".tmp-step-0000000") && strings.Contains(
				line, "was never finished, and removed") {
				named++
			}
		}
		c, err := f.Load(settings(), "go")
		if saved == 0 {
			oneLine(t, err, "there is no checkpoint in")
		} else if err != nil {
			t.Fatalf("killed at step %d of writing: %v", at, err)
		} else {
			whole(t, c, c.Step)
		}
		for _, name := range list(t, dir) {
			if strings.HasPrefix(name, atomicdir.TmpPrefix) {
				t.Errorf("killed at step %d of writing: %s is left", at, name)
			}
		}
		f.Close()
		if done {
			if c.Step != 3 || at < 15 || named < 10 {
				t.Errorf("%d steps of writing, the last checkpoint is of step %d, %d were named as cut short", at,
					c.Step, named)
			}
			return
		}
	}
}

func stepsIn(t *testing.T, dir string) []int {
	t.Helper()
	found, err := steps(dir)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// If the system refuses a write in the middle of a file, the process ends with an error and the former checkpoint is
// intact.
func TestWriteRefusedBySystem(t *testing.T) {
	dir := t.TempDir()
	f, _ := open(t, dir, 1)
	save(t, f, 0)
	f.Close()
	cmd := helper(dir)
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Fatalf("the helper ends with %v\n%s", err, out)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	if !strings.Contains(first, "cannot write "+filepath.Join(dir, "step-00000001")) || !strings.Contains(
		first, "file too large; the checkpoints before it are untouched") {
		t.Errorf("the helper says %q", first)
	}
	if got := list(t, dir); len(got) != 1 {
		t.Errorf("there are %q", got)
	}
	c, err := Newest(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 0)
}
