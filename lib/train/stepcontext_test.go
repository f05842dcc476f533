package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// rival is a game of two nets a and b with one weight each: a minimizes (a - b)^2, b minimizes (b - 2 a - 1)^2.
func rival(rounds int) Plan {
	weight := func(t *StepContext, name string) *Node {
		return t.Scope.At("%s", name).VariableWithValue("w", float64(3)).NodeValue(t.Step)
	}
	return Plan{Data: Whole(numbers(1)), Step: func(t *StepContext) {
		for range rounds {
			loss := Square(Sub(weight(t, "a"), weight(t, "b")))
			t.Descend("/a", loss, Adam{Rate: .1, Beta1: .5})
		}
		loss := Square(Sub(weight(t, "b"), AddScalar(MulScalar(weight(t, "a"), 2), 1)))
		t.Record("loss of b", loss)
		t.Descend("/b", loss, Adam{Rate: .05})
	}}
}

// Two nets have separate losses, optimizers and curves. Each moves only under its own loss, and the second uses the
// moved first. Both converge to the equilibrium a = b = -1.
func TestTwoNets(t *testing.T) {
	tr := begin(t, backendtest.Interpreter(t), rival(1))
	r := finish(t, tr, 1)[0]
	end := state(t, tr)
	// Adam's first step is the rate, against the gradient's sign; a's gradient is 2 (3 - 3) = 0.
	if a, b := end["/a/w"][0], end["/b/w"][0]; a != 3 || math.Abs(b-3.05) > 1e-6 {
		t.Errorf("after a step: a = %g, b = %g", a, b)
	}
	if want := []string{"a gradient norm", "a learning rate", "loss of b", "b gradient norm",
		"b learning rate"}; !slices.Equal(tr.names, want) {
		t.Errorf("curves %q", tr.names)
	}
	if r.Curves["loss of b"][0] != 16 || r.Curves["b gradient norm"][0] != 8 || r.Curves["b learning rate"][0] != .05 {
		t.Errorf("curves %v", r.Curves)
	}
	finish(t, tr, 2)
	if a := state(t, tr)["/a/w"][0]; !(a > 3) {
		t.Errorf("a = %g does not follow b", a)
	}
}

// The average covers the weights of all nets, whatever their scopes.
func TestAverageOfTwoNets(t *testing.T) {
	p := rival(1)
	p.EMA = EMA{Decay: .5, Start: Constant}
	tr := begin(t, backendtest.Interpreter(t), p)
	finish(t, tr, 1)
	now := state(t, tr)
	averages, err := tr.EMA()
	if err != nil {
		t.Fatal(err)
	}
	for _, net := range []string{"/a/w", "/b/w"} {
		if got, want := contents(t, averages)[net][0], (3+now[net][0])/2; got != want {
			t.Errorf("the average of %s is %g, want %g", net, got, want)
		}
	}
}

// Two descents of one net in a step count as two of its steps, with one count and two curves.
func TestTwoDescents(t *testing.T) {
	tr := begin(t, backendtest.Interpreter(t), rival(2))
	finish(t, tr, 5)
	end := state(t, tr)
	if a, b := end["/#train/count/a/steps"][0], end["/#train/count/b/steps"][0]; a != 10 || b != 5 {
		t.Errorf("%g steps of a, %g of b", a, b)
	}
	if !slices.Contains(tr.names, "a gradient norm 2") {
		t.Errorf("curves %q", tr.names)
	}
}

// A weight has one optimizer.
func TestOverlappingScopes(t *testing.T) {
	p := rival(1)
	step := p.Step
	p.Step = func(t *StepContext) {
		step(t)
		t.Descend("/", ReduceAllSum(t.Batch[0]), Adam{})
	}
	_, err := p.Begin(backendtest.Interpreter(t))
	if err == nil || !strings.Contains(err.Error(), "/a/w is moved both with /a and with /") {
		t.Error(err)
	}
	p.Step = func(t *StepContext) {
		step(t)
		t.Descend("/c", ReduceAllSum(t.Batch[0]), Adam{})
	}
	if _, err = p.Begin(backendtest.Interpreter(t)); err == nil || !strings.Contains(err.Error(),
		`no trainable weights under "/c"`) {
		t.Error(err)
	}
	p.Step = func(t *StepContext) {
		step(t)
		t.Descend("/a", ReduceAllSum(t.Batch[0]), Adam{Rate: -1})
	}
	if _, err = p.Begin(backendtest.Interpreter(t)); err == nil || !strings.Contains(err.Error(), "Rate = -1") {
		t.Error(err)
	}
}

// The floor uses the batch and the noise of the loss. For an exact model both are equal in every step.
func TestFloorSeesTheSameNoise(t *testing.T) {
	exact := func(_ *model.Scope, batch []*Node, r *random.Source) *Node {
		return ReduceSum(Square(r.Normal(batch[0])), 1)
	}
	p := example(dtypes.Float64)
	p.Loss = func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
		w := scope.VariableWithValue("w", float64(0)).NodeValue(batch[0])
		return Add(exact(scope, batch, r), Square(w))
	}
	p.Floor = exact
	r := finish(t, begin(t, backendtest.Interpreter(t), p), 10)[0]
	if !slices.Equal(r.Loss(), r.Curves[FloorCurve]) || r.Loss()[0] == r.Loss()[1] {
		t.Errorf("loss %v, floor %v", r.Loss(), r.Curves[FloorCurve])
	}
	if m := (Report{}).Mean(LossCurve); !math.IsNaN(m) {
		t.Errorf("the mean of nothing is %g", m)
	}
}

// A sampler that reads weights or averages gives the samples that they determine.
func TestPlanSamplesFromAverage(t *testing.T) {
	b := backendtest.Interpreter(t)
	p := Plan{
		Data: Whole(tensors.FromValue([]float64{5})), Adam: Adam{Rate: .5}, EMA: EMA{Decay: .9},
		Loss: func(scope *model.Scope, batch []*Node, _ *random.Source) *Node {
			return Square(Sub(scope.In("net").VariableWithValue("mean", float64(0)).NodeValue(batch[0]), batch[0]))
		},
	}
	tr := begin(t, b, p)
	finish(t, tr, 7)
	build := func(scope *model.Scope, _ []*Node) diffusion.Model {
		return diffusion.Model{Process: diffusion.VP{}, Denoise: func(x, _ *Node) *Node {
			return Add(ZerosLike(x), scope.At("net").GetVariable("mean").NodeValue(x))
		}}
	}
	for _, read := range []func() (*model.Store, error){tr.Weights, tr.EMA} {
		store, err := read()
		if err != nil {
			t.Fatal(err)
		}
		want := contents(t, store)["/net/mean"][0]
		end, err := diffusion.Plan{Build: build, Store: store, Sampler: diffusion.DDIM(0),
			Grid: []float64{1, .5, 0}}.Run(b, tensors.FromValue([][]float64{{1}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := values(t, end)[0]; math.Abs(got-want) > 1e-12 {
			t.Errorf("the sampler ends at %g, want %g", got, want)
		}
		finish(t, tr, 8) // a copy does not change
		if now := contents(t, store)["/net/mean"][0]; now != want {
			t.Errorf("a copy of the weights moved from %g to %g", want, now)
		}
	}
}
