package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// Trainer is a training in progress: weights, moments and averages after a number of steps.
type Trainer struct {
	plan    Plan
	b       compute.Backend
	store   *model.Store
	names   []string // of the curves
	columns []*tensors.Tensor
	order   random.Key // of the data
	noise   random.Key // of the losses
	config  json.RawMessage

	assumed []float64 // standard deviations of the data that the losses assume
	step    int
	window  window // of the data, around step
	curves  *tensors.Tensor

	compiled bool // many steps in a call
	exec     *exec.Exec
	burst    int        // steps of the next call
	drawer   *exec.Exec // of uniforms
}

// Begin makes the weights of a plan and returns its Trainer before the first step. It returns an error for a plan that
// cannot be trained.
func (p Plan) Begin(b compute.Backend) (*Trainer, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	t := &Trainer{plan: p, b: b, store: model.NewStore(), columns: p.Data.columns(), burst: 1}
	t.order, t.noise = p.streamOf("order"), p.streamOf("noise")
	var err error
	if t.config, err = p.describe(); err != nil {
		return nil, err
	}
	t.compiled = exec.CompilesLoops(b) && !p.Hosted
	t.curves = tensors.FromFlatDataAndDimensions([]float64{0}, 1, 1) // until their number is known
	if p.Start != nil {
		if err := copyWeights(t.store, p.Start); err != nil {
			return nil, err
		}
	}
	if err := t.loadWindow(); err != nil {
		return nil, err
	}
	if err := t.create(); err != nil {
		return nil, fmt.Errorf("building the training step: %w", err)
	}
	t.curves = tensors.FromFlatDataAndDimensions(make([]float64, p.Every*len(t.names)), p.Every, len(t.names))
	warnings, err := t.Warnings()
	if err != nil {
		return nil, err
	}
	for _, sentence := range warnings {
		exec.Warn(p.Warn, sentence)
	}
	return t, nil
}

// create builds one step to find the variables and the curves. It then initializes the variables.
func (t *Trainer) create() error {
	seed := t.plan.streamOf("layers")
	// for the random numbers of GoMLX's layers, such as dropout
	t.store.SetParam(model.ParamInitialSeed, int64(uint64(seed[0])<<32|uint64(seed[1])))
	g := NewGraph(t.b, "weights")
	defer g.Finalize()
	model.SetStore(g, t.store)
	err := exec.Try(func() {
		var in []*Node
		for _, a := range t.arguments(0) {
			x, err := tensors.FromAnyValue(a)
			if err != nil {
				panic(err)
			}
			in = append(in, Parameter(g, "", x.Shape()))
		}
		scope := t.store.RootScope().WithInitializer(heNormal(t.plan.streamOf("weights")))
		built := t.buildStep(scope, t.unpack(in), true)
		if t.names, t.assumed = built.names, built.assumedSD(); len(t.names) == 0 {
			panic(errors.New("the plan's Step records nothing, so that a failure would go unnoticed"))
		}
	})
	if err != nil {
		return err
	}
	if err := t.store.InitializeVariables(t.b, nil); err != nil {
		return err
	}
	return t.startAverage()
}

// Step is the number of steps taken.
func (t *Trainer) Step() int { return t.step }

// Close frees the compiled graphs. The weights stay readable.
func (t *Trainer) Close() {
	if t.exec != nil {
		t.exec.Finalize()
		t.exec = nil
	}
	if t.drawer != nil {
		t.drawer.Finalize()
		t.drawer = nil
	}
}

// Run trains until the total number of steps is reached. It yields a report after every multiple of Plan.Every and at
// the end. Between two reports the caller may read the weights, save them, or leave the loop. A later Run continues.
// Run ends with the first error. After a *DivergedError the weights are those before the bad step. When the context
// ends, the error is its cause, after the current call. The report beside an error covers the steps since the previous
// report.
func (t *Trainer) Run(ctx context.Context, until int) iter.Seq2[Report, error] {
	return func(yield func(Report, error) bool) {
		if until < 0 || until > math.MaxInt32 {
			yield(Report{}, fmt.Errorf("training until step %d: give 0 to %d", until, math.MaxInt32))
			return
		}
		for t.step < until {
			from, began := t.step, time.Now()
			to := min(until, (from/t.plan.Every+1)*t.plan.Every)
			err := t.advance(ctx, to)
			report, readErr := t.report(from, time.Since(began))
			if err == nil {
				err = readErr
			}
			if !yield(report, err) || err != nil {
				return
			}
		}
	}
}

// advance takes the steps up to the given one.
func (t *Trainer) advance(ctx context.Context, to int) error {
	for t.step < to {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := t.loadWindow(); err != nil {
			return err
		}
		good, err := t.call(min(to, t.step+t.burst, t.window.to))
		switch {
		case errors.Is(err, exec.ErrHost):
			t.Close()
			t.compiled = false
		case err != nil:
			return fmt.Errorf("training from step %d on: %w", t.step+1, err)
		case !good:
			return t.diverged()
		}
	}
	return nil
}

// loadWindow makes the data's tables for the next step, unless they are current.
func (t *Trainer) loadWindow() (err error) {
	if w := t.window; w.from <= t.step && t.step < w.to {
		return nil
	}
	if t.window, err = t.plan.Data.window(t.step, t.uniforms); err != nil {
		return fmt.Errorf("drawing the batches from step %d on: %w", t.step+1, err)
	}
	return nil
}

// uniforms draws from the random stream of the data's order.
func (t *Trainer) uniforms(first, n, m int) ([]float64, error) {
	if t.drawer == nil {
		var err error
		t.drawer, err = exec.New(t.b, func(k0, k1, first *Node) *Node {
			g := first.Graph()
			r := random.At([2]*Node{k0, k1}, Const(g, uint32(0)), first)
			return r.Uniform(Zeros(g, shapes.Make(dtypes.Float64, n, m)))
		})
		if err != nil {
			return nil, err
		}
	}
	out, err := t.drawer.Call(t.order[0], t.order[1], uint32(first))
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float64](out[0])
}

// shortCall and longCall bound the duration of a call. It is short enough to react to an interrupt quickly, and long
// enough that its overhead is negligible.
const shortCall, longCall = 100 * time.Millisecond, 400 * time.Millisecond

// call runs the graph once. good is false if it stops early, before a step with numbers that are not finite.
func (t *Trainer) call(stop int) (good bool, err error) {
	if t.exec == nil {
		graph := t.stepOnce
		if t.compiled {
			graph = t.loop
		}
		if t.exec, err = exec.NewModel(t.b, t.store, graph); err != nil {
			return false, err
		}
	}
	began := time.Now()
	out, err := t.exec.Call(t.arguments(stop)...)
	if err != nil {
		return false, err
	}
	from := t.step
	t.step = int(tensors.ToScalar[int32](out[0]))
	t.curves = out[2]
	switch took := time.Since(began); {
	case !t.compiled:
	case took < shortCall:
		t.burst = max(1, 4*(t.step-from))
	case took > longCall:
		t.burst = max(1, (t.step-from)/2)
	}
	return t.step == stop, nil
}
