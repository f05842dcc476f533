package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// dense is x W + b.
func dense(scope *model.Scope, x *Node, width int) *Node {
	w := scope.VariableWithShape("w", shapes.Make(x.DType(), x.Shape().Dim(-1), width))
	b := scope.VariableWithShape("b", shapes.Make(x.DType(), width))
	return Add(Dot(x, w.NodeValue(x)).Product(), InsertAxes(b.NodeValue(x), 0))
}

// mlp is a small network with two hidden layers.
func mlp(scope *model.Scope, x *Node, width, out int) *Node {
	x = Tanh(dense(scope.At("0"), x, width))
	x = Tanh(dense(scope.At("1"), x, width))
	return dense(scope.At("2"), x, out)
}

// denoising is denoising score matching at one noise level.
func denoising(scope *model.Scope, batch []*Node, r *random.Source) *Node {
	const sigma = 0.5
	x0 := batch[0]
	eps := r.Normal(x0)
	predicted := mlp(scope, Add(x0, MulScalar(eps, sigma)), 16, x0.Shape().Dim(-1))
	return ReduceSum(Square(Sub(predicted, eps)), 1)
}

// points is a closed curve [n, 2] in a given type.
func points(dtype dtypes.DType, n int) *tensors.Tensor {
	x := make([]float64, 2*n)
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		x[2*i], x[2*i+1] = 2*math.Cos(angle), math.Sin(2*angle)
	}
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(x, n, 2)
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(y, n, 2)
}

// example is a plan with all parts. Its epochs have three steps and drop two rows.
func example(dtype dtypes.DType) Plan {
	return Plan{
		Loss:  denoising,
		Data:  Shuffled(16, points(dtype, 50)),
		Adam:  Adam{Rate: 1e-2, WeightDecay: 1e-3, Clip: 1, Warmup: 3, Cosine: 60},
		EMA:   EMA{Decay: .9},
		Key:   random.NewKey(1, "test"),
		Every: 10,
	}
}

func begin(t testing.TB, b compute.Backend, p Plan) *Trainer {
	t.Helper()
	tr, err := p.Begin(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// finish trains to the end and returns the reports.
func finish(t testing.TB, tr *Trainer, until int) (reports []Report) {
	t.Helper()
	for r, err := range tr.Run(context.Background(), until) {
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	return reports
}

// state returns all numbers that a trainer holds, by the path of their variables.
func state(t testing.TB, tr *Trainer) map[string][]float64 {
	t.Helper()
	return contents(t, tr.store)
}

func contents(t testing.TB, store *model.Store) map[string][]float64 {
	t.Helper()
	all := map[string][]float64{}
	for v := range store.IterVariables() {
		x, err := v.Value()
		if err != nil {
			t.Fatal(err)
		}
		all[v.Path()] = values(t, x)
	}
	return all
}

func values(t testing.TB, x *tensors.Tensor) (out []float64) {
	t.Helper()
	err := x.ConstFlatData(func(flat any) {
		switch f := flat.(type) {
		case []float64:
			out = slices.Clone(f)
		case []float32:
			for _, v := range f {
				out = append(out, float64(v))
			}
		case []int32:
			for _, v := range f {
				out = append(out, float64(v))
			}
		default:
			t.Fatalf("values of %s", x.Shape())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// apart returns the largest difference of two states, and its variable.
func apart(t testing.TB, a, b map[string][]float64) (worst float64, where string) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d variables and %d", len(a), len(b))
	}
	for path := range a {
		if len(a[path]) != len(b[path]) {
			t.Fatalf("%s has %d numbers and %d", path, len(a[path]), len(b[path]))
		}
		for i := range a[path] {
			if d := math.Abs(a[path][i] - b[path][i]); !(d <= worst) {
				worst, where = d, path
			}
		}
	}
	return worst, where
}

// equal fails the test unless two states have the same bits.
func equal(t testing.TB, what string, a, b map[string][]float64) {
	t.Helper()
	if worst, where := apart(t, a, b); worst != 0 {
		t.Errorf("%s: %s is off by %g", what, where, worst)
	}
}

// The compiled loop takes the steps of its host-stepped twin. Both run the same graph of a step, so they can differ
// only in how XLA's fusion rounds in a loop. No difference was measured. The tolerance is a few units in the last place
// per step, which the dynamics may double every few steps.
func TestTwins(t *testing.T) {
	b := backendtest.Default(t)
	if !exec.CompilesLoops(b) {
		t.Skip("this backend compiles no loops")
	}
	for dtype, ulp := range map[dtypes.DType]float64{dtypes.Float32: 0x1p-23, dtypes.Float64: 0x1p-52} {
		var ends []map[string][]float64
		var curves [][]float64
		for _, hosted := range []bool{false, true} {
			p := example(dtype)
			p.Hosted = hosted
			tr := begin(t, b, p)
			var loss []float64
			for _, r := range finish(t, tr, 45) {
				loss = append(loss, r.Loss()...)
			}
			if tr.compiled == hosted || len(loss) != 45 {
				t.Fatalf("compiled %v, hosted %v, %d losses", tr.compiled, hosted, len(loss))
			}
			ends, curves = append(ends, state(t, tr)), append(curves, loss)
		}
		worst, where := apart(t, ends[0], ends[1])
		if worst > 1000*ulp {
			t.Errorf("%s: %s is off by %g", dtype, where, worst)
		}
		t.Logf("%s: off by %g", dtype, worst)
		for i := range curves[0] {
			if d := math.Abs(curves[0][i] - curves[1][i]); d > 1000*ulp*curves[0][i] {
				t.Errorf("%s: the loss of step %d is off by %g", dtype, i+1, d)
			}
		}
	}
}

// Go and XLA take the same steps up to rounding, since weights, order and noise follow from the key.
func TestBackendsAgree(t *testing.T) {
	var ends []map[string][]float64
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		p := example(dtypes.Float64)
		p.Hosted = true // saves a compilation
		tr := begin(t, b, p)
		finish(t, tr, 10)
		ends = append(ends, state(t, tr))
	})
	if len(ends) < 2 {
		t.Skip("one backend")
	}
	// 10 steps of rounding at 1e-16, times Adam's 1/sqrt(v)
	if worst, where := apart(t, ends[0], ends[1]); worst > 1e-11 {
		t.Errorf("%s is off by %g", where, worst)
	}
}

// The division of a run into reports and calls does not change its steps.
func TestRunInPieces(t *testing.T) {
	b := backendtest.Interpreter(t)
	whole := begin(t, b, example(dtypes.Float32))
	reports := finish(t, whole, 33)
	if len(reports) != 4 || reports[3].From != 30 || reports[3].Step != 33 || len(reports[3].Loss()) != 3 ||
		len(reports[0].Curves[RateCurve]) != 10 {
		t.Fatalf("%+v", reports)
	}
	p := example(dtypes.Float32)
	p.Every = 7
	pieces := begin(t, b, p)
	var loss []float64
	for _, until := range []int{1, 1, 0, 12, 13, 33} {
		for r, err := range pieces.Run(context.Background(), until) {
			if err != nil {
				t.Fatal(err)
			}
			loss = append(loss, r.Loss()...)
			if r.Step == 7 {
				break // and continue with another Run
			}
		}
	}
	if len(loss) != 33 || pieces.Step() != 33 {
		t.Fatalf("%d losses after %d steps", len(loss), pieces.Step())
	}
	for i, r := range reports {
		if !slices.Equal(r.Loss(), loss[10*i:10*i+len(r.Loss())]) {
			t.Errorf("report %d: %v", i, r.Loss())
		}
	}
	equal(t, "33 steps", state(t, whole), state(t, pieces))
}

// Another key gives another run: other weights, order and noise.
func TestKeys(t *testing.T) {
	b := backendtest.Interpreter(t)
	p := example(dtypes.Float32)
	one := begin(t, b, p)
	p.Key = random.NewKey(2, "test")
	other := begin(t, b, p)
	if d, _ := apart(t, state(t, one), state(t, other)); d < .1 {
		t.Error("the same first weights")
	}
	p.Start, _ = one.Weights()
	other = begin(t, b, p)
	equal(t, "the start", state(t, one), state(t, other))
	if a, b := finish(t, one, 1)[0].Loss(), finish(t, other, 1)[0].Loss(); a[0] == b[0] {
		t.Error("the same batch and noise")
	}
}

// A canceled context ends Run after the current step, with a report of the steps taken. The run can continue.
func TestContextEnds(t *testing.T) {
	tr := begin(t, backendtest.Interpreter(t), example(dtypes.Float32))
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	why := errors.New("enough")
	for r, err := range tr.Run(ctx, 1000) {
		if r.Step == 20 && err == nil {
			cancel(why)
			continue
		}
		if r.Step > 20 || (err != nil) != (ctx.Err() != nil) || err != nil && !errors.Is(err, why) {
			t.Fatalf("step %d: %v", r.Step, err)
		}
	}
	if tr.Step() != 20 || ctx.Err() == nil {
		t.Fatalf("stopped after step %d", tr.Step())
	}
	finish(t, tr, 33)
	whole := begin(t, backendtest.Interpreter(t), example(dtypes.Float32))
	finish(t, whole, 33)
	equal(t, "after the interrupt", state(t, whole), state(t, tr))
}

// A native convolution is stepped from the host on XLA's CPU backend, where it is very slow inside a loop.
func TestConvolutionIsHosted(t *testing.T) {
	b := backendtest.Default(t)
	if !exec.CompilesLoops(b) {
		t.Skip("this backend compiles no loops")
	}
	p := Plan{Data: Whole(tensors.FromShape(shapes.Make(dtypes.Float32, 2, 4, 4, 1))), Loss: func(scope *model.Scope,
		batch []*Node, r *random.Source) *Node {
		kernel := scope.VariableWithShape("kernel", shapes.Make(dtypes.Float32, 3, 3, 1, 1)).NodeValue(batch[0])
		return ReduceMean(Square(AddScalar(Convolve(batch[0], kernel).PadSame().Done(), -1)), 1, 2, 3)
	}}
	tr := begin(t, b, p)
	if finish(t, tr, 3); tr.compiled {
		t.Error("compiled")
	}
}

// ended is a context whose Err is set from the n-th call on, so that it ends between two calls of the graph.
type ended struct {
	context.Context
	left int
}

var errEnded = errors.New("interrupted")

func (c *ended) Err() error {
	if c.left--; c.left < 0 {
		return errEnded
	}
	return nil
}

// A context that ends between two reports gives a report of the steps taken, with their curves, beside the cause. The
// curves of the continued run equal those of a run in one piece.
func TestInterruptedReport(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		p := example(dtypes.Float32)
		p.Every = 50
		whole := begin(t, b, p)
		want := finish(t, whole, 50)[0].Loss()
		tr := begin(t, b, p)
		var got []float64
		for r, err := range tr.Run(&ended{Context: context.Background(), left: 3}, 50) { // after three calls
			if !errors.Is(err, errEnded) || r.From != 0 || r.Step < 3 || r.Step >= 50 || r.Step != tr.Step() ||
				len(r.Loss()) != r.Step {
				t.Fatalf("report %d to %d, %d losses, trainer at %d, %v", r.From, r.Step, len(r.Loss()), tr.Step(), err)
			}
			got = append(got, r.Loss()...)
		}
		for _, r := range finish(t, tr, 50) {
			got = append(got, r.Loss()...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("losses in pieces %v, in one %v", got, want)
		}
	})
}
