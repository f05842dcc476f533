package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// systematic draws n of n samples in proportion to their weights w [groups, n], which sum to 1. It uses one uniform u
// in (0, 1], [groups, 1], for each group. Sample j is drawn between floor and ceil of n w_j times (Carpenter, Clifford
// and Fearnhead 1999; Kitagawa 1996). The result is the indices [groups, n], int32, in rising order.
func systematic(w, u *Node) *Node {
	groups, n := w.Shape().Dim(0), w.Shape().Dim(1)
	ladder := Iota(w.Graph(), shapes.Make(w.DType(), groups, n), 1)
	at := MulScalar(Add(ladder, u), 1/float64(n)) // where to search, in (0, 1]
	sums := Reshape(runningSum(w), groups*n)
	first := MulScalar(Iota(w.Graph(), indices(groups, n), 0), n)
	// The index is the number of sums below at. All places are bisected together.
	below := Zeros(w.Graph(), indices(groups, n))
	for step := highBit(n); step > 0; step /= 2 {
		next := AddScalar(below, float64(step))
		inside := LessOrEqual(next, MulScalar(OnesLike(next), n))
		place := Min(AddScalar(next, -1), MulScalar(OnesLike(next), n-1))
		sum := Reshape(Gather(sums, Reshape(Add(place, first), groups*n, 1)), groups, n)
		below = Where(LogicalAnd(inside, LessThan(sum, at)), next, below)
	}
	return Min(below, MulScalar(OnesLike(below), n-1)) // the last sum may be rounded to below 1
}

// indices is the shape of an index for every sample.
func indices(groups, n int) shapes.Shape { return shapes.Make(dtypes.Int32, groups, n) }

// highBit is the largest power of 2 up to n.
func highBit(n int) int {
	bit := 1
	for 2*bit <= n {
		bit *= 2
	}
	return bit
}

// runningSum sums along axis 1 of [groups, n], in log2 n additions of shifted rows (Hillis and Steele 1986).
func runningSum(x *Node) *Node {
	groups, n := x.Shape().Dim(0), x.Shape().Dim(1)
	for by := 1; by < n; by *= 2 {
		zeros := Zeros(x.Graph(), shapes.Make(x.DType(), groups, by))
		x = Add(x, Concatenate([]*Node{zeros, Slice(x, AxisRange(), AxisRangeFromStart(n-by))}, 1))
	}
	return x
}
