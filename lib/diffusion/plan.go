package diffusion

import (
	"fmt"
	"iter"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Plan is one sampling problem: which model, which sampler, at which times, with which noise.
type Plan struct {
	Build   Build
	Store   *model.Store      // weights that Build binds; nil: none
	Inputs  []*tensors.Tensor // tables that Build binds
	Sampler Sampler
	Grid    []float64 // N+1 times of N steps, see Uniform
	Noise   Key
	First   int // index of the first sample: a shard or chunk draws the noise that its samples have in the whole
	Block   int // Run carries so many samples at a time, see blocks.go; 0: all at once

	driver driver // tests choose; zero: by capability
}

// Snapshot is the state after Step steps, at time Time; Step 0 is the start.
type Snapshot struct {
	Step int
	Time float64
	X    *tensors.Tensor // [batch, ...], of the start's shape and type

	Carry []*tensors.Tensor // what the sampler carries, in its own order: diagnostics, read by functions beside it
}

// Run carries the samples x [batch, ...] over the whole grid.
func (p Plan) Run(b compute.Backend, x *tensors.Tensor) (*tensors.Tensor, error) {
	if p.Block != 0 {
		return p.runBlocks(b, x)
	}
	var last *tensors.Tensor
	for s, err := range p.Trace(b, x, len(p.Grid)-1) {
		if err != nil {
			return nil, err
		}
		last = s.X
	}
	return last, nil
}

// Trace yields the samples at the start and after each of the given numbers of steps, which must rise; none given:
// after every step. The stretch between two of them is one compiled loop where the backend can do that. It ends with
// the first error. It takes all samples at once, whatever Block says.
func (p Plan) Trace(b compute.Backend, x *tensors.Tensor, at ...int) iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		c, err := p.start(b, x)
		if err != nil {
			yield(Snapshot{}, err)
			return
		}
		defer c.finalize()
		if !yield(Snapshot{0, p.Grid[0], x, c.state[1:]}, nil) {
			return
		}
		marks := at
		if len(marks) == 0 {
			for step := range len(p.Grid) - 1 {
				marks = append(marks, step+1)
			}
		}
		for _, to := range marks {
			s, err := c.advance(to)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// validate reports what Run cannot work with.
func (p Plan) validate(x *tensors.Tensor) error {
	if p.Build == nil || p.Sampler == nil {
		return fmt.Errorf("a plan needs Build and Sampler")
	}
	if p.First < 0 || p.First+x.Shape().Dim(0) > math.MaxUint32 {
		return fmt.Errorf("sample indices from %d on do not fit 32 bits", p.First)
	}
	return checkGrid(p.Grid)
}

// checkSamples reports a tensor that cannot be a batch of samples.
func checkSamples(x *tensors.Tensor) error {
	if d := x.DType(); d != dtypes.Float64 && d != dtypes.Float32 {
		return fmt.Errorf("samples are %s; give Float64 or Float32", d)
	}
	if x.Rank() < 2 || x.Size() == 0 {
		return fmt.Errorf("samples have shape %s; give [batch, ...] with at least one sample", x.Shape())
	}
	return nil
}

// checkFinite reports the first sample that is NaN or infinite.
func checkFinite(x *tensors.Tensor) error {
	perSample := x.Size() / x.Shape().Dim(0)
	bad := -1
	find := func(n int, at func(int) float64) {
		for i := 0; i < n && bad < 0; i++ {
			if v := at(i); math.IsNaN(v) || math.IsInf(v, 0) {
				bad = i
			}
		}
	}
	err := x.ConstFlatData(func(flat any) {
		switch f := flat.(type) {
		case []float64:
			find(len(f), func(i int) float64 { return f[i] })
		case []float32:
			find(len(f), func(i int) float64 { return float64(f[i]) })
		}
	})
	if err == nil && bad >= 0 {
		err = fmt.Errorf("sample %d is not finite", bad/perSample)
	}
	return err
}
