package density

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Nearest finds, for each row of x [batch, d], the closest row of data [n, d]: its index [batch] (int32), itself
// [batch, d] and the squared distance [batch]. One matrix product ranks them; the distance is then taken directly, so
// that it is exactly 0 for a copy.
func Nearest(data, x *Node) (index, row, squared *Node) {
	norms := MulScalar(ReduceSum(Square(data), 1), .5)
	rank := Sub(InsertAxes(norms, 0), DotGeneral(x, []int{1}, nil, data, []int{1}, nil))
	index = ArgMin(rank, 1, dtypes.Int32)
	row = Gather(data, InsertAxes(index, -1))
	return index, row, ReduceSum(Square(Sub(x, row)), 1)
}
