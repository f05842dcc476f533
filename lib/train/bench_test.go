package train

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// BenchmarkStep is a step of denoising score matching: swish network of 3 x 128, batch 512 of 10,000 points, Adam.
// testdata/speed.py holds it against the same in JAX, one lax.scan.
func BenchmarkStep(b *testing.B) {
	swish := func(x *Node) *Node { return Mul(x, Sigmoid(x)) }
	p := Plan{Data: Drawn(512, points(dtypes.Float32, 10_000)), Every: 1000, Loss: func(scope *model.Scope,
		batch []*Node, r *random.Source) *Node {
		x0 := batch[0]
		t := r.Uniform(Slice(x0, AxisRange(), AxisElem(0)))
		eps := r.Normal(x0)
		h := Concatenate([]*Node{Add(x0, Mul(t, eps)), t}, 1)
		for _, name := range []string{"0", "1", "2"} {
			h = swish(dense(scope.At("%s", name), h, 128))
		}
		return ReduceSum(Square(Sub(dense(scope.At("3"), h, 2), eps)), 1)
	}}
	tr := begin(b, backendtest.Default(b), p)
	finish(b, tr, 200) // compiles, and finds how many steps a call takes
	b.ResetTimer()
	finish(b, tr, 200+b.N)
}
