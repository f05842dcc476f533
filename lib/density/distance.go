package density

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// directDim is the dimension up to which squared distances are sums of squared differences, exact to rounding wherever the
// points lie. Beyond, |x - y|^2 = |x|^2 - 2 x.y + |y|^2 takes a matrix product, about a center of the data, since its rounding
// is relative to |x|^2; the closest points are then measured directly.
const directDim = 4

// closest is how many points of each table of distances are measured directly for each x.
const closest = 4

// centerRows bounds the rows that a center is taken from.
const centerRows = 1024

// centerOf is a point [1, d] among the data from which to measure: differences from it are exact where the data lie far from 0
// and close together. Data about 0 keep 0, and so all their digits: the center is a whole multiple of 8 standard deviations.
func centerOf(data *Node) *Node {
	first := Slice(data, AxisElem(0), AxisRange())
	rows := Sub(Slice(data, AxisRange(0, min(data.Shape().Dim(0), centerRows)), AxisRange()), first)
	mean := ReduceAndKeep(rows, ReduceMean, 0)
	spread := MulScalar(Sqrt(ReduceAllMean(Square(Sub(rows, mean)))), 8)
	mean = Add(first, mean)
	some := GreaterThan(spread, ZerosLike(spread)) // one point, or equal ones, have none
	unit := Where(some, spread, OnesLike(spread))
	return StopGradient(Where(some, Mul(Round(Div(mean, unit)), unit), mean))
}

// halfSquares are |x - alpha y|^2/2, [batch, n], for x [batch, d], y [n, d] and alpha a scalar or [batch, 1].
func halfSquares(x, y, alpha *Node) *Node {
	if d := y.Shape().Dim(1); d <= directDim {
		return directSquares(x, y, alpha)
	}
	cross := Mul(alpha, DotGeneral(x, []int{1}, nil, y, []int{1}, nil))
	norms := Mul(Square(alpha), Reshape(MulScalar(ReduceSum(Square(y), 1), .5), 1, y.Shape().Dim(0)))
	own := MulScalar(ReduceAndKeep(Square(x), ReduceSum, 1), .5)
	squares := Add(Sub(norms, cross), own)
	return measureClosest(squares, x, y, alpha)
}

// directSquares sums over the coordinates, so that no [batch, n, d] tensor comes up.
func directSquares(x, y, alpha *Node) *Node {
	var sum *Node
	for i := range y.Shape().Dim(1) {
		coordinate := func(v *Node) *Node { return Slice(v, AxisRange(), AxisElem(i)) } // [., 1]
		square := Square(Sub(coordinate(x), Mul(alpha, Reshape(coordinate(y), 1, y.Shape().Dim(0)))))
		if sum == nil {
			sum = square
		} else {
			sum = Add(sum, square)
		}
	}
	return MulScalar(sum, .5)
}

// measureClosest replaces the smallest of the squares by direct ones.
func measureClosest(squares, x, y, alpha *Node) *Node {
	n := y.Shape().Dim(0)
	place := Iota(squares.Graph(), shapes.Make(dtypes.Int32, squares.Shape().Dim(0), n), 1)
	rest, taken := StopGradient(squares), Infinity(squares.Graph(), squares.DType(), 1)
	for range min(closest, n) {
		index := InsertAxes(ArgMin(rest, 1, dtypes.Int32), -1) // [batch, 1]
		here := Equal(place, index)
		direct := MulScalar(ReduceAndKeep(Square(Sub(x, Mul(alpha, Gather(y, index)))), ReduceSum, 1), .5)
		squares = Where(here, BroadcastToShape(direct, squares.Shape()), squares)
		rest = Where(here, taken, rest)
	}
	return squares
}
