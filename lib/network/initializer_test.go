package network

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// Initial weights are the same bits on every backend, whatever is made before them. Another key gives others.
func TestInitialWeights(t *testing.T) {
	n := MLP{Hidden: []int{5}, Init: "torch", Condition: Condition{Frequencies: 2, Classes: 2, Width: 3},
		Key: random.NewKey(1, "weights")}
	weights := func(t *testing.T, b compute.Backend, n Network, scope string, store *model.Store) map[string][]float64 {
		if err := Create(b, store.RootScope().At("%s", scope), n, dtypes.Float64, 2); err != nil {
			t.Fatal(err)
		}
		all := map[string][]float64{}
		for v := range store.RootScope().At("%s", scope).IterVariables() {
			all[v.Path()] = tensors.MustCopyFlatData[float64](v.MustValue())
		}
		return all
	}
	var reference map[string][]float64
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		other := n
		other.Key = random.NewKey(2, "weights")
		weights(t, b, other, "before", store)
		got := weights(t, b, n, "net", store)
		if reference == nil {
			reference = got
		}
		for path, want := range reference {
			for i := range want {
				if got[path][i] != want[i] {
					t.Fatalf("%s[%d] is %v, want %v", path, i, got[path][i], want[i])
				}
			}
		}
		again := weights(t, b, other, "net", model.NewStore())
		if path := "/net/layer0/weights"; again[path][0] == reference[path][0] {
			t.Errorf("%s does not depend on the key", path)
		}
	})
}

// Every initialization is uniform within its bounds, with variance bound^2/3.
func TestInitialBounds(t *testing.T) {
	b := backendtest.Interpreter(t)
	const in, out = 300, 100
	bounds := map[string][2]float64{ // of weights and biases, by hand
		"glorot": {math.Sqrt(6. / 400), 0}, "he": {math.Sqrt(6. / 300), 0}, "lecun": {.1, 0},
		"torch": {1 / math.Sqrt(300), 1 / math.Sqrt(300)}, "zero": {0, 0},
	}
	for _, init := range Initials {
		store := model.NewStore()
		model.MustCallOnce(b, store, func(scope *model.Scope, x *Node) *Node {
			return dense(scope, random.NewKey(3, init.Name), init, x, out)
		}, [][]float64{make([]float64, in)})
		for k, name := range []string{"weights", "bias"} {
			flat := tensors.MustCopyFlatData[float64](store.RootScope().GetVariable(name).MustValue())
			n, bound := float64(len(flat)), bounds[init.Name][k]
			sum, squares := 0., 0.
			for _, v := range flat {
				sum, squares = sum+v/n, squares+v*v/n
				if math.Abs(v) > bound {
					t.Fatalf("%s: %s has %g, beyond %g", init.Name, name, v, bound)
				}
			}
			// 5 standard errors: a uniform variable on [-1, 1] has variance 1/3 and its square 4/45.
			if math.Abs(sum) > 5*bound*math.Sqrt(1/(3*n)) || math.Abs(squares-bound*bound/3) > 5*bound*bound*math.Sqrt(
				4/(45*n)) {
				t.Errorf("%s: %s has mean %g, mean square %g, for a bound of %g", init.Name, name, sum, squares, bound)
			}
		}
	}
}
