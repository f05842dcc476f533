package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
)

// apply is what a body answers to samples x [batch, ...]: [batch, outputs], in the type of x. It computes in the
// precision of the weights that scope has, so that a network trained in float32 serves samplers and oracles in float64,
// and the reverse.
func apply(b Body, scope *model.Scope, x, logSNR, label *Node, outputs int) *Node {
	mustBeValid("network", b)
	dtype := precision(scope, x.DType())
	y := b.Apply(scope, ConvertDType(flat(x), dtype), ConvertDType(logSNR, dtype), label, outputs)
	return ConvertDType(y, x.DType())
}

// precision is the one floating-point type of the weights in scope; where there are none, or of several types, it is
// the given one.
func precision(scope *model.Scope, otherwise dtypes.DType) dtypes.DType {
	found := dtypes.InvalidDType
	for v := range scope.IterVariables() {
		switch dtype := v.DType(); {
		case !dtype.IsFloat() || dtype == found:
		case found == dtypes.InvalidDType:
			found = dtype
		default:
			return otherwise
		}
	}
	if found == dtypes.InvalidDType {
		return otherwise
	}
	return found
}

// mustBeValid panics with what Validate reports, for graph-building code.
func mustBeValid(what string, settings interface{ Validate() error }) {
	if settings == nil {
		panic(fmt.Errorf("there is no %s; give one", what))
	}
	if err := settings.Validate(); err != nil {
		panic(err)
	}
}
