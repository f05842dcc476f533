package train

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// heNormal gives weights of rank 2 or more normal values of variance 2/fan-in (He et al. 2015, equation 10). All others
// are zero. This is GoMLX's default distribution, but the same key gives the same numbers on every backend. Each
// variable of a graph has a stream by the order of creation.
func heNormal(key random.Key) model.VariableInitializer {
	var graph *Graph
	var count uint32
	return func(g *Graph, shape shapes.Shape) *Node {
		if g != graph {
			graph, count = g, 0
		}
		count++
		if shape.Rank() < 2 || !shape.DType.IsFloat() {
			return Zeros(g, shape)
		}
		fanIn := shape.Size() / shape.Dim(-1)
		r := random.At([2]*Node{Const(g, key[0]), Const(g, key[1])}, Const(g, count), Const(g, uint32(0)))
		return MulScalar(r.Normal(Zeros(g, shape)), math.Sqrt(2/float64(fanIn)))
	}
}

// streamOf returns the key of a purpose within a plan.
func (p *Plan) streamOf(purpose string) random.Key {
	return random.NewKey(int64(uint64(p.Key[0])<<32|uint64(p.Key[1])), "train", purpose)
}
