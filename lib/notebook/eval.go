package notebook

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
)

// Eval computes a graph of its arguments, tensors or Go values, once: the outputs, flat, as float64.
func Eval(fn func(in []*Node) []*Node, args ...any) [][]float64 {
	out, err := ExecOnceN(Backend(), func(in []*Node) []*Node {
		nodes := fn(in)
		for i, n := range nodes {
			nodes[i] = ConvertDType(n, dtypes.Float64)
		}
		return nodes
	}, args...)
	if err != nil {
		Check(diffusion.Cause(err))
	}
	flat := make([][]float64, len(out))
	for i, t := range out {
		flat[i] = Must(tensors.CopyFlatData[float64](t))
	}
	return flat
}
