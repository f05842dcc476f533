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

// Network describes a network, without weights.
type Network interface {
	// Net binds the network to the weights in scope. Its output has the shape and type of x.
	Net(scope *model.Scope) diffusion.Net
	// Validate returns an error for a setting out of its range or an unknown name.
	Validate() error
}

// Body is a network with a given number of outputs.
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

// Networks lists every kind of network. A line here enrolls one in the conformance tests.
var Networks = []Spec{
	{"plain", MLP{Hidden: []int{12}, Activation: "tanh"}},
	{"mlp", MLP{Hidden: []int{128, 128, 128}, Condition: Condition{Frequencies: 16}}},
	{"res-mlp", ResMLP{Width: 128, Blocks: 3, Condition: Condition{Frequencies: 16}}},
	{"energy", Energy{Body: MLP{Hidden: []int{128, 128}, Condition: Condition{Frequencies: 16}}}},
}

// bind makes a Net of a body. It flattens x and gives the output the shape of x.
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

// Create makes those variables of a network that the store does not have yet, with their initial values. dims are the
// dimensions of one sample. A compiled loop carries only the variables that exist when it is built.
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
