package density

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// loopSlab is how many coordinates one pass of the loop over coordinates adds, and the dimension up to which there is
// no loop.
const loopSlab = 16

// centerRows bounds the rows that a center is taken from.
const centerRows = 1024

// centerUnit is the unit of centers, in standard deviations: data about 0 keep 0 as their center, and so all their
// digits.
const centerUnit = 8

// centerOf is a point [1, d] among the data from which to measure: differences from it are exact where the data lie
// far from 0 and close together. It is centerAt of a mixture, in a graph.
func centerOf(data *Node) *Node {
	first := Slice(data, AxisElem(0), AxisRange())
	rows := Sub(Slice(data, AxisRange(0, min(data.Shape().Dim(0), centerRows)), AxisRange()), first)
	mean := ReduceAndKeep(rows, ReduceMean, 0)
	spread := MulScalar(Sqrt(ReduceAllMean(Square(Sub(rows, mean)))), centerUnit)
	mean = Add(first, mean)
	some := GreaterThan(spread, ZerosLike(spread)) // one point, or equal ones, have none
	unit := Where(some, spread, OnesLike(spread))
	return StopGradient(Where(some, Mul(Round(Div(mean, unit)), unit), mean))
}

// centerAt is the center [d] of a distribution of that mean and covariance: whole multiples of centerUnit standard
// deviations.
func centerAt(mean []float64, cov [][]float64) []float64 {
	unit := 0.
	for i, row := range cov {
		unit = math.Max(unit, centerUnit*math.Sqrt(row[i]))
	}
	center := make([]float64, len(mean))
	for i, v := range mean {
		center[i] = math.Round(v/unit) * unit
	}
	return center
}

// halfSquares are |x - alpha y|^2/2, [batch, n], for x [batch, d], y [n, d] and alpha a scalar or [batch, 1]. They are
// sums of squared differences, exact to rounding wherever the points lie: the expansion |x|^2 - 2 x.y + |y|^2 would
// lose the digits of points that are closer to each other than to the center. The sum runs over the coordinates, so
// that no [batch, n, d] tensor comes up.
func halfSquares(x, y, alpha *Node) *Node {
	x, y = Transpose(x, 0, 1), Transpose(y, 0, 1) // coordinates first
	d := y.Shape().Dim(0)
	if d <= loopSlab {
		return MulScalar(addSquares(nil, x, y, alpha), .5)
	}
	// A loop has no gradient of its own: the gradient is that of the expansion, which is linear in x and y.
	whole := d - d%loopSlab
	squares := StopGradient(loopSquares(whole, x, y, alpha))
	if whole < d {
		rest := AxisRange(whole)
		squares = StopGradient(addSquares(squares, Slice(x, rest), Slice(y, rest), alpha))
	}
	return differentiatedAs(MulScalar(squares, .5), expandedSquares(x, y, alpha))
}

// addSquares adds the squared differences of all coordinates to a sum [batch, n], nil at first, for x [d, batch] and y
// [d, n].
func addSquares(sum, x, y, alpha *Node) *Node {
	batch, n := x.Shape().Dim(1), y.Shape().Dim(1)
	for i := range y.Shape().Dim(0) {
		own := Reshape(Slice(x, AxisElem(i)), batch, 1)
		square := Square(Sub(own, Mul(alpha, Reshape(Slice(y, AxisElem(i)), 1, n))))
		if sum == nil {
			sum = square
		} else {
			sum = Add(sum, square)
		}
	}
	return sum
}

// loopSquares is addSquares over the first coordinates, as a loop of slabs: unrolled, it takes a compiler minutes. Its
// constants are states, since a graph shares its constants and one that is made in a closure serves there only.
func loopSquares(coordinates int, x, y, alpha *Node) *Node {
	g, batch, n := x.Graph(), x.Shape().Dim(1), y.Shape().Dim(1)
	start := []*Node{
		Iota(g, shapes.Make(dtypes.Int32, loopSlab, 1), 0), Const(g, int32(0)), Const(g, int32(loopSlab)), Const(g, int32(coordinates)),
		x, y, alpha, Zeros(g, shapes.Make(x.DType(), batch, n)),
	}
	state := func(g *Graph) []*Node {
		in := make([]*Node, len(start))
		for i, name := range []string{"rows", "from", "slab", "end", "x", "y", "alpha", "sum"} {
			in[i] = Parameter(g, name, start[i].Shape())
		}
		return in
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		in := state(g)
		return []*Node{LessThan(in[1], in[3])}
	})
	slab := NewClosure(g, func(g *Graph) []*Node {
		in := state(g)
		rows, step := in[0], in[2]
		x, y := Gather(in[4], rows), Gather(in[5], rows) // the Go backend has no DynamicSlice
		in[0], in[1], in[7] = Add(rows, step), Add(in[1], step), addSquares(in[7], x, y, in[6])
		return in
	})
	return While(more, slab, start...)[7]
}

// expandedSquares are half squares by a matrix product, with a rounding relative to |x|^2 + |alpha y|^2.
func expandedSquares(x, y, alpha *Node) *Node {
	cross := Mul(alpha, DotGeneral(x, []int{0}, nil, y, []int{0}, nil))
	norms := Mul(Square(alpha), Reshape(MulScalar(ReduceSum(Square(y), 0), .5), 1, y.Shape().Dim(1)))
	own := Reshape(MulScalar(ReduceSum(Square(x), 0), .5), x.Shape().Dim(1), 1)
	return Add(Sub(norms, cross), own)
}

// differentiatedAs has the value of one node [batch, n] and the gradient of another. XLA drops the other where no
// gradient is taken.
func differentiatedAs(value, other *Node) *Node {
	n := value.Shape().Dim(1)
	both := IdentityWithCustomGradient(Concatenate([]*Node{value, other}, 1), func(_, v *Node) *Node {
		v = Slice(v, AxisRange(), AxisRange(0, n))
		return Concatenate([]*Node{ZerosLike(v), v}, 1)
	})
	return Slice(both, AxisRange(), AxisRange(0, n))
}
