package network

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// small lists the kinds of Networks, at sizes that the Go backend runs quickly, some with classes.
var small = []Spec{
	{"plain", MLP{Hidden: []int{12}, Activation: "tanh"}},
	{"mlp", MLP{Hidden: []int{8, 7}, Condition: Condition{Frequencies: 3, Width: 5}}},
	{"classes", MLP{Hidden: []int{8}, Last: "zero", Condition: Condition{Frequencies: 2, Classes: 3, Width: 4}}},
	{"res-mlp", ResMLP{Width: 8, Blocks: 2, Init: "lecun", Condition: Condition{Frequencies: 3, Classes: 2, Width: 5}}},
	{"energy", Energy{MLP{Hidden: []int{8, 8}, Activation: "softplus", Init: "torch",
		Condition: Condition{Frequencies: 3, Width: 5}}}},
	{"res-energy", Energy{ResMLP{Width: 8, Blocks: 1, Condition: Condition{Frequencies: 3, Width: 5}}}},
}

// Every registered network is valid and has a small one of its kind here.
func TestRegistry(t *testing.T) {
	for _, spec := range Networks {
		if err := spec.Network.Validate(); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
		if !strings.Contains(fmt.Sprint(small), fmt.Sprintf("{%s ", spec.Name)) {
			t.Errorf("%s is not tested", spec.Name)
		}
	}
}

// scrambled returns a store with weights of a network, none of them zero, for any backend.
func scrambled(t *testing.T, n Network, dtype dtypes.DType, dims ...int) *model.Store {
	t.Helper()
	store := model.NewStore()
	if err := Create(backendtest.Interpreter(t), store.RootScope(), n, dtype, dims...); err != nil {
		t.Fatal(err)
	}
	phase := 0.
	for v := range store.IterVariables() {
		flat := make([]float64, v.Shape().Size())
		for i := range flat {
			phase++
			flat[i] = .6 * math.Sin(phase*phase)
		}
		value := tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...)
		if dtype == dtypes.Float32 {
			value = tensors.FromFlatDataAndDimensions(narrow(flat), v.Shape().Dimensions...)
		}
		if err := v.SetValue(value); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// A network's output has the shape and type of x, for one time or one per sample. Its variables are made once.
func TestNetworkConformance(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range small {
			for dtype, dims := range map[dtypes.DType][]int{dtypes.Float64: {2}, dtypes.Float32: {2, 2, 1}} {
				if dtype == dtypes.Float64 && b.Name() == "xla" {
					continue // covered by TestNetworkInsideTheLoops
				}
				t.Run(fmt.Sprint(spec.Name, dtype, dims), func(t *testing.T) {
					store := scrambled(t, spec.Network, dtype, dims...)
					before := store.NumVariables()
					out, err := model.CallOnceN(b, store, func(scope *model.Scope, x *Node) []*Node {
						shape := append([]int{3}, dims...)
						x = Reshape(ConvertDType(x, dtype), shape...)
						one := Scalar(x.Graph(), dtype, 1.5)
						net := spec.Network.Net(scope)
						column := []int{3, 1}
						for range dims[1:] {
							column = append(column, 1)
						}
						first, second := net(x, one, nil), net(x, BroadcastToDims(one, column...), nil)
						first.AssertDims(shape...)
						third := net(Slice(x, AxisRange(1, 2)), one, nil) // a batch of its own
						wide := func(x *Node) *Node { return ConvertDType(x, dtypes.Float64) }
						return []*Node{wide(first), wide(second), wide(third)}
					}, []float64{.1, .2, -.3, .4, 1, 2, -.7, .8, .9, 1, 0, -1}[:3*product(dims)])
					if err != nil {
						t.Fatal(err)
					}
					if store.NumVariables() != before {
						t.Errorf("%d variables became %d", before, store.NumVariables())
					}
					tol := 1e-14
					if dtype == dtypes.Float32 {
						tol = 1e-5
					}
					first := tensors.MustCopyFlatData[float64](out[0])
					closeTo(t, "a time for each", tensors.MustCopyFlatData[float64](out[1]), first, tol)
					d := len(first) / 3
					closeTo(t, "a sample alone", tensors.MustCopyFlatData[float64](out[2]), first[d:2*d], tol)
				})
			}
		}
	})
}

func product(dims []int) int {
	p := 1
	for _, d := range dims {
		p *= d
	}
	return p
}

func closeTo(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// Networks for points in the plane have the number of parameters that is counted by hand.
func TestParameterCounts(t *testing.T) {
	b := backendtest.Interpreter(t)
	for name, want := range map[string]int{
		"plain":      2*12 + 12 + 12*2 + 2,
		"mlp":        (6*5 + 5) + (2*8 + 8) + (5*8 + 8) + (8*7 + 7) + (7*2 + 2),
		"classes":    (4*4 + 4) + 4*4 + (2*8 + 8) + (4*8 + 8) + (8*2 + 2),
		"res-mlp":    (6*5 + 5) + 3*5 + (2*8 + 8) + 2*((8*8+8)+2*(5*8+8)+(8*8+8)) + (8*2 + 2),
		"energy":     (6*5 + 5) + (2*8 + 8) + (5*8 + 8) + (8*8 + 8) + (8 + 1),
		"res-energy": (6*5 + 5) + (2*8 + 8) + ((8*8 + 8) + 2*(5*8+8) + (8*8 + 8)) + (8 + 1),
	} {
		for _, spec := range small {
			if spec.Name != name {
				continue
			}
			store := model.NewStore()
			if err := Create(b, store.RootScope().At("net"), spec.Network, dtypes.Float32, 2); err != nil {
				t.Fatal(err)
			}
			if got := store.NumParameters(); got != want {
				t.Errorf("%s has %d parameters, want %d", name, got, want)
			}
		}
	}
}

// A sampler in a compiled loop on XLA gives the samples of the Go backend, which steps from the host. Heun's method
// evaluates the network twice a step.
func TestNetworkInsideTheLoops(t *testing.T) {
	for _, spec := range small {
		t.Run(spec.Name, func(t *testing.T) {
			var want []float64
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				plan := diffusion.Plan{
					Store: scrambled(t, spec.Network, dtypes.Float64, 2),
					Build: func(scope *model.Scope, _ []*Node) diffusion.Model {
						p := diffusion.VP{}
						return diffusion.Model{Process: p, Denoise: diffusion.EDMHead(1).Denoiser(
							p, spec.Network.Net(scope), nil)}
					},
					Sampler: diffusion.Flow(diffusion.HeunMethod),
					Grid:    []float64{1, .8, .5, .2, .05},
				}
				end, err := plan.Run(b, tensors.FromValue([][]float64{{.3, -1}, {1.2, .4}, {-.5, -.6}, {2, 1}}))
				if err != nil {
					t.Fatal(err)
				}
				got := tensors.MustCopyFlatData[float64](end)
				if want == nil {
					want = got
				}
				closeTo(t, "samples", got, want, 1e-11)
			})
		})
	}
}
