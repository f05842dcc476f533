package exec

import (
	"errors"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
)

// ErrHost is the panic value of a Loop's graph whose body runs faster step by step.
var ErrHost = errors.New("this step runs faster alone than inside a loop")

// CompilesLoops reports whether a loop over steps should be compiled. The Go backend interprets its graphs, so a
// compiled loop gains nothing there, and its While cannot hold a gradient. On XLA only native convolutions, on a CPU,
// are faster outside the loop (see RefuseConvolution).
func CompilesLoops(b compute.Backend) bool { return b.Name() == "xla" }

// Loop is the graph of a While: as long as state[0] < state[1], the state becomes body(state). The body may read and
// set the variables of the store.
//
// GoMLX on XLA does not let the body read nodes of the function around it, also not through the graph's cache of
// scalars. So the outer function holds nothing but parameters and the While. Whatever the body reads, weights included,
// is state.
func Loop(store *model.Store, state []*graph.Node, body func(state []*graph.Node) []*graph.Node) []*graph.Node {
	g := state[0].Graph()
	var variables []*model.Variable
	all := append([]*graph.Node(nil), state...)
	for v := range store.IterVariables() {
		variables = append(variables, v)
		all = append(all, v.NodeValue(g))
	}
	parameters := func(g *graph.Graph) []*graph.Node {
		inner := make([]*graph.Node, len(all))
		for i, node := range all {
			inner[i] = graph.Parameter(g, "", node.Shape())
		}
		return inner
	}
	more := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := parameters(g)
		return []*graph.Node{graph.LessThan(p[0], p[1])}
	})
	changed := make([]bool, len(variables))
	moved := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := parameters(g)
		values := p[len(state):]
		for i, v := range variables {
			v.SetNodeValue(values[i])
		}
		next := append([]*graph.Node(nil), body(p[:len(state):len(state)])...)
		for i, v := range variables {
			changed[i] = v.NodeValue(g) != values[i]
			next = append(next, v.NodeValue(g))
		}
		return next
	})
	for i, v := range variables {
		v.SetNodeValue(all[len(state)+i]) // outside the loop a variable has its outer value again
	}
	end := graph.While(more, moved, all...)
	for i, v := range variables {
		if changed[i] {
			v.SetNodeValue(end[len(state)+i])
		}
	}
	return end[:len(state)]
}

// RefuseConvolution ends the build of a loop whose body holds a native convolution, with ErrHost. XLA's CPU compiler
// runs convolutions about 30 times slower inside a While.
func RefuseConvolution(b compute.Backend, g *graph.Graph) {
	if !onCPU(b) {
		return
	}
	for _, node := range g.Nodes() {
		if node.Type() == graph.NodeTypeConvGeneral {
			panic(ErrHost)
		}
	}
}

// onCPU recognizes XLA's CPU client by the name of its device, "TFRT_CPU_0".
func onCPU(b compute.Backend) bool { return strings.Contains(b.DeviceDescription(0), "CPU") }
