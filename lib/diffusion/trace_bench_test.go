package diffusion

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// BenchmarkTrace measures the divergence of a network of width 256 on a batch of 256: exactly, by d reverse passes, and
// by Hutchinson's estimate, by one. E21-trace-cost counts the passes.
func BenchmarkTrace(b *testing.B) {
	const batch, width = 256, 256
	for _, d := range []int{2, 8, 32, 128} {
		field := func(x *Node) *Node {
			weights := func(rows, columns int) *Node {
				return MulScalar(Sin(IotaFull(x.Graph(), shapes.Make(dtypes.Float32, rows, columns))), .1)
			}
			h := Tanh(Dot(x, weights(d, width)).Product())
			return Dot(Tanh(Dot(h, weights(width, width)).Product()), weights(width, d)).Product()
		}
		for _, c := range []struct {
			name  string
			trace func(x *Node) *Node
		}{
			{"exact", func(x *Node) *Node { return Divergence(field, x) }},
			{"hutchinson", func(x *Node) *Node { return Hutchinson(field, x, OnesLike(x)) }},
			{"none", field},
		} {
			b.Run(fmt.Sprintf("%s/d=%d", c.name, d), func(b *testing.B) {
				exec, err := NewExec(backendtest.Default(b), func(x *Node) *Node { return ReduceAllSum(c.trace(x)) })
				if err != nil {
					b.Fatal(err)
				}
				defer exec.Finalize()
				x := tensors.FromShape(shapes.Make(dtypes.Float32, batch, d))
				for b.Loop() {
					if _, err := exec.Call1(x); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
