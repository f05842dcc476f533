package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
)

// apply evaluates a body at samples x [batch, ...] and returns [batch, outputs] in the type of x. It computes in the
// precision of the weights in scope. A network trained in float32 therefore serves samplers and references in float64,
// and the reverse.
func apply(b Body, scope *model.Scope, x, logSNR, label *Node, outputs int) *Node {
	mustBeValid("network", b)
	dtype := precision(scope, x.DType())
	y := b.Apply(scope, ConvertDType(flat(x), dtype), ConvertDType(logSNR, dtype), label, outputs)
	return ConvertDType(y, x.DType())
}

// precision returns the floating-point type of the weights in scope. If there are none or their types differ, it
// returns the given type.
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

// mustBeValid panics with the error of Validate, for graph-building code.
func mustBeValid(what string, settings interface{ Validate() error }) {
	if settings == nil {
		panic(fmt.Errorf("there is no %s; give one", what))
	}
	if err := settings.Validate(); err != nil {
		panic(err)
	}
}
