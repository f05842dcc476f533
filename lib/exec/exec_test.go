package exec_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
)

var errChosen = errors.New("chosen")

// faults are the ways in which a graph function ends without a result, and what the error must say.
var faults = []struct {
	name string
	do   func()
	says string
}{
	{"error", func() { panic(errChosen) }, "chosen"},
	{"wrapped error", func() { panic(fmt.Errorf("outer: %w", errChosen)) }, "chosen"},
	{"text", func() {
		panic("text\nof two lines")
	}, "a graph function panicked: text of two lines (exec/exec_test.go:"},
	{"number", func() { panic(7) }, "a graph function panicked: 7 (exec/exec_test.go:"},
	{"index", func() { _ = []int{}[len(faultless)] }, "index out of range [0] with length 0 (exec/exec_test.go:"},
	{"nil", func() { var x *Node; _ = x.Shape().Dim(0) }, "runtime error: "},
	{"Goexit", runtime.Goexit, "runtime.Goexit"},
}

var faultless []int

// within fails a test whose function hangs.
func within(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("never returned")
	}
}

func TestEveryPanicIsAnError(t *testing.T) {
	one := []float64{1} // a tensor would belong to the first backend
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, f := range faults {
			entrances := map[string]func() error{
				"Once": func() error {
					_, err := exec.Once(b, func(x *Node) *Node { f.do(); return x }, one)
					return err
				},
				"OnceN": func() error {
					_, err := exec.OnceN(b, func(g *Graph) []*Node { f.do(); return nil })
					return err
				},
				"ModelOnceN": func() error {
					_, err := exec.ModelOnceN(b, nil, func(_ *model.Scope, x *Node) *Node { f.do(); return x }, one)
					return err
				},
				"a loop": func() error {
					return loopOf(b, f.do, one)
				},
				"an initializer": func() error {
					return exec.Initialize(b, model.NewStore(), func(s *model.Scope, x *Node) *Node {
						s = s.WithInitializer(func(g *Graph, shape shapes.Shape) *Node {
							f.do()
							return Zeros(g, shape)
						})
						return Add(x, s.VariableWithShape("w", x.Shape()).NodeValue(x.Graph()))
					}, one)
				},
			}
			for name, call := range entrances {
				t.Run(f.name+"/"+name, func(t *testing.T) {
					within(t, func() {
						err := call()
						says := f.says
						if name == "an initializer" { // GoMLX raises its panics a second time
							says, _, _ = strings.Cut(says, " (")
						}
						if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
							t.Errorf("%v; should be one line that says %q", err, says)
						}
						if chosen := strings.HasSuffix(f.name, "error"); errors.Is(err, errChosen) != chosen {
							t.Errorf("%v is errChosen: %v", err, !chosen)
						}
					})
				})
			}
		}
	})
}

// loopOf fails inside the body of a While.
func loopOf(b compute.Backend, do func(), x any) error {
	_, err := exec.Once(b, func(x *Node) *Node {
		more := NewClosure(x.Graph(), func(g *Graph) []*Node {
			return []*Node{LogicalAll(LessThan(Parameter(g, "", x.Shape()), Scalar(g, x.DType(), 5)))}
		})
		body := NewClosure(x.Graph(), func(g *Graph) []*Node {
			y := Parameter(g, "", x.Shape())
			do()
			return []*Node{AddScalar(y, 1)}
		})
		return While(more, body, x)[0]
	}, x)
	return err
}

// TestExecAfterAnError checks that the same Exec builds other shapes, is called again and is freed after an error.
func TestExecAfterAnError(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		within(t, func() {
			e, err := exec.New(b, func(x *Node) *Node {
				if x.Shape().Size() == 2 {
					panic("two")
				}
				return AddScalar(x, 1)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Finalize()
			for range 2 {
				if _, err := e.Call([]float64{1, 2}); err == nil {
					t.Error("no error")
				}
			}
			out, err := e.Call1([]float64{1})
			if err != nil || tensors.MustCopyFlatData[float64](out)[0] != 2 {
				t.Errorf("%v, %v", out, err)
			}
		})
	})
}

func TestCause(t *testing.T) {
	if exec.Cause(nil) != nil {
		t.Error("a cause of nothing")
	}
	if err := exec.Cause(fmt.Errorf("a: %w", fmt.Errorf("b: %w", errChosen))); err != errChosen {
		t.Errorf("%v", err)
	}
}

// TestMissingWeights checks that missing weights are an error, not random numbers. Weights that Initialize has made are
// read.
func TestMissingWeights(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		fn := func(s *model.Scope, x *Node) *Node {
			w := s.In("layer").WithInitializer(func(g *Graph, shape shapes.Shape) *Node { return Ones(g, shape) })
			return Add(x, w.VariableWithShape("w", x.Shape()).NodeValue(x.Graph()))
		}
		weights := model.NewStore()
		empty := model.NewStore()
		for _, store := range []*model.Store{nil, empty, empty} { // the same error the second time
			_, err := exec.ModelOnceN(b, store, fn, []float64{1})
			want := "the model reads the weight /layer/w, which is not in its store of 0 weights: give the store " +
				"that was trained"
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if err := exec.Initialize(b, weights, fn, []float64{1}); err != nil {
			t.Fatal(err)
		}
		out, err := exec.ModelOnceN(b, weights, fn, []float64{1})
		if err != nil || tensors.MustCopyFlatData[float64](out[0])[0] != 2 {
			t.Errorf("%v, %v", out, err)
		}
	})
}
