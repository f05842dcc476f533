package density

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// directDim is the dimension up to which distances are sums over the coordinates, and closest the number of points that
// are measured so beyond it.
const directDim, closest = 16, 4

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

// halfSquares are |x - alpha y|^2/2, [batch, n], for x [batch, d], y [n, d] and alpha a scalar or [batch, 1]. Up to
// directDim dimensions they are sums of squared differences, exact to rounding wherever the points lie. Beyond, they
// are |x|^2 - 2 x.y + |y|^2 by a matrix product, which rounds at the size of the largest distance from the center, with
// the closest points measured directly once more. So there points that are closer to each other than eps times the
// square of that distance can be mixed up: in float32, a unit apart in clusters at 5,000 units. No [batch, n, d] tensor
// comes up.
func halfSquares(x, y, alpha *Node) *Node {
	if y.Shape().Dim(1) <= directDim {
		return directSquares(x, y, alpha)
	}
	cross := Mul(alpha, DotGeneral(x, []int{1}, nil, y, []int{1}, nil))
	norms := Mul(Square(alpha), Reshape(MulScalar(ReduceSum(Square(y), 1), .5), 1, y.Shape().Dim(0)))
	own := MulScalar(ReduceAndKeep(Square(x), ReduceSum, 1), .5)
	return measureClosest(Add(Sub(norms, cross), own), x, y, alpha)
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
