package density

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Nearest finds, for each row of x [batch, d], the closest row of data [n, d]. It returns the index [batch] (int32) of
// the first closest row, the row [batch, d] and the squared distance [batch], which is exactly 0 for a copy. Its
// accuracy is independent of where the data lie: see halfSquares.
func Nearest(data, x *Node) (index, row, squared *Node) {
	center := centerOf(data)
	index = ArgMin(halfSquares(Sub(x, center), Sub(data, center), OnesLike(Slice(center, AxisRange(), AxisElem(0)))), 1,
		dtypes.Int32)
	row = Gather(data, InsertAxes(index, -1))
	return index, row, ReduceSum(Square(Sub(x, row)), 1)
}
