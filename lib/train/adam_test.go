package train

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// golden is testdata/adam.json, which testdata/adam.py writes.
type golden struct {
	X, Y  [][]float64
	Start params
	Runs  []goldenRun
}

type goldenRun struct {
	Settings         goldenSettings
	Loss, Norm, Rate []float64
	Weights, Average params
}

// goldenSettings are the settings of Adam and EMA. nil means the default.
type goldenSettings struct {
	Rate, Beta1, Beta2, Epsilon, Decay, Clip, Final, Average *float64
	Warmup, Cosine                                           int
}

func (s goldenSettings) set(p *Plan) {
	for field, value := range map[*float64]*float64{
		&p.Adam.Rate: s.Rate, &p.Adam.Beta1: s.Beta1, &p.Adam.Beta2: s.Beta2, &p.Adam.Epsilon: s.Epsilon,
		&p.Adam.WeightDecay: s.Decay, &p.Adam.Clip: s.Clip, &p.Adam.Final: s.Final, &p.EMA.Decay: s.Average,
	} {
		if value != nil {
			*field = *value
		}
	}
	if s.Beta1 != nil && *s.Beta1 == 0 {
		p.Adam.Beta1 = -1
	}
	p.Adam.Warmup, p.Adam.Cosine = s.Warmup, s.Cosine
}

type params struct {
	First, Second [][]float64
	Shift         []float64
}

func (p params) store() *model.Store {
	s := model.NewStore()
	s.VariableWithValue("/first", tensors.FromValue(p.First))
	s.VariableWithValue("/second", tensors.FromValue(p.Second))
	s.VariableWithValue("/shift", tensors.FromValue(p.Shift))
	return s
}

// Curves, weights and averages equal those of optax. The runs cover clipping, moments, decoupled decay, the schedule
// and the bias-corrected average.
func TestAdamAgreesWithOptax(t *testing.T) {
	text, err := os.ReadFile("testdata/adam.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	loss := func(scope *model.Scope, batch []*Node, _ *random.Source) *Node {
		w := func(name string) *Node { return scope.GetVariable(name).NodeValue(batch[0]) }
		hidden := Tanh(Add(Dot(batch[0], w("first")).Product(), InsertAxes(w("shift"), 0)))
		return ReduceMean(Square(Sub(Dot(hidden, w("second")).Product(), batch[1])), 1)
	}
	const tolerance = 1e-12 // rounding of 30 steps for numbers of size 1
	near := func(run int, what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
			t.Errorf("run %d: %s is %.17g, want %.17g", run, what, got, want)
		}
	}
	for i, run := range g.Runs {
		p := Plan{Loss: loss, Data: Whole(tensors.FromValue(g.X), tensors.FromValue(g.Y)), Start: g.Start.store()}
		run.Settings.set(&p)
		tr := begin(t, backendtest.Interpreter(t), p)
		r := finish(t, tr, len(run.Loss))[0]
		for k := range run.Loss {
			near(i, "a loss", r.Loss()[k], run.Loss[k])
			near(i, "a norm", r.Curves[NormCurve][k], run.Norm[k])
			near(i, "a rate", r.Curves[RateCurve][k], run.Rate[k])
		}
		stores := map[*params]func() (*model.Store, error){&run.Weights: tr.Weights}
		if run.Settings.Average != nil {
			stores[&run.Average] = tr.EMA
		}
		for want, read := range stores {
			got, err := read()
			if err != nil {
				t.Fatal(err)
			}
			there := contents(t, want.store())
			for path, values := range contents(t, got) {
				for j := range values {
					near(i, path, values[j], there[path][j])
				}
			}
		}
	}
}

// The scalars of a float32 step keep their float64 digits, so the first step equals the rate for any gradient.
func TestFirstStepIsTheRate(t *testing.T) {
	for _, slope := range []float32{1e-3, 1, 1e4} {
		p := Plan{Data: Whole(tensors.FromValue([]float32{slope})), Adam: Adam{Rate: .5}, Loss: func(scope *model.Scope,
			batch []*Node, _ *random.Source) *Node {
			return Mul(scope.VariableWithValue("w", float32(0)).NodeValue(batch[0]), batch[0])
		}}
		tr := begin(t, backendtest.Interpreter(t), p)
		finish(t, tr, 1)
		// the effect of epsilon, and rounding
		if w := state(t, tr)["/w"][0]; math.Abs(2*w+1) > 1.1e-8/float64(slope)+3e-7 {
			t.Errorf("slope %g: the first step is %g", slope, w)
		}
	}
}

// The average holds only trainable weights, under each schedule. A buffer stays unchanged and gets no moments.
func TestEMASchedules(t *testing.T) {
	const decay, steps = .8, 25
	loss := func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
		w := scope.VariableWithValue("w", [][]float64{{2, -1}}).NodeValue(batch[0])
		buffer := scope.VariableWithValue("buffer", [][]float64{{3, 4}}).SetTrainable(false).NodeValue(batch[0])
		return ReduceSum(Square(Sub(w, Add(Mul(buffer, batch[0]), r.Normal(batch[0])))), 1)
	}
	for schedule, at := range map[EMASchedule]func(k float64) float64{
		"":        func(k float64) float64 { return decay * (1 - math.Pow(decay, k-1)) / (1 - math.Pow(decay, k)) },
		Corrected: func(k float64) float64 { return decay * (1 - math.Pow(decay, k-1)) / (1 - math.Pow(decay, k)) },
		Ramped:    func(k float64) float64 { return min(decay, (1+k)/(10+k)) },
		Constant:  func(float64) float64 { return decay },
	} {
		tr := begin(t, backendtest.Interpreter(t), Plan{
			Loss: loss, Data: Whole(tensors.FromValue([][]float64{{1, 2}})), Adam: Adam{Rate: .1},
			EMA: EMA{decay, schedule}, Every: 1,
		})
		want := []float64{2, -1}
		for r := range tr.Run(t.Context(), steps) {
			d := at(float64(r.Step))
			for i, w := range state(t, tr)["/w"] {
				want[i] = d*want[i] + (1-d)*w
			}
		}
		store, err := tr.EMA()
		if err != nil {
			t.Fatal(err)
		}
		got := contents(t, store)
		if len(got) != 2 || got["/buffer"][0] != 3 || got["/buffer"][1] != 4 {
			t.Errorf("%q: the average holds %v", schedule, got)
		}
		if d, where := apart(t, map[string][]float64{"/w": got["/w"]}, map[string][]float64{"/w": want}); d > 1e-14 {
			t.Errorf("%q: %s is off by %g", schedule, where, d)
		}
		if v := store.GetVariable("/buffer"); v.Trainable || !store.GetVariable("/w").Trainable {
			t.Errorf("%q: a trainable weight changed", schedule)
		}
		if all := state(t, tr); len(all) != 6 { // w, buffer, count, two moments, one average
			t.Errorf("%q: the trainer holds %v", schedule, all)
		}
	}
	tr := begin(t, backendtest.Interpreter(t), Plan{Loss: loss, Data: Whole(tensors.FromValue([][]float64{{1, 2}}))})
	if _, err := tr.EMA(); err == nil {
		t.Error("an average that was not asked for")
	}
}
