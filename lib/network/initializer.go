package network

import (
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// Initializer is a distribution of initial weights: uniform between plus and minus a bound, for the weights and for the
// bias of a layer.
type Initializer struct {
	Name  string
	Bound func(fanIn, fanOut int) (weights, bias float64)
}

// Initials lists every initialization under its name in settings. No name means the first.
var Initials = []Initializer{
	// Glorot and Bengio 2010, equation 16.
	{"glorot", func(in, out int) (float64, float64) { return math.Sqrt(6 / float64(in+out)), 0 }},
	// He et al. 2015, equation 10, as a uniform distribution of the same variance.
	{"he", func(in, _ int) (float64, float64) { return math.Sqrt(6 / float64(in)), 0 }},
	// LeCun et al. 1998, section 4.6: unit variance in, unit variance out.
	{"lecun", func(in, _ int) (float64, float64) { return math.Sqrt(3 / float64(in)), 0 }},
	// The default of torch.nn.Linear.
	{"torch", func(in, _ int) (float64, float64) { return 1 / math.Sqrt(float64(in)), 1 / math.Sqrt(float64(in)) }},
	{"zero", func(_, _ int) (float64, float64) { return 0, 0 }},
}

// initial returns the initialization of this name, or an error that lists the names.
func initial(name string) (Initializer, error) {
	return find("initialization", name, Initials, func(i Initializer) string { return i.Name })
}

// dense is x W + b for x [batch, d], with W and b as variables in scope.
func dense(scope *model.Scope, key random.Key, init Initializer, x *Node, width int) *Node {
	fanIn := x.Shape().Dim(1)
	weights, bias := init.Bound(fanIn, width)
	w := variable(scope, key, "weights", weights, shapes.Make(x.DType(), fanIn, width))
	b := variable(scope, key, "bias", bias, shapes.Make(x.DType(), 1, width))
	return Add(Dot(x, w.NodeValue(x)).Product(), b.NodeValue(x))
}

// variable returns a variable and makes it at its first use. Its values are uniform between -bound and bound, from the
// random stream named by the key and the path.
func variable(scope *model.Scope, key random.Key, name string, bound float64, shape shapes.Shape) *model.Variable {
	stream := key.Sub(scope.Scope(), name)
	return filled(scope, name, shape, func(g *Graph, shape shapes.Shape) *Node {
		return uniform(g, stream, bound, shape)
	})
}

// filled returns a variable and makes it at its first use, with values from a graph.
func filled(scope *model.Scope, name string, shape shapes.Shape,
	with func(g *Graph, shape shapes.Shape) *Node) *model.Variable {
	return scope.WithInitializer(with).VariableWithShape(name, shape)
}

// uniform draws between -bound and bound.
func uniform(g *Graph, stream random.Key, bound float64, shape shapes.Shape) *Node {
	zero := Zeros(g, shape)
	if bound == 0 {
		return zero
	}
	u := random.New(g, stream).Uniform(zero)
	return MulScalar(AddScalar(MulScalar(u, 2), -1), bound)
}

// find looks a name up in a table. No name means the first row.
func find[T any](kind, name string, table []T, nameOf func(T) string) (T, error) {
	var names []string
	for _, row := range table {
		if name == "" || nameOf(row) == name {
			return row, nil
		}
		names = append(names, nameOf(row))
	}
	var none T
	return none, fmt.Errorf("no %s %q; there are %s", kind, name, strings.Join(names, ", "))
}
