package notebook

import (
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/backend"
)

// Numbers of any type are returned as float64, flat and in order.
func TestEval(t *testing.T) {
	t.Setenv(backendEnv, backend.Go)
	got := Eval(func(in []*Node) []*Node {
		return []*Node{Add(in[0], in[0]), Neg(in[1])}
	}, [][]float32{{1.5, 2}, {3, 4}}, int32(7))
	if len(got) != 2 || !slices.Equal(got[0], []float64{3, 4, 6, 8}) || !slices.Equal(got[1], []float64{-7}) {
		t.Errorf("got %v", got)
	}
}
