package density

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// directDim is the dimension up to which distances are sums over the coordinates. Beyond it, only the closest points
// are measured in this way.
const directDim, closest = 16, 4

// centerRows bounds the number of rows from which a center is computed.
const centerRows = 1024

// centerUnit is the unit of centers, in standard deviations. Data about 0 then keep 0 as their center and lose no
// digits.
const centerUnit = 8

// centerOf is a point [1, d] near the data. Differences from it are exact where the data lie far from 0 and close
// together. It is the counterpart of centerAt in a graph.
func centerOf(data *Node) *Node {
	first := Slice(data, AxisElem(0), AxisRange())
	rows := Sub(Slice(data, AxisRange(0, min(data.Shape().Dim(0), centerRows)), AxisRange()), first)
	mean := ReduceAndKeep(rows, ReduceMean, 0)
	spread := MulScalar(Sqrt(ReduceAllMean(Square(Sub(rows, mean)))), centerUnit)
	mean = Add(first, mean)
	some := GreaterThan(spread, ZerosLike(spread)) // 0 for one point or equal points
	unit := Where(some, spread, OnesLike(spread))
	return StopGradient(Where(some, Mul(Round(Div(mean, unit)), unit), mean))
}

// centerAt is the center [d] of a distribution with that mean and covariance. It is rounded to multiples of centerUnit
// standard deviations.
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

// halfSquares returns |x - alpha y|^2/2, [batch, n], for x [batch, d], y [n, d] and alpha a scalar or [batch, 1]. Up to
// directDim dimensions they are sums of squared differences, exact to rounding wherever the points lie. Beyond, a
// matrix product gives |x|^2 - 2 x.y + |y|^2, and the closest points are then measured directly. The product is rounded
// relative to the square of the largest distance from the center. Points whose squared distance is below eps times that
// square can therefore be confused: in float32, points a unit apart in clusters at 5,000 units. No [batch, n, d] tensor
// is built.
func halfSquares(x, y, alpha *Node) *Node {
	if y.Shape().Dim(1) <= directDim {
		return directSquares(x, y, alpha)
	}
	cross := Mul(alpha, DotGeneral(x, []int{1}, nil, y, []int{1}, nil))
	norms := Mul(Square(alpha), Reshape(MulScalar(ReduceSum(Square(y), 1), .5), 1, y.Shape().Dim(0)))
	own := MulScalar(ReduceAndKeep(Square(x), ReduceSum, 1), .5)
	return measureClosest(Add(Sub(norms, cross), own), x, y, alpha)
}

// directSquares sums over the coordinates one at a time, so that no [batch, n, d] tensor is built.
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

// measureClosest replaces the smallest of the squares by directly measured ones.
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
