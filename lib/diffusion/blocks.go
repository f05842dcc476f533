package diffusion

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Memory is bounded, and the bits of a sample do not depend on how many are asked for, when samples are carried in blocks of
// one size: a compiled step has one shape then, where another shape may sum a matrix product in another order.

// runBlocks carries the samples block by block, the last one filled up with copies of its last sample.
func (p Plan) runBlocks(b compute.Backend, x *tensors.Tensor) (*tensors.Tensor, error) {
	if p.Block < 0 {
		return nil, fmt.Errorf("blocks of %d samples: give 1 or more, or 0 for all at once", p.Block)
	}
	if err := checkSamples(x); err != nil {
		return nil, err
	}
	if x.DType() == dtypes.Float32 {
		return inBlocks[float32](p, b, x)
	}
	return inBlocks[float64](p, b, x)
}

func inBlocks[T float32 | float64](p Plan, b compute.Backend, x *tensors.Tensor) (*tensors.Tensor, error) {
	flat, err := tensors.CopyFlatData[T](x)
	if err != nil {
		return nil, err
	}
	n := x.Shape().Dim(0)
	per := len(flat) / n
	dims := append([]int{p.Block}, x.Shape().Dimensions[1:]...)
	var c *chain
	for first := 0; first < n; first += p.Block {
		count := min(p.Block, n-first)
		block := append([]T(nil), flat[first*per:(first+count)*per]...)
		for range p.Block - count {
			block = append(block, block[(count-1)*per:count*per]...)
		}
		samples := tensors.FromFlatDataAndDimensions(block, dims...)
		if c == nil {
			if c, err = p.start(b, samples); err != nil {
				return nil, err
			}
			defer c.finalize()
		} else if err := c.begin(samples, p.First+first); err != nil {
			return nil, err
		}
		end, err := c.advance(len(p.Grid) - 1)
		if err != nil {
			return nil, fmt.Errorf("samples from %d on: %w", p.First+first, err)
		}
		moved, err := tensors.CopyFlatData[T](end.X)
		if err != nil {
			return nil, err
		}
		copy(flat[first*per:(first+count)*per], moved)
	}
	return tensors.FromFlatDataAndDimensions(flat, x.Shape().Dimensions...), nil
}
