package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
)

// Network is a network before it has weights.
type Network interface {
	// Net binds the network to the weights in scope, and answers in the shape and type of x.
	Net(scope *model.Scope) diffusion.Net
	// Validate reports a setting out of its range, or a name that no table has.
	Validate() error
}

// Body is a network with as many outputs as one asks for.
type Body interface {
	Network
	// Apply maps x [batch, d] to [batch, outputs]; logSNR and label are as in diffusion.Net.
	Apply(scope *model.Scope, x, logSNR, label *Node, outputs int) *Node
}

var (
	_ Body    = MLP{}
	_ Body    = ResMLP{}
	_ Network = Energy{}
)

// Spec registers a network with settings that suit points in the plane.
type Spec struct {
	Name    string
	Network Network
}

// Networks lists every kind of network. A line here enrols it in the conformance tests.
var Networks = []Spec{
	{"plain", MLP{Hidden: []int{12}, Activation: "tanh"}},
	{"mlp", MLP{Hidden: []int{128, 128, 128}, Condition: Condition{Frequencies: 16}}},
	{"res-mlp", ResMLP{Width: 128, Blocks: 3, Condition: Condition{Frequencies: 16}}},
	{"energy", Energy{Body: MLP{Hidden: []int{128, 128}, Condition: Condition{Frequencies: 16}}}},
}

// bind makes a Net of a body: it flattens x, and gives the answer its shape.
func bind(b Body, scope *model.Scope) diffusion.Net {
	return func(x, logSNR, label *Node) *Node {
		d := x.Shape().Size() / x.Shape().Dim(0)
		return Reshape(apply(b, scope, x, logSNR, label, d), x.Shape().Dimensions...)
	}
}

// flat is x as [batch, d].
func flat(x *Node) *Node {
	n := x.Shape().Dim(0)
	return Reshape(x, n, x.Shape().Size()/n)
}

// Create makes the variables of a network for samples of the given dimensions, with their initial values, where the
// store does not have them yet. A compiled loop carries the variables that are there when it is built.
func Create(b compute.Backend, scope *model.Scope, n Network, dtype dtypes.DType, dims ...int) error {
	if err := n.Validate(); err != nil {
		return err
	}
	err := exec.Initialize(b, scope.Store(), func(_ *model.Scope, g *Graph) *Node {
		x := Zeros(g, shapes.Make(dtype, append([]int{1}, dims...)...))
		return n.Net(scope)(x, ScalarZero(g, dtype), nil)
	})
	if err != nil {
		return fmt.Errorf("creating the weights of %+v for samples %v: %w", n, dims, err)
	}
	return nil
}
