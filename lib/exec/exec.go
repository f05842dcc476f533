package exec

import (
	"fmt"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Exec is a graph function that is compiled once for each set of shapes that it is called with. The caller finalizes
// it.
type Exec struct {
	compiled interface {
		Call(args ...any) ([]*tensors.Tensor, error)
		Finalize()
	}
}

// New prepares a graph function, which is built at the first call. The types of functions are those of graph.NewExec.
func New[F graph.ExecGraphFn](b compute.Backend, fn F) (*Exec, error) {
	return wrap(graph.NewExec(b, guarded(fn)))
}

// NewModel prepares a graph function that reads the weights of a store; nil is an empty store. It reports weights that
// are missing, where model.NewExec would make them and fill them at random. Initialize is the function that makes
// weights.
func NewModel[F model.ExecGraphFn](b compute.Backend, weights *model.Store, fn F) (*Exec, error) {
	if weights == nil {
		weights = model.NewStore()
	}
	return wrap(model.NewExec(b, weights, wrapped(fn, func(build func()) error { return reading(weights, build) })))
}

// Initialize runs a graph function once, to make its weights in the store.
func Initialize[F model.ExecGraphFn](b compute.Backend, weights *model.Store, fn F, args ...any) error {
	e, err := wrap(model.NewExec(b, weights, guarded(fn)))
	_, err = e.once(err, args)
	return err
}

// reading is Try for functions that must not make weights.
func reading(weights *model.Store, build func()) error {
	known := map[string]bool{}
	for v := range weights.IterVariables() {
		known[v.Path()] = true
	}
	err := Try(build)
	var missing []string
	for v := range weights.IterVariables() {
		if !known[v.Path()] {
			missing = append(missing, v.Path())
		}
	}
	for _, path := range missing { // otherwise they would exist, at random, at the next try
		if err := weights.DeleteVariable(path); err != nil {
			return err
		}
	}
	if len(missing) > 0 { // a missing weight causes most other errors, too
		return fmt.Errorf("the model reads the weight %s, which is not in its store of %d weights: give the store "+
			"that was trained", missing[0], len(known))
	}
	return err
}

func wrap[E interface {
	Call(args ...any) ([]*tensors.Tensor, error)
	Finalize()
}](e E, err error) (*Exec, error) {
	if err != nil {
		return nil, Cause(err)
	}
	return &Exec{e}, nil
}

// guarded turns every panic of a graph function, and runtime.Goexit, into a panic with an error.
func guarded[F any](fn F) F { return wrapped(fn, Try) }

// wrapped calls a graph function through another function, and panics with the error of that function.
func wrapped[F any](fn F, by func(build func()) error) F {
	f := reflect.ValueOf(fn)
	safe := reflect.MakeFunc(f.Type(), func(args []reflect.Value) (out []reflect.Value) {
		if err := by(func() { out = f.Call(args) }); err != nil {
			panic(err)
		}
		return out
	})
	return safe.Interface().(F)
}

// Call computes the outputs for tensors or Go values. Its error is the cause alone.
func (e *Exec) Call(args ...any) (out []*tensors.Tensor, err error) {
	// Try guards once more, because GoMLX itself calls the graph functions that give weights their initial values.
	if failed := Try(func() { out, err = e.compiled.Call(args...) }); failed != nil {
		return nil, failed
	}
	return out, Cause(err)
}

// Call1 is Call for graphs of one output.
func (e *Exec) Call1(args ...any) (*tensors.Tensor, error) {
	out, err := e.Call(args...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// Call2 is Call for graphs of two outputs.
func (e *Exec) Call2(args ...any) (first, second *tensors.Tensor, err error) {
	out, err := e.Call(args...)
	if err != nil {
		return nil, nil, err
	}
	return out[0], out[1], nil
}

// Finalize frees what was compiled.
func (e *Exec) Finalize() { e.compiled.Finalize() }

// Once computes a graph of one output and frees it.
func Once[F graph.ExecGraphFnOneOutput](b compute.Backend, fn F, args ...any) (*tensors.Tensor, error) {
	out, err := OnceN(b, fn, args...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// OnceN computes a graph of any number of outputs and frees it.
func OnceN[F graph.ExecGraphFn](b compute.Backend, fn F, args ...any) ([]*tensors.Tensor, error) {
	e, err := New(b, fn)
	return e.once(err, args)
}

// ModelOnceN computes a graph of any number of outputs that reads weights, and frees it.
func ModelOnceN[F model.ExecGraphFn](b compute.Backend, weights *model.Store, fn F, args ...any) ([]*tensors.Tensor,
	error) {
	e, err := NewModel(b, weights, fn)
	return e.once(err, args)
}

func (e *Exec) once(err error, args []any) ([]*tensors.Tensor, error) {
	if err != nil {
		return nil, err
	}
	defer e.Finalize()
	return e.Call(args...)
}
