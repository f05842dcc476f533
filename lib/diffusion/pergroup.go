package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// PerGroup is a denoiser for batches that consist of equal groups of consecutive samples. Each group has its own
// denoiser, for example one for each label.
func PerGroup(ds ...Denoiser) Denoiser {
	return func(x, t *Node) *Node {
		n := x.Shape().Dim(0)
		if len(ds) == 0 || n%len(ds) != 0 {
			panic(fmt.Errorf("a batch of %d samples does not fall into %d equal groups", n, len(ds)))
		}
		size := n / len(ds)
		parts := make([]*Node, len(ds))
		for k, d := range ds {
			rows, at := AxisRange(k*size, (k+1)*size), t
			if t.Rank() > 0 && t.Shape().Dim(0) == n { // one time for each sample
				at = Slice(t, rows)
			}
			parts[k] = d(Slice(x, rows), at)
		}
		return Concatenate(parts, 0)
	}
}
