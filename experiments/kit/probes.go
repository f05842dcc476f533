package kit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
)

// Probes are the laws of v.
var Probes = []struct {
	Name  string
	Color figure.Color
	Draw  func(r *diffusion.Random, like *Node) *Node
}{
	{"normal", figure.Blue, (*diffusion.Random).Normal},
	{"Rademacher", figure.Vermillion, (*diffusion.Random).Rademacher},
}
