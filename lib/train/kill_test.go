package train

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
	"scorelab/lib/checkpoint"
	"scorelab/lib/exec"
)

const (
	dirEnv     = "TRAIN_TEST_DIR"
	backendEnv = "TRAIN_TEST_BACKEND"
	saveEnv    = "TRAIN_TEST_SAVE" // "4 2 kill": at step 2 of writing the fourth checkpoint; "4 2 hang": stay there
)

// killed returns the plan of the processes below, and its number of steps.
func killed() (Plan, int) {
	p := example(dtypes.Float32)
	p.Every = 2
	return p, 50
}

// TestHelperTrain is a process that trains, saves after every report and prints the steps. At a signal it saves and
// exits with 130. At the second one it exits at once.
func TestHelperTrain(t *testing.T) {
	dir := os.Getenv(dirEnv)
	if dir == "" {
		t.Skip("only a helper")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	b, _, err := backend.Open(os.Getenv(backendEnv))
	if err != nil {
		t.Fatal(err)
	}
	plan, until := killed()
	tr := begin(t, b, plan)
	folder, _ := openFolder(t, dir)
	if err := tr.Resume(folder); err != nil {
		t.Fatal(err)
	}
	var save, write int
	var what string
	fmt.Sscan(os.Getenv(saveEnv), &save, &write, &what)
	left := write
	folder.Writer.Step = func(string) error {
		if save != 1 {
			return nil
		}
		if left--; left < 0 {
			fmt.Println("hangs")
			if what == "kill" {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			select {}
		}
		return nil
	}
	for r, err := range tr.Run(ctx, until) {
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		if err := tr.Save(folder); err != nil {
			t.Fatal(err)
		}
		save--
		fmt.Println("step", r.Step)
		if err != nil {
			os.Exit(130)
		}
	}
}

// start begins a helper. lines are its output.
func start(t *testing.T, dir, backendName, save string) (cmd *osexec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	cmd = osexec.Command(os.Args[0], "-test.run=^TestHelperTrain$")
	cmd.Env = append(os.Environ(), dirEnv+"="+dir, backendEnv+"="+backendName, saveEnv+"="+save)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out)
}

// sameCheckpoint fails the test unless the newest checkpoint in dir has the bits of the trainer.
func sameCheckpoint(t *testing.T, dir string, tr *Trainer) {
	t.Helper()
	c, err := checkpoint.Newest(dir, func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	if c.Step != tr.Step() {
		t.Fatalf("the last checkpoint is of step %d, want %d", c.Step, tr.Step())
	}
	for v := range tr.store.IterVariables() {
		group, name := groupOf(v.Path())
		want, got := bits(t, v.MustValue()), bits(t, c.Groups[group][name])
		if !bytes.Equal(want, got) {
			t.Errorf("%s of %s differs", group, name)
		}
	}
}

func bits(t *testing.T, x *tensors.Tensor) (out []byte) {
	t.Helper()
	if err := x.ConstBytes(func(data []byte) { out = bytes.Clone(data) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// The run is killed with kill -9 at random moments, many times, every other time during a save. Resumed each time, it
// ends with the bits of the uninterrupted run.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		least := 60
		if exec.CompilesLoops(b) {
			least = 2 // each run has to compile again
		}
		plan, until := killed()
		whole := begin(t, b, plan)
		finish(t, whole, until)
		source := rand.New(rand.NewPCG(1, 2))
		kills, partial := 0, 0
		for kills < least {
			dir := t.TempDir()
			for runAndKill(t, dir, backend.Name(b), kills < least, kills%2 == 1, source) {
				kills++
				left, _ := filepath.Glob(filepath.Join(dir, ".tmp-step-*"))
				partial += len(left)
			}
			sameCheckpoint(t, dir, whole)
		}
		t.Logf("%d kills, %d saves cut short", kills, partial)
		if partial == 0 {
			t.Error("no save was cut short")
		}
	})
}

// runAndKill lets a helper train until it ends or, if kill is set, kills it during a save or some time after one.
func runAndKill(t *testing.T, dir, backendName string, kill, inSave bool, source *rand.Rand) (killed bool) {
	t.Helper()
	save := ""
	if kill && inSave {
		save = fmt.Sprintf("%d %d kill", 1+source.IntN(3), source.IntN(6))
	}
	cmd, lines := start(t, dir, backendName, save)
	var said []string
	for wait := source.IntN(4); lines.Scan(); {
		if said = append(said, lines.Text()); kill && !inSave && len(said) > wait {
			time.Sleep(time.Duration(source.IntN(5000)) * time.Microsecond)
			cmd.Process.Kill()
		}
	}
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("the helper ends with %v: %q", err, said)
	}
	return err != nil
}

// The first Ctrl-C or SIGTERM saves the state and exits with 130. The second exits at once and leaves the previous
// checkpoint.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	plan, _ := killed()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := t.TempDir()
		cmd, lines := start(t, dir, backend.Go, "")
		last := 0
		for lines.Scan() {
			if step, ok := strings.CutPrefix(lines.Text(), "step "); ok {
				if last == 0 {
					cmd.Process.Signal(sig)
				}
				last, _ = strconv.Atoi(step)
			}
		}
		if cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
			t.Fatalf("%v: the helper ends with %v", sig, cmd.ProcessState)
		}
		tr := begin(t, backendtest.Interpreter(t), plan)
		finish(t, tr, last)
		sameCheckpoint(t, dir, tr)
	}
	dir := t.TempDir()
	cmd, lines := start(t, dir, backend.Go, "3 2 hang") // the third save never ends
	for lines.Scan() {
		if lines.Text() == "hangs" {
			cmd.Process.Signal(os.Interrupt)
			time.Sleep(50 * time.Millisecond) // until the handler of the first signal is removed
			cmd.Process.Signal(os.Interrupt)
		}
	}
	if cmd.Wait(); cmd.ProcessState.Exited() {
		t.Errorf("two signals: the helper ends with %v", cmd.ProcessState)
	}
	tr := begin(t, backendtest.Interpreter(t), plan)
	finish(t, tr, 4)
	sameCheckpoint(t, dir, tr)
}
