package kit

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// Transfer is the transfer operator of a sampler on a model in one dimension, whose every step is x -> N(mean(x),
// sd^2). It carries whole distributions by quadrature, where samples only estimate them.
type Transfer struct{ step, log *exec.Exec }

// NewTransfer compiles the step of a sampler that draws one normal number a step. Finalize releases it.
func NewTransfer(l *suite.Lab, build diffusion.Build, s diffusion.OneStep) (c Transfer, err error) {
	c.step, err = exec.New(l.Backend, func(x, from, to *Node) []*Node {
		model, span := build(nil, nil), diffusion.Span{From: from, To: to, Index: Const(x.Graph(), int32(0))}
		mean := s(model, span, x, random.Replay(ZerosLike(x)))
		return []*Node{mean, Sub(s(model, span, x, random.Replay(OnesLike(x))), mean)}
	})
	if err != nil {
		return c, err
	}
	c.log, err = exec.New(l.Backend, func(x, t *Node) *Node { return build(nil, nil).LogDensity(x, t) })
	return c, err
}

// Finalize releases the compiled graphs.
func (c Transfer) Finalize() {
	c.step.Finalize()
	c.log.Finalize()
}

// nodes are the points of the grid as a tensor [n, 1].
func (w GridDensity) nodes() *tensors.Tensor {
	flat := make([]float64, len(w.Density))
	for i := range flat {
		flat[i] = w.at(i)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(flat), 1)
}

// DensityAt is the density of the model at time t, at the points of w.
func (c Transfer) DensityAt(w GridDensity, t float64) ([]float64, error) {
	out, err := c.log.Call1(w.nodes(), t)
	if err != nil {
		return nil, err
	}
	return Map(tensors.MustCopyFlatData[float64](out), math.Exp), nil
}

const (
	Reach      = 8.5   // in standard deviations: what lies beyond is 1e-17
	negligible = 1e-18 // mass of a cell that is passed over
)

// kernel is the mean of the step from each point of the grid, and the standard deviation of its noise.
func (c Transfer) kernel(w GridDensity, from, to float64) (mean []float64, sd float64, err error) {
	out, err := c.step.Call(w.nodes(), from, to)
	if err != nil {
		return nil, 0, err
	}
	return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])[0], nil
}

// Advance carries a distribution over one step, to a grid of as many points that holds all but 1e-16 of it.
func (c Transfer) Advance(w GridDensity, from, to float64) (GridDensity, error) {
	return c.AdvanceTo(w, from, to, len(w.Density))
}

// AdvanceTo is Advance to a grid of n points. A grid too coarse for the noise of the step is an error.
func (c Transfer) AdvanceTo(w GridDensity, from, to float64, n int) (GridDensity, error) {
	mean, sd, err := c.kernel(w, from, to)
	if err != nil {
		return GridDensity{}, err
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, p := range w.Density {
		if w.Cell*p >= negligible {
			lo, hi = math.Min(lo, mean[i]-Reach*sd), math.Max(hi, mean[i]+Reach*sd)
		}
	}
	next := NewGridDensity(lo, hi, n, NoMass)
	return next, w.spread(next, mean, sd)
}

// Repeat carries a distribution over the same step many times, on the same grid.
func (c Transfer) Repeat(w GridDensity, from, to float64, times int) (GridDensity, error) {
	mean, sd, err := c.kernel(w, from, to)
	if err != nil {
		return GridDensity{}, err
	}
	for range times {
		next := NewGridDensity(w.Lo, w.at(len(w.Density)-1), len(w.Density), NoMass)
		if err := w.spread(next, mean, sd); err != nil {
			return GridDensity{}, err
		}
		w = next
	}
	return w, nil
}

// NoMass is the density 0.
func NoMass(float64) float64 { return 0 }

// spread moves the mass at each point to its mean, spreads it by normal noise, and adds it to the density of next.
func (w GridDensity) spread(next GridDensity, mean []float64, sd float64) error {
	coarsest := next.Cell
	for i, p := range w.Density {
		mass := w.Cell * p
		if mass < negligible {
			continue
		}
		if i > 0 && mass > 1e-12 {
			coarsest = math.Max(coarsest, math.Abs(mean[i]-mean[i-1]))
		}
		first := max(0, int((mean[i]-Reach*sd-next.Lo)/next.Cell))
		last := min(len(next.Density)-1, int((mean[i]+Reach*sd-next.Lo)/next.Cell))
		// Along the grid z rises by k, and each ratio of neighbours exp(-z^2/2) is exp(-k^2) times the one before.
		z, k := (next.at(first)-mean[i])/sd, next.Cell/sd
		value, ratio, fall := mass/(sd*math.Sqrt(2*math.Pi))*math.Exp(-z*z/2), math.Exp(-k*z-k*k/2), math.Exp(-k*k)
		for j := first; j <= last; j++ {
			next.Density[j] += value
			value *= ratio
			ratio *= fall
		}
	}
	if !(coarsest <= sd) { // then the rule misses less than exp(-2 pi^2) = 3e-9 of what is as narrow as this noise
		return fmt.Errorf("a lattice of %d points, %.2g apart, is too coarse for noise of standard deviation %.2g",
			len(w.Density), coarsest, sd)
	}
	what := fmt.Sprintf("lattice of %d points from %.3g to %.3g", len(next.Density), next.Lo,
		next.at(len(next.Density)-1))
	return density.CheckSum(what, next.Density, next.Cell)
}
