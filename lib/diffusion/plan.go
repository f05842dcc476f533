package diffusion

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// Plan is one sampling problem: a model, a sampler, a grid of times and the noise.
type Plan struct {
	Build   Build
	Store   *model.Store      // weights that Build binds; nil: none
	Inputs  []*tensors.Tensor // tables that Build binds
	Sampler Sampler
	Grid    []float64 // N+1 times of N steps, see Uniform
	Noise   random.Key
	First   int // index of the first sample: a shard draws the same noise as its samples have in the whole
	Block   int // Run carries this many samples at a time, see blocks.go; 0: all at once

	// Replay, [steps, draws, batch, ...] in the type of the samples, replaces the numbers that follow from Noise. The
	// sampler draws them in each step, in turn. It serves to compare with another implementation.
	Replay *tensors.Tensor
	// Warn receives a sentence about a plan that runs but may not be what was meant. nil: the default logger of
	// log/slog.
	Warn func(sentence string)

	driver driver // set by tests; zero: by capability
}

// Snapshot is the state after Step steps, at time Time. Step 0 is the start.
type Snapshot struct {
	Step int
	Time float64
	X    *tensors.Tensor // [batch, ...], of the start's shape and type

	Carry   []*tensors.Tensor // what the sampler carries, in its own order; functions beside the sampler read it
	sampler Sampler           // the sampler to which the carry belongs
}

// carriedBy returns the sampler of a snapshot, which must be an S. The carry of another sampler has another meaning.
func carriedBy[S Sampler](s Snapshot) (S, error) {
	sampler, own := s.sampler.(S)
	if !own {
		return sampler, fmt.Errorf("the snapshot after %d steps is of the sampler %T, not %T", s.Step, s.sampler,
			sampler)
	}
	return sampler, nil
}

// Run carries the samples x [batch, ...] over the whole grid.
func (p Plan) Run(b compute.Backend, x *tensors.Tensor) (*tensors.Tensor, error) {
	end, err := p.End(b, x)
	if err != nil {
		return nil, err
	}
	if err := checkUnweighted(end); err != nil {
		return nil, err
	}
	return end.X, nil
}

// End carries the samples over the whole grid. It returns them together with what the sampler carries, such as weights
// and counts.
func (p Plan) End(b compute.Backend, x *tensors.Tensor) (Snapshot, error) {
	if p.Block != 0 {
		return p.endOfBlocks(b, x)
	}
	c, err := p.start(b, x)
	if err != nil {
		return Snapshot{}, err
	}
	defer c.finalize()
	return c.advance(len(p.Grid) - 1)
}

// Trace yields the samples at the start and after each of the given numbers of steps, which must rise. Without numbers
// it yields them after every step. The steps between two snapshots are one compiled loop if the backend supports it.
// Trace ends with the first error. It carries all samples at once, whatever Block is.
func (p Plan) Trace(b compute.Backend, x *tensors.Tensor, at ...int) iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		c, err := p.start(b, x)
		if err != nil {
			yield(Snapshot{}, err)
			return
		}
		defer c.finalize()
		c.trace(yield, at)
	}
}

// trace is Trace of a chain that has begun.
func (c *chain) trace(yield func(Snapshot, error) bool, at []int) {
	if !yield(c.snapshot(), nil) {
		return
	}
	if len(at) == 0 {
		for step := range len(c.plan.Grid) - 1 {
			at = append(at, step+1)
		}
	}
	for _, to := range at {
		s, err := c.advance(to)
		if !yield(s, err) || err != nil {
			return
		}
	}
}

// validate reports what a plan cannot run with on its grid, from the samples x on. The step itself reports what it
// cannot be built from.
func (p Plan) validate(x *tensors.Tensor) error {
	if err := checkSamples(x); err != nil {
		return err
	}
	if p.First < 0 || p.First+x.Shape().Dim(0) > math.MaxUint32 {
		return fmt.Errorf("sample indices from %d on do not fit 32 bits", p.First)
	}
	if err := CheckGrid(p.Grid); err != nil {
		return err
	}
	if x.DType() == dtypes.Float32 {
		if err := checkNarrow(p.Grid); err != nil {
			return err
		}
	}
	if p.Replay == nil {
		return nil
	}
	dims, want := p.Replay.Shape().Dimensions, x.Shape().Dimensions
	if p.Replay.DType() != x.DType() || len(dims) != len(want)+2 || dims[0] != len(p.Grid)-1 ||
		!slices.Equal(dims[2:], want) {
		return fmt.Errorf("replayed noise of shape %s for %d steps on samples of shape %s: give [steps, draws, "+
			"samples...] of their type",
			p.Replay.Shape(), len(p.Grid)-1, x.Shape())
	}
	return nil
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
