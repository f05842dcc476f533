package diffusion

import (
	"errors"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
)

// ErrHost is what the graph of a Loop panics with when its body runs better step by step.
var ErrHost = errors.New("this step runs faster alone than inside a loop")

// CompilesLoops says whether a loop over steps is best compiled. The Go backend interprets its graphs, so a compiled loop
// gains nothing there, and its While cannot hold a gradient. On XLA only native convolutions, on a CPU, are better off
// alone (see RefuseConvolution).
func CompilesLoops(b compute.Backend) bool { return b.Name() == "xla" }

// Loop is the graph of a While: as long as state[0] < state[1], the state becomes body(state). The body may read and set
// the variables of the store.
//
// GoMLX on XLA forbids the body to read nodes of the function around it, also through the graph's cache of scalars.
// So the outer function holds nothing but parameters and the While; whatever the body reads, weights too, is state.
func Loop(store *model.Store, state []*Node, body func(state []*Node) []*Node) []*Node {
	g := state[0].Graph()
	var variables []*model.Variable
	all := append([]*Node(nil), state...)
	for v := range store.IterVariables() {
		variables = append(variables, v)
		all = append(all, v.NodeValue(g))
	}
	parameters := func(g *Graph) []*Node {
		inner := make([]*Node, len(all))
		for i, node := range all {
			inner[i] = Parameter(g, "", node.Shape())
		}
		return inner
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		return []*Node{LessThan(p[0], p[1])}
	})
	changed := make([]bool, len(variables))
	moved := NewClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		values := p[len(state):]
		for i, v := range variables {
			v.SetNodeValue(values[i])
		}
		next := append([]*Node(nil), body(p[:len(state):len(state)])...)
		for i, v := range variables {
			changed[i] = v.NodeValue(g) != values[i]
			next = append(next, v.NodeValue(g))
		}
		return next
	})
	for i, v := range variables {
		v.SetNodeValue(all[len(state)+i]) // outside the loop a variable is itself again
	}
	end := While(more, moved, all...)
	for i, v := range variables {
		if changed[i] {
			v.SetNodeValue(end[len(state)+i])
		}
	}
	return end[:len(state)]
}

// RefuseConvolution ends the build of a loop whose body holds a native convolution, with ErrHost: XLA's CPU compiler
// runs those about 30 times slower inside a While.
func RefuseConvolution(b compute.Backend, g *Graph) {
	if !onCPU(b) {
		return
	}
	for _, node := range g.Nodes() {
		if node.Type() == NodeTypeConvGeneral {
			panic(ErrHost)
		}
	}
}

// onCPU tells XLA's CPU client by the name of its device, "TFRT_CPU_0".
func onCPU(b compute.Backend) bool { return strings.Contains(b.DeviceDescription(0), "CPU") }

// loop is the graph of many steps: a Loop around stepOnce.
func (c *chain) loop(scope *model.Scope, in []*Node) []*Node {
	own := len(in) - len(c.state) // what every step reads and none changes, but for the counter
	end := Loop(c.plan.Store, in, func(in []*Node) []*Node {
		moved := c.stepOnce(scope, in)
		return append(append(moved[:1:1], in[1:own]...), moved[1:]...)
	})
	if c.plan.driver != compiled {
		RefuseConvolution(c.b, in[0].Graph())
	}
	return append(end[:1:1], end[own:]...)
}
