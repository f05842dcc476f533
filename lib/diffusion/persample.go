package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Numbers that belong to whole samples are in columns [batch, 1, ...] with the rank of x, which broadcast over x.

// perSample sums over all axes but the first, and keeps the axes with length 1: [batch, 1, ...].
func perSample(x *Node) *Node {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i + 1
	}
	return ReduceAndKeep(x, ReduceSum, axes...)
}

// column is v, [batch], as a column for x.
func column(v, x *Node) *Node {
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = x.Shape().Dim(0)
	return Reshape(v, dims...)
}

// choose takes whole samples from yes or no, by a column of booleans.
func choose(take, yes, no *Node) *Node {
	return Where(BroadcastToDims(take, no.Shape().Dimensions...), yes, no)
}

// rowsIn returns the shape of x as [batch, elements of a sample].
func rowsIn(x *Node) (n, m int) {
	n = x.Shape().Dim(0)
	return n, x.Shape().Size() / n
}
