package diffusion

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
)

// loop is the graph of many steps: one While around stepOnce.
//
// GoMLX on XLA forbids the body to read nodes of the function around it, also through the graph's cache of scalars.
// So the outer function holds nothing but parameters and the While; whatever the body reads, weights too, is state.
func (c *chain) loop(scope *model.Scope, in []*Node) []*Node {
	g := in[0].Graph()
	var weights []*model.Variable
	state := in
	for v := range c.plan.Store.IterVariables() {
		weights = append(weights, v)
		state = append(state, v.NodeValue(g))
	}
	parameters := func(g *Graph) []*Node {
		inner := make([]*Node, len(state))
		for i, node := range state {
			inner[i] = Parameter(g, "", node.Shape())
		}
		return inner
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		return []*Node{LessThan(p[0], p[1])}
	})
	body := NewClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		inner := p[:len(in)]
		for i, v := range weights {
			v.SetNodeValue(p[len(in)+i])
		}
		moved := c.stepOnce(scope, inner)
		next := append([]*Node{AddScalar(inner[0], 1)}, inner[1:len(in)-len(c.state)]...)
		return append(append(next, moved...), p[len(in):]...)
	})
	for i, v := range weights {
		v.SetNodeValue(state[len(in)+i]) // outside the loop a weight is itself again: nothing was updated
	}
	c.refuseConvolution(g)
	return While(more, body, state...)[len(in)-len(c.state) : len(in)]
}

// refuseConvolution ends the build of a loop whose body holds a native convolution: XLA's CPU compiler runs those
// about 30 times slower inside a While.
func (c *chain) refuseConvolution(g *Graph) {
	if c.plan.driver == compiled || !onCPU(c.b) {
		return
	}
	for _, node := range g.Nodes() {
		if node.Type() == NodeTypeConvGeneral {
			panic(errHost)
		}
	}
}

// onCPU tells XLA's CPU client by the name of its device, "TFRT_CPU_0".
func onCPU(b compute.Backend) bool { return strings.Contains(b.DeviceDescription(0), "CPU") }
