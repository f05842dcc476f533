package train

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// BenchmarkStep measures a step of denoising score matching with Adam: a swish network of 3 x 128, batches of 512 from
// 10,000 points. testdata/speed.py measures the same in JAX, in one lax.scan.
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
	finish(b, tr, 200) // compiles, and finds the number of steps of a call
	b.ResetTimer()
	finish(b, tr, 200+b.N)
}
