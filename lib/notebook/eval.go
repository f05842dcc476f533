package notebook

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/exec"
)

// Eval computes a graph of its arguments, tensors or Go values, once. It returns the outputs, flat, as float64. An
// error ends the cell.
func Eval(fn func(in []*Node) []*Node, args ...any) [][]float64 {
	return Must(exec.Evaluate(Backend(), fn, args...))
}
