package train

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/checkpoint"
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

// A run that is saved and resumed at any step ends with the bits of the uninterrupted run. This holds for weights,
// moments and averages.
func TestResume(t *testing.T) {
	b := backendtest.Interpreter(t)
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

// A checkpoint holds the weights, their averages under the same names, and the state of the optimizer.
func TestCheckpointGroups(t *testing.T) {
	tr := begin(t, backendtest.Interpreter(t), example(dtypes.Float32))
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
	average, err := tr.EMA()
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

func ofWidth(width int) map[string]int { return map[string]int{"width": width} }

// withExtra is a loss whose network has one more weight.
func withExtra(scope *model.Scope, batch []*Node, r *random.Source) *Node {
	scope.VariableWithShape("extra", shapes.Make(dtypes.Float32, 1))
	return denoising(scope, batch, r)
}

// otherPlans are plans that cannot resume from the checkpoint of a plan with settings of width 16.
var otherPlans = []struct {
	want   string
	change func(*Plan)
}{
	{"settings.width is 16 there, 17 here", func(p *Plan) { p.Settings = ofWidth(17) }},
	{"settings.width is 16 there and missing here", func(p *Plan) { p.Settings = nil }},
	{"adam.Rate is 0.01 there, 0.02 here", func(p *Plan) { p.Adam.Rate = .02 }},
	{"average.Decay is 0.9 there, 0 here", func(p *Plan) { p.EMA.Decay = 0 }},
	{"data.batch is 16 there, 8 here", func(p *Plan) { p.Data = Shuffled(8, points(dtypes.Float32, 50)) }},
	{"data.kind is \"shuffled\" there, \"drawn\" here", func(p *Plan) {
		p.Data = Drawn(16, points(dtypes.Float32, 50))
	}},
	{"data.columns.0 is ", func(p *Plan) { p.Data = Shuffled(16, points(dtypes.Float32, 51)) }},
	{"key.0 is ", func(p *Plan) { p.Key = random.NewKey(2) }},
	{"has no weights of extra: its network was another", func(p *Plan) { p.Loss = withExtra }},
	{"the checkpoint of step 3 has average of 0/b, which the network lacks", func(p *Plan) {
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
}

// A checkpoint of another plan is refused, which leaves the trainer unchanged.
func TestResumeRefuses(t *testing.T) {
	b := backendtest.Interpreter(t)
	good := example(dtypes.Float32)
	good.Settings = ofWidth(16)
	tr := begin(t, b, good)
	finish(t, tr, 3)
	f, _ := openFolder(t, t.TempDir())
	if err := tr.Save(f); err != nil {
		t.Fatal(err)
	}
	for _, c := range otherPlans {
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

// A full disk during a save gives an error. The run and the previous checkpoints stay as they were.
func TestSaveOnFullDisk(t *testing.T) {
	tr := begin(t, backendtest.Interpreter(t), example(dtypes.Float32))
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
