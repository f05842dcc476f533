package network

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Activation is a nonlinearity that acts on each element.
type Activation struct {
	Name  string
	Apply func(x *Node) *Node
}

// Activations lists every activation under its name in settings. No name means the first. All except for relu have a
// continuous derivative. An energy and the objectives with a trace need one.
var Activations = []Activation{
	{"swish", func(x *Node) *Node { return Mul(x, Sigmoid(x)) }}, // Ramachandran, Zoph and Le 2017
	{"tanh", Tanh},
	{"softplus", Softplus},
	{"gelu", func(x *Node) *Node { // Hendrycks and Gimpel 2016, exact
		return MulScalar(Mul(x, OnePlus(Erf(MulScalar(x, math.Sqrt2/2)))), .5)
	}},
	{"sine", Sin},
	{"relu", func(x *Node) *Node { return Max(x, ZerosLike(x)) }},
}

// activation returns the activation of this name, or an error that lists the names.
func activation(name string) (Activation, error) {
	return find("activation", name, Activations, func(a Activation) string { return a.Name })
}
