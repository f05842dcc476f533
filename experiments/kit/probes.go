package kit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/figure"
	"scorelab/lib/random"
)

// Probes are the distributions of the probe vectors of Hutchinson's trace estimator.
var Probes = []struct {
	Name  string
	Color figure.Color
	Draw  func(r *random.Source, like *Node) *Node
}{
	{"normal", figure.Blue, (*random.Source).Normal},
	{"Rademacher", figure.Vermillion, (*random.Source).Rademacher},
}
