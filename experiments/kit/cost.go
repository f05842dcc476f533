package kit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// matmuls counts the matrix products that some nodes of a graph depend on, and their multiplications. They dominate the
// cost of a wide network and do not depend on the machine.
type matmuls struct {
	Count int
	Work  float64
}

// MatmulsOf counts the products below nodes. A product of [b, i] and [i, o] takes b i o multiplications, the root of
// the product of the three sizes.
func MatmulsOf(nodes ...*Node) matmuls {
	var p matmuls
	seen := map[NodeId]bool{}
	for len(nodes) > 0 {
		n := nodes[len(nodes)-1]
		nodes = nodes[:len(nodes)-1]
		if seen[n.Id()] {
			continue
		}
		seen[n.Id()] = true
		if n.Type() == NodeTypeDotGeneral {
			p.Count++
			p.Work += math.Sqrt(float64(n.Inputs()[0].Shape().Size()) * float64(n.Inputs()[1].Shape().Size()) *
				float64(n.Shape().Size()))
		}
		nodes = append(nodes, n.Inputs()...)
	}
	return p
}

// BuildOnly builds a graph on a batch x [n, d] without running it, to count its operations.
func BuildOnly(l *suite.Lab, n, d int, build func(scope *model.Scope, x *Node)) error {
	g := NewGraph(l.Backend, "draft")
	defer g.Finalize()
	store := model.NewStore()
	model.SetStore(g, store)
	return exec.Try(func() {
		build(store.RootScope(), Parameter(g, "x", shapes.Make(dtypes.Float32, n, d)))
	})
}

// StepWork is the work of one gradient of a learner's loss in its weights on a batch [n, d], in units of one evaluation
// of its network.
func StepWork(l *suite.Lab, p Learner, n, d int) (work float64, err error) {
	err = BuildOnly(l, n, d, func(scope *model.Scope, x *Node) {
		alone := MatmulsOf(p.Bound(scope)(x, ScalarLike(x, 0), nil))
		loss := ReduceAllMean(p.on(scope, []*Node{x}, random.New(x.Graph(), l.Key("draft"))))
		work = MatmulsOf(Gradient(loss, WeightsIn(scope, x.Graph())...)...).Work / alone.Work
	})
	return work, err
}

// WeightsIn are the trainable weights in a scope's store, as nodes.
func WeightsIn(scope *model.Scope, g *Graph) []*Node {
	var weights []*Node
	for v := range scope.Store().IterVariables() {
		if v.Trainable {
			weights = append(weights, v.NodeValue(g))
		}
	}
	return weights
}
