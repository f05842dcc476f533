package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Divergence returns the trace of the Jacobian of f at x [batch, d], as [batch], by d reverse passes. This is the cost
// of implicit score matching (001, "Implicit Score Matching"; 002, section 3).
func Divergence(f func(x *Node) *Node, x *Node) *Node {
	y := f(x)
	var trace *Node
	for i := range x.Shape().Dim(1) {
		row := Gradient(ReduceAllSum(Slice(y, AxisRange(), AxisElem(i))), x)[0]
		term := Squeeze(Slice(row, AxisRange(), AxisElem(i)), 1)
		if trace == nil {
			trace = term
			continue
		}
		trace = Add(trace, term)
	}
	return trace
}

// Hutchinson returns the estimate v.Jv of the divergence of f at x [batch, ...], as [batch], by one reverse pass. It is
// unbiased for any v with E v v^T = I (Hutchinson 1990).
//
// Let S be the symmetric part of the Jacobian. The variance is 2 |S|_F^2 for normal v. It is 2 (|S|_F^2 - sum S_ii^2),
// which is smaller, for Rademacher v.
func Hutchinson(f func(x *Node) *Node, x, v *Node) *Node {
	pull := Gradient(ReduceAllSum(Mul(f(x), StopGradient(v))), x)[0]
	return Reshape(perSample(Mul(pull, v)), x.Shape().Dim(0))
}
