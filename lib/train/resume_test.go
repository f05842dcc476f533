package train

import (
	"bufio"
	"bytes"
	"context"
	"errors"
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

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
	"scorelab/lib/checkpoint"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

func openFolder(t testing.TB, dir string) (*checkpoint.Folder, *[]string) {
	t.Helper()
	var notices []string
	f, err := checkpoint.Open(dir, 0, func(line string) { notices = append(notices, line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, &notices
}

// A run that is saved and resumed, at any step, ends with the bits of the uninterrupted run: weights, moments,
// averages.
func TestResume(t *testing.T) {
	b := interpreter(t)
	whole := begin(t, b, example(dtypes.Float32))
	finish(t, whole, 41)
	for _, at := range []int{0, 1, 17, 30, 41} {
		first := begin(t, b, example(dtypes.Float32))
		finish(t, first, at)
		f, notices := openFolder(t, t.TempDir())
		if err := first.Resume(f); err != nil || first.Step() != at {
			t.Fatalf("an empty folder: %v", err)
		}
		if err := first.Save(f); err != nil {
			t.Fatal(err)
		}
		second := begin(t, b, example(dtypes.Float32))
		if err := second.Resume(f); err != nil || second.Step() != at || len(*notices) > 0 {
			t.Fatalf("step %d, %v, %q", second.Step(), err, *notices)
		}
		finish(t, second, 41)
		equal(t, fmt.Sprintf("resumed at step %d", at), state(t, whole), state(t, second))
	}
}

// What is in a checkpoint: the network under its own names, its average under the same ones, the rest.
func TestCheckpointGroups(t *testing.T) {
	tr := begin(t, interpreter(t), example(dtypes.Float32))
	dir := t.TempDir()
	f, _ := openFolder(t, dir)
	finish(t, tr, 5)
	if err := tr.Save(f); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Newest(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	average, err := tr.Average()
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]map[string][]float64{WeightsGroup: contents(t, tr.store),
		AverageGroup: contents(t, average)} {
		if len(c.Groups[group]) != 6 {
			t.Errorf("%s holds %v", group, c.Groups[group])
		}
		for name, x := range c.Groups[group] {
			equal(t, group, map[string][]float64{name: values(t, x)}, map[string][]float64{name: want["/"+name]})
		}
	}
	if o := c.Groups[OptimizerGroup]; len(o) != 13 || o["first/0/w"] == nil || o["second/2/b"] == nil ||
		values(t, o["count/steps"])[0] != 5 {
		t.Errorf("the optimizer's group holds %v", o)
	}
	config, want := fmt.Sprintf("%s", c.Config), `"data":{"batch":16,"columns":["(Float32)[50, 2] sha256:`
	if !strings.Contains(config, want) || !strings.Contains(config, `"Rate":0.01`) || !strings.Contains(
		config, `"Beta2":0.999`) {
		t.Errorf("the configuration is %s", config)
	}
}

// Another plan is refused, as far as it can be told, and nothing is changed by that.
func TestResumeRefuses(t *testing.T) {
	b := interpreter(t)
	settings := func(width int) map[string]int { return map[string]int{"width": width} }
	good := example(dtypes.Float32)
	good.Settings = settings(16)
	tr := begin(t, b, good)
	finish(t, tr, 3)
	f, _ := openFolder(t, t.TempDir())
	if err := tr.Save(f); err != nil {
		t.Fatal(err)
	}
	with := func(extra string, shape ...int) Loss {
		return func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
			scope.VariableWithShape(extra, shapes.Make(dtypes.Float32, shape...))
			return denoising(scope, batch, r)
		}
	}
	for _, c := range []struct {
		want   string
		change func(*Plan)
	}{
		{"settings.width is 16 there, 17 here", func(p *Plan) { p.Settings = settings(17) }},
		{"settings.width is 16 there and missing here", func(p *Plan) { p.Settings = nil }},
		{"adam.Rate is 0.01 there, 0.02 here", func(p *Plan) { p.Adam.Rate = .02 }},
		{"average.Decay is 0.9 there, 0 here", func(p *Plan) { p.Average.Decay = 0 }},
		{"data.batch is 16 there, 8 here", func(p *Plan) { p.Data = Shuffled(8, points(dtypes.Float32, 50)) }},
		{"data.kind is \"shuffled\" there, \"drawn\" here", func(p *Plan) {
			p.Data = Drawn(16, points(dtypes.Float32, 50))
		}},
		{"data.columns.0 is ", func(p *Plan) { p.Data = Shuffled(16, points(dtypes.Float32, 51)) }},
		{"key.0 is ", func(p *Plan) { p.Key = random.NewKey(2) }},
		{"has no weights of extra: its network was another", func(p *Plan) { p.Loss = with("extra", 1) }},
		{"the checkpoint of step 3 has average of 0/b, which the network has not", func(p *Plan) {
			p.Loss = func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
				return ReduceSum(
					Square(Sub(dense(scope.At("2"),
						Concatenate([]*Node{batch[0], batch[0], batch[0], batch[0], batch[0], batch[0], batch[0],
							batch[0]}, 1), 2), r.Normal(batch[0]))), 1)
			}
		}},
		{"has weights of 0/w with shape (Float32)[2, 16], the network (Float32)[2, 8]", func(p *Plan) {
			p.Loss = func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
				return ReduceSum(Square(mlp(scope, batch[0], 8, 2)), 1)
			}
		}},
	} {
		p := good
		c.change(&p)
		other := begin(t, b, p)
		before := state(t, other)
		err := other.Resume(f)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, c.want)
		}
		if other.Step() != 0 {
			t.Errorf("%s: step %d", c.want, other.Step())
		}
		equal(t, c.want, before, state(t, other))
	}
	err := begin(t, b, example(dtypes.Float32)).Resume(f)
	if wrong := (*checkpoint.ConfigError)(nil); !errors.As(err, &wrong) {
		t.Error(err)
	}
}

// A disk that is full while a run saves: an error, the run and the checkpoints before it are as they were.
func TestSaveOnFullDisk(t *testing.T) {
	tr := begin(t, interpreter(t), example(dtypes.Float32))
	f, _ := openFolder(t, t.TempDir())
	finish(t, tr, 5)
	if err := tr.Save(f); err != nil {
		t.Fatal(err)
	}
	finish(t, tr, 8)
	before := state(t, tr)
	f.Writer.Step = func(name string) error {
		if name == "write optimizer.safetensors" {
			return syscall.ENOSPC
		}
		return nil
	}
	if err := tr.Save(f); err == nil || !strings.Contains(err.Error(), "no space left on device; the checkpoints "+
		"before it are untouched") {
		t.Errorf("full disk: %v", err)
	}
	equal(t, "after the full disk", before, state(t, tr))
	if err := tr.Resume(f); err != nil || tr.Step() != 5 {
		t.Errorf("step %d, %v", tr.Step(), err)
	}
}

const (
	dirEnv     = "TRAIN_TEST_DIR"
	backendEnv = "TRAIN_TEST_BACKEND"
	saveEnv    = "TRAIN_TEST_SAVE" // "4 2 kill": at step 2 of writing the fourth checkpoint; "4 2 hang": stay there
)

// killed is the plan of the processes below, and how many steps it takes.
func killed() (Plan, int) {
	p := example(dtypes.Float32)
	p.Every = 2
	return p, 50
}

// TestHelperTrain is a process that trains, saves after every report, and tells the steps. On a signal it saves and
// ends with 130, on the second one it ends at once.
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

// start begins a helper, of which lines are what it prints.
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

// sameCheckpoint fails unless the newest checkpoint in dir has the bits of the trainer.
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

// kill -9 at random moments, many times, every other time in the middle of a save: resumed again and again, the run
// ends with the bits of the one that nobody killed.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		least := 60
		if exec.CompilesLoops(b) {
			least = 2 // each has to compile again
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

// runAndKill lets a helper train on until it ends or, if that is wanted, is killed: in the middle of a save, or some
// time after one.
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

// The first Ctrl-C, or SIGTERM, saves what is done and ends with 130; the second ends at once, and leaves the
// checkpoint before.
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
		tr := begin(t, interpreter(t), plan)
		finish(t, tr, last)
		sameCheckpoint(t, dir, tr)
	}
	dir := t.TempDir()
	cmd, lines := start(t, dir, backend.Go, "3 2 hang") // the third save never ends
	for lines.Scan() {
		if lines.Text() == "hangs" {
			cmd.Process.Signal(os.Interrupt)
			time.Sleep(50 * time.Millisecond) // for the handler of the first to go
			cmd.Process.Signal(os.Interrupt)
		}
	}
	if cmd.Wait(); cmd.ProcessState.Exited() {
		t.Errorf("two signals: the helper ends with %v", cmd.ProcessState)
	}
	tr := begin(t, interpreter(t), plan)
	finish(t, tr, 4)
	sameCheckpoint(t, dir, tr)
}
