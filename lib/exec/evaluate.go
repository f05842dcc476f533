package exec

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Evaluate computes a graph of its arguments, tensors or Go values, once. It returns the outputs, flat, as float64.
func Evaluate(b compute.Backend, fn func(in []*graph.Node) []*graph.Node, args ...any) ([][]float64, error) {
	out, err := OnceN(b, func(in []*graph.Node) []*graph.Node {
		nodes := fn(in)
		for i, n := range nodes {
			nodes[i] = graph.ConvertDType(n, dtypes.Float64)
		}
		return nodes
	}, args...)
	if err != nil {
		return nil, err
	}
	flat := make([][]float64, len(out))
	for i, t := range out {
		if flat[i], err = tensors.CopyFlatData[float64](t); err != nil {
			return nil, err
		}
	}
	return flat, nil
}
