package network

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
)

// The output of every registered network for a sample depends only on the sample and its noise level. It is independent
// of the other samples, their number and their order. This holds in one dimension and in three, in float32 and float64,
// on both backends. (TestForward covers labels.)
func TestNetworkInvariance(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	answers := map[string][]float64{}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		specs, dims := append(Networks[:len(Networks):len(Networks)], small...), []int{1, 3}
		if b.Name() == "xla" { // which takes seconds to compile each
			specs, dims = Networks, dims[:1]
		}
		for _, spec := range specs {
			for _, d := range dims {
				t.Run(fmt.Sprint(spec.Name, " in ", d), func(t *testing.T) {
					var wide []float64
					for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
						got := invariant(t, b, spec.Network, dtype, d)
						if dtype == dtypes.Float64 {
							wide = got
						}
						// Sums of 128 terms, three or four layers deep, round by about a hundred units in float32.
						closeTo(t, fmt.Sprint("in ", dtype), got, wide, 1e-4)
					}
					if answers[fmt.Sprint(spec, d)] == nil {
						answers[fmt.Sprint(spec, d)] = wide
					}
					closeTo(t, "the Go backend's answers", wide, answers[fmt.Sprint(spec, d)], 1e-11)
				})
			}
		}
	})
}

// invariant checks the outputs for a batch against those for its parts, and returns them.
func invariant(t *testing.T, b compute.Backend, n Network, dtype dtypes.DType, d int) []float64 {
	t.Helper()
	const rows = 5
	x, levels := make([]float64, rows*d), []float64{-3, .5, 7, 1.2, 20}
	for i := range x {
		x[i] = float64((7*i)%11)/4 - 1.3
	}
	out, err := model.CallOnceN(b, scrambled(t, n, dtype, d), func(scope *model.Scope, x, level *Node) []*Node {
		net := n.Net(scope)
		of := func(rows *Node) *Node { // the outputs for these rows
			at := func(x *Node) *Node { return ConvertDType(Gather(x, rows), dtype) }
			return ConvertDType(net(at(x), at(level), nil), dtypes.Float64)
		}
		g := x.Graph()
		all := of(Const(g, [][]int32{{0}, {1}, {2}, {3}, {4}}))
		return []*Node{
			all,
			Gather(of(Const(g, [][]int32{{4}, {2}, {0}, {3}, {1}})), Const(g, [][]int32{{2}, {4}, {1}, {3}, {0}})),
			Concatenate([]*Node{of(Const(g, [][]int32{{0}})), of(Const(g, [][]int32{{1}, {2}})),
				of(Const(g, [][]int32{{3}, {4}}))}, 0),
		}
	}, tensors.FromFlatDataAndDimensions(x, rows, d), tensors.FromFlatDataAndDimensions(levels, rows, 1))
	if err != nil {
		t.Fatal(err)
	}
	tol := 1e-13 // a matrix product of another shape sums in another order
	if dtype == dtypes.Float32 {
		tol = 1e-4
	}
	got := tensors.MustCopyFlatData[float64](out[0])
	closeTo(t, "in another order", tensors.MustCopyFlatData[float64](out[1]), got, tol)
	closeTo(t, "in parts", tensors.MustCopyFlatData[float64](out[2]), got, tol)
	return got
}
