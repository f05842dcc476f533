package density

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
)

// Grid returns the points of a regular grid over the cube [lo, hi]^d and the volume of a cell. Points are [n^d, d] in
// float64, last axis fastest. A sum over it is the trapezoidal rule. For a smooth function that vanishes at the border,
// that rule converges faster than any power of n. It returns an error if the grid is empty, too large or finer than
// float64 resolves.
func Grid(lo, hi float64, n, d int) (*tensors.Tensor, float64, error) {
	if !(lo < hi) || math.IsInf(hi-lo, 0) || n < 2 || d < 1 {
		return nil, 0, fmt.Errorf("grid of %d points a side over [%g, %g]^%d: need finite lo < hi, 2 points and 1 "+
			"dimension at least", n, lo, hi, d)
	}
	const most = 1 << 28
	points := math.Pow(float64(n), float64(d))
	if points > most {
		return nil, 0, fmt.Errorf("grid of %d points a side over [%g, %g]^%d: %g points are too many; at most "+
			"%d fit "+
			"in memory", n, lo, hi, d, points, most)
	}
	if h := (hi - lo) / float64(n-1); !(h > 4*epsilon*math.Max(math.Abs(lo), math.Abs(hi))) {
		return nil, 0, fmt.Errorf("grid of %d points a side over [%g, %g]^%d: points %g apart are equal in "+
			"float64 there",
			n, lo, hi, d, h)
	}
	size := int(points)
	flat := make([]float64, 0, size*d)
	h := (hi - lo) / float64(n-1)
	for i := range size {
		rest, stride := i, size
		for range d {
			stride /= n
			flat = append(flat, lo+h*float64(rest/stride))
			rest %= stride
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, size, d), math.Pow(h, float64(d)), nil
}
