package train

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/checkpoint"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// descending is a plan whose step may corrupt the loss.
func descending(spoil func(t *StepContext, loss *Node) *Node) Plan {
	p := example(dtypes.Float32)
	adam := p.Adam
	p.Adam, p.Loss = Adam{}, nil
	p.Step = func(t *StepContext) {
		loss := t.Mean(denoising)
		if spoil != nil {
			loss = spoil(t, loss)
		}
		t.Record(LossCurve, loss)
		t.Descend("/", loss, adam)
	}
	return p
}

// at is 1 at one step and 0 at all others.
func at(t *StepContext, step int, like *Node) *Node {
	return ConvertDType(Equal(t.Step, Scalar(t.Step.Graph(), dtypes.Int32, step)), like.DType())
}

func zero(loss *Node) *Node { return Sub(loss, loss) }

// spoilers make step 13 diverge. Keys are parts of the expected error.
var spoilers = map[string]func(t *StepContext, loss *Node) *Node{
	"training diverged at step 13: the loss is NaN at learning rate 0.00": func(t *StepContext, loss *Node) *Node {
		return Add(loss, Div(zero(loss), OneMinus(at(t, 12, loss))))
	},
	"training diverged at step 13: the loss is +Inf at learning rate 0.00": func(t *StepContext, loss *Node) *Node {
		return Div(loss, OneMinus(at(t, 12, loss)))
	},
	"training diverged at step 13: the gradient norm is NaN at learning rate 0.00": func(
		t *StepContext, loss *Node) *Node {
		return Add(loss, Sqrt(Add(OneMinus(at(t, 12, loss)), zero(loss))))
	},
	"training diverged at step 13: the gradient norm is +Inf at learning rate 0.00": func(
		t *StepContext, loss *Node) *Node {
		w := t.Scope.Store().GetVariable("/2/b").NodeValue(loss)
		d := ReduceAllSum(Sub(w, StopGradient(w)))
		return Add(loss, Mul(at(t, 12, loss), MulScalar(MulScalar(d, 1e30), 1e30)))
	},
}

// checkDiverged trains until the loss diverges. The trainer must stop before that step and keep its state.
func checkDiverged(t *testing.T, b compute.Backend, want string, p Plan, before map[string][]float64) {
	tr := begin(t, b, p)
	folder, err := checkpoint.Open(t.TempDir(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	err = nil
	for r, stop := range tr.Run(context.Background(), 100) {
		if err = stop; err != nil {
			if r.From != 10 || r.Step != 12 || len(r.Loss()) != 2 {
				t.Errorf("the last report is %+v", r)
			}
			break
		}
		if err := tr.Save(folder); err != nil {
			t.Fatal(err)
		}
	}
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Step != 13 || !strings.HasPrefix(err.Error(), want) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want %s", err, want)
	}
	if tr.Step() != 12 {
		t.Errorf("%d steps are taken", tr.Step())
	}
	equal(t, "after the bad step", before, state(t, tr))
	for _, err := range tr.Run(context.Background(), 100) { // running again gives the same error
		if !errors.As(err, &diverged) {
			t.Errorf("again: %v", err)
		}
	}
	if err := tr.Resume(folder); err != nil || tr.Step() != 10 {
		t.Errorf("the last good checkpoint is of step %d, %v", tr.Step(), err)
	}
}

// At NaN or infinity, in the loss or only in its gradient, training stops. The error gives the step and the rate. The
// weights before that step stay, in memory and in the checkpoint.
func TestDivergence(t *testing.T) {
	t.Run("go", func(t *testing.T) {
		good := begin(t, backendtest.Interpreter(t), descending(nil))
		finish(t, good, 12)
		before := state(t, good)
		for want, spoil := range spoilers {
			checkDiverged(t, backendtest.Interpreter(t), want, descending(spoil), before)
		}
	})
	t.Run("compiled", func(t *testing.T) {
		b := backendtest.Default(t)
		if !exec.CompilesLoops(b) {
			t.Skip("this backend compiles no loops")
		}
		for want, spoil := range spoilers {
			if !strings.Contains(want, "loss is NaN") {
				continue
			}
			p := descending(spoil)
			good := begin(t, b, p)
			finish(t, good, 12) // the corrupted step is not reached: the same graph has the same rounding
			checkDiverged(t, b, want, p, state(t, good))
		}
	})
}

// badPlans are plans that Begin refuses.
var badPlans = []struct {
	want   string
	change func(*Plan)
}{
	{"needs Data, and either Loss or Step", func(p *Plan) { p.Loss = nil }},
	{"needs Data, and either Loss or Step", func(p *Plan) { p.Data = nil }},
	{"needs Data, and either Loss or Step", func(p *Plan) { p.Step = func(*StepContext) {} }},
	{"no use for Adam and Floor", func(p *Plan) { p.Loss, p.Step, p.Floor = nil, func(*StepContext) {}, Level(0) }},
	{"a report every -1 steps", func(p *Plan) { p.Every = -1 }},
	{"Rate = -1", func(p *Plan) { p.Adam.Rate = -1 }},
	{"Rate = NaN", func(p *Plan) { p.Adam.Rate = math.NaN() }},
	{"Rate = +Inf", func(p *Plan) { p.Adam.Rate = math.Inf(1) }},
	{"Beta1 = 1", func(p *Plan) { p.Adam.Beta1 = 1 }},
	{"Beta2 = 1.5", func(p *Plan) { p.Adam.Beta2 = 1.5 }},
	{"Epsilon = -1", func(p *Plan) { p.Adam.Epsilon = -1 }},
	{"WeightDecay = -1", func(p *Plan) { p.Adam.WeightDecay = -1 }},
	{"Clip = -1", func(p *Plan) { p.Adam.Clip = -1 }},
	{"Warmup = -1", func(p *Plan) { p.Adam.Warmup = -1 }},
	{"Cosine = 5 (warm-up 5, cosine 5)", func(p *Plan) { p.Adam.Warmup, p.Adam.Cosine = 5, 5 }},
	{"Final = 2", func(p *Plan) { p.Adam.Final = 2 }},
	{"Decay is 1;", func(p *Plan) { p.EMA.Decay = 1 }},
	{"Decay is NaN;", func(p *Plan) { p.EMA.Decay = math.NaN() }},
	{`no average starts "slow"; there are corrected, ramped, constant`, func(p *Plan) {
		p.EMA = EMA{.5, "slow"}
	}},
	{"no columns", func(p *Plan) { p.Data = Whole() }},
	{"column 0 of the data has shape (Float32)", func(p *Plan) { p.Data = Whole(tensors.FromScalar(float32(1))) }},
	{"column 1 of the data has 3 rows, column 0 has 4", func(p *Plan) {
		p.Data = Whole(points(dtypes.Float32, 4), labels(3))
	}},
	{"column 1 of the data has 2 values that are not finite, the first in row 2", func(p *Plan) {
		p.Data = Whole(points(dtypes.Float32, 4), tensors.FromValue([]float64{1, 2, math.NaN(), math.Inf(1)}))
	}},
	{"batches of 5 rows from 4", func(p *Plan) { p.Data = Shuffled(5, points(dtypes.Float32, 4)) }},
	{"batches of 0 rows from 4", func(p *Plan) { p.Data = Drawn(0, points(dtypes.Float32, 4)) }},
	{`"nothing" has no sampler`, func(p *Plan) { p.Data = Fresh("nothing", nil) }},
	{"Settings are no JSON", func(p *Plan) { p.Settings = func() {} }},
	{"the loss has shape (Float32)[4, 2]", func(p *Plan) {
		p.Loss = func(_ *model.Scope, batch []*Node, _ *random.Source) *Node { return batch[0] }
	}},
	{"the loss has shape (Int32)[4]", func(p *Plan) {
		p.Loss = func(_ *model.Scope, batch []*Node, _ *random.Source) *Node {
			return Iota(batch[0].Graph(), shapes.Make(dtypes.Int32, 4), 0)
		}
	}},
	{`no trainable weights under "/"`, func(p *Plan) {
		p.Loss = func(_ *model.Scope, batch []*Node, _ *random.Source) *Node { return ReduceSum(batch[0], 1) }
	}},
	{"records nothing", func(p *Plan) { p.Loss, p.Step = nil, func(*StepContext) {} }},
	{`records the curve "x" twice`, func(p *Plan) {
		p.Loss, p.Step = nil, func(t *StepContext) {
			t.Record("x", ReduceAllSum(t.Batch[0]))
			t.Record("x", ReduceAllSum(t.Batch[0]))
		}
	}},
	{`the curve "x" is of shape (Float32)[4, 2]`, func(p *Plan) {
		p.Loss, p.Step = nil, func(t *StepContext) { t.Record("x", t.Batch[0]) }
	}},
}

// Wrong input gives a one-line error that names it.
func TestPlanRejects(t *testing.T) {
	b := backendtest.Interpreter(t)
	scalar := func(scope *model.Scope, batch []*Node, _ *random.Source) *Node {
		return Mul(scope.VariableWithValue("w", float32(1)).NodeValue(batch[0]), ReduceAllSum(batch[0]))
	}
	good := Plan{Loss: scalar, Data: Whole(points(dtypes.Float32, 4))}
	for _, c := range badPlans {
		p := good
		c.change(&p)
		_, err := p.Begin(b)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, c.want)
		}
	}
	tr := begin(t, b, good)
	for _, err := range tr.Run(context.Background(), -1) {
		if err == nil || !strings.Contains(err.Error(), "training until step -1") {
			t.Error(err)
		}
	}
}

// A loss that panics with any value gives a one-line error before the first step.
func TestPanicsInALoss(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, fail := range map[string]func(){"text": func() { panic("text") }, "runtime.Goexit": runtime.Goexit} {
			plan := Plan{
				Data: Whole(tensors.FromValue([][]float64{{1}, {2}})),
				Loss: func(*model.Scope, []*Node, *random.Source) *Node { fail(); return nil },
			}
			if _, err := plan.Begin(b); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(
				err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, want)
			}
		}
	})
}
