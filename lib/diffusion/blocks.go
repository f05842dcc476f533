package diffusion

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Blocks of one size bound the memory, and the bits of a sample do not depend on the number of samples. The reason is
// that the compiled step then has one shape; another shape may sum a matrix product in another order.

// endOfBlocks carries the samples block by block. Copies of the last sample fill up the last block. Where samples
// depend on each other, copies of the last population do.
func (p Plan) endOfBlocks(b compute.Backend, x *tensors.Tensor) (Snapshot, error) {
	if p.Block < 0 {
		return Snapshot{}, fmt.Errorf("blocks of %d samples: give 1 or more, or 0 for all at once", p.Block)
	}
	if p.Replay != nil {
		return Snapshot{}, fmt.Errorf("replayed noise is for all samples at once: set Block to 0")
	}
	if err := checkSamples(x); err != nil {
		return Snapshot{}, err
	}
	fill := 1
	if coupled, ok := p.Sampler.(Coupled); ok {
		var err error
		if p.Sampler, fill, err = coupled.Among(x.Shape().Dim(0)); err != nil {
			return Snapshot{}, err
		}
		if fill > p.Block {
			return Snapshot{}, fmt.Errorf("populations of %d samples do not fit into blocks of %d: make Population "+
				"smaller, or Block larger", fill, p.Block)
		}
		p.Block -= p.Block % fill
	}
	c, err := p.chain(b, len(p.Grid))
	if err != nil {
		return Snapshot{}, err
	}
	defer c.finalize()
	rows := rowsOf(x)
	var ends [][]*tensors.Tensor
	n := x.Shape().Dim(0)
	for first := 0; first < n; first += p.Block {
		block := make([]int, p.Block)
		count := min(p.Block, n-first)
		for i := range block {
			block[i] = first + i
			if i >= count {
				block[i] = first + count - fill + (i-count)%fill
			}
		}
		if err := c.begin(rows.pick(block), p.First+first); err != nil {
			return Snapshot{}, err
		}
		end, err := c.advance(len(p.Grid) - 1)
		if err != nil {
			return Snapshot{}, fmt.Errorf("samples from %d on: %w", p.First+first, err)
		}
		ends = append(ends, append([]*tensors.Tensor{end.X}, end.Carry...))
	}
	whole := c.snapshot()
	joined := make([]*tensors.Tensor, len(ends[0]))
	for k := range joined {
		if joined[k], err = joinRows(ends, k, p.Block, n); err != nil {
			return Snapshot{}, err
		}
	}
	whole.X, whole.Carry = joined[0], joined[1:]
	return whole, nil
}

// joinRows joins the k-th tensors of all blocks to n rows. A scalar is that of the last block.
func joinRows(blocks [][]*tensors.Tensor, k, size, n int) (*tensors.Tensor, error) {
	shape := blocks[0][k].Shape()
	if shape.Rank() == 0 { // for example a count of steps
		return blocks[len(blocks)-1][k], nil
	}
	if shape.Dim(0) != size {
		return nil, fmt.Errorf("blocks of %d samples cannot join what the sampler carries, %s: carry scalars, or "+
			"rows for samples, or set Block to 0", size, shape)
	}
	dims := append([]int{n}, shape.Dimensions[1:]...)
	per := shape.Size() / size
	switch shape.DType {
	case dtypes.Float64:
		return joinFlat[float64](blocks, k, n*per, dims)
	case dtypes.Float32:
		return joinFlat[float32](blocks, k, n*per, dims)
	case dtypes.Int32:
		return joinFlat[int32](blocks, k, n*per, dims)
	}
	return nil, fmt.Errorf("blocks cannot join what the sampler carries, %s: carry Float64, Float32 or Int32, or set "+
		"Block to 0", shape)
}

func joinFlat[T float64 | float32 | int32](blocks [][]*tensors.Tensor, k, size int, dims []int) (*tensors.Tensor,
	error) {
	var all []T
	for _, block := range blocks {
		flat, err := tensors.CopyFlatData[T](block[k])
		if err != nil {
			return nil, err
		}
		all = append(all, flat...)
	}
	return tensors.FromFlatDataAndDimensions(all[:size], dims...), nil
}

// table holds samples on the host, to pick rows from.
type table struct {
	wide   []float64
	narrow []float32
	dims   []int
}

func rowsOf(x *tensors.Tensor) table {
	t := table{dims: x.Shape().Dimensions}
	if x.DType() == dtypes.Float32 {
		t.narrow = tensors.MustCopyFlatData[float32](x)
	} else {
		t.wide = tensors.MustCopyFlatData[float64](x)
	}
	return t
}

// pick returns a tensor of some of the rows.
func (t table) pick(rows []int) *tensors.Tensor {
	dims := append([]int{len(rows)}, t.dims[1:]...)
	if t.narrow != nil {
		return tensors.FromFlatDataAndDimensions(pickRows(t.narrow, t.dims[0], rows), dims...)
	}
	return tensors.FromFlatDataAndDimensions(pickRows(t.wide, t.dims[0], rows), dims...)
}

func pickRows[T any](flat []T, n int, rows []int) []T {
	per := len(flat) / n
	var picked []T
	for _, r := range rows {
		picked = append(picked, flat[r*per:(r+1)*per]...)
	}
	return picked
}
