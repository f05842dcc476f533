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

// GridDensity is a law on the line by its density p at lo, lo + h, lo + 2h, ... Sums over the lattice are the
// trapezoidal rule.
type GridDensity struct {
	Lo, Cell float64
	Density  []float64
}

// NewGridDensity is the law of a density on n points of [lo, hi].
func NewGridDensity(lo, hi float64, n int, density func(x float64) float64) GridDensity {
	w := GridDensity{lo, (hi - lo) / float64(n-1), make([]float64, n)}
	for i := range w.Density {
		w.Density[i] = density(w.at(i))
	}
	return w
}

// NormalOnGrid is N(0, v) on n points over 9 standard deviations either side.
func NormalOnGrid(v float64, n int) GridDensity {
	end := 9 * math.Sqrt(v)
	return NewGridDensity(-end, end, n, func(x float64) float64 {
		return math.Exp(-x*x/(2*v)) / math.Sqrt(2*math.Pi*v)
	})
}

func (w GridDensity) at(i int) float64 { return w.Lo + w.Cell*float64(i) }

// Expect is E f.
func (w GridDensity) Expect(f func(x float64) float64) float64 {
	sum := 0.
	for i, p := range w.Density {
		sum += w.Cell * p * f(w.at(i))
	}
	return sum
}

// CDF is the distribution function, linear in the density between points: it misses h^2/12 times the density's slope.
func (w GridDensity) CDF() func(x float64) float64 {
	sums := make([]float64, len(w.Density))
	for i := 1; i < len(sums); i++ {
		sums[i] = sums[i-1] + w.Cell*(w.Density[i-1]+w.Density[i])/2
	}
	return func(x float64) float64 {
		u := (x - w.Lo) / w.Cell
		i := int(math.Floor(u))
		switch {
		case u < 0:
			return 0
		case i >= len(w.Density)-1:
			return sums[len(sums)-1]
		}
		u -= float64(i)
		return sums[i] + w.Cell*u*(w.Density[i]+u*(w.Density[i+1]-w.Density[i])/2)
	}
}

// ProbabilityBelow is the probability of (-inf, x].
func (w GridDensity) ProbabilityBelow(x float64) float64 { return w.CDF()(x) }

// W1 is the 1-Wasserstein distance to a density, which the lattice must hold as well: the area between the distribution
// functions.
func (w GridDensity) W1(density []float64) float64 {
	sum, gap := 0., 0.
	for i, p := range w.Density {
		gap += w.Cell * (p - density[i])
		sum += w.Cell * math.Abs(gap)
	}
	return sum
}

// Transfer carries laws through a sampler on a model in one dimension, whose every step is x -> N(mean(x), sd^2): what
// its samples only estimate, by quadrature.
type Transfer struct{ step, log *exec.Exec }

// NewTransfer compiles a step that makes one draw.
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

func (c Transfer) Finalize() {
	c.step.Finalize()
	c.log.Finalize()
}

// nodes are the lattice as [n, 1].
func (w GridDensity) nodes() *tensors.Tensor {
	flat := make([]float64, len(w.Density))
	for i := range flat {
		flat[i] = w.at(i)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(flat), 1)
}

// DensityAt is the model's at time t, on the lattice of a law.
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

// kernel is where the step takes the points of a lattice, and the standard deviation of its noise.
func (c Transfer) kernel(w GridDensity, from, to float64) (mean []float64, sd float64, err error) {
	out, err := c.step.Call(w.nodes(), from, to)
	if err != nil {
		return nil, 0, err
	}
	return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])[0], nil
}

// Advance carries a law over one span, to a lattice of as many points that holds all of it but 1e-16.
func (c Transfer) Advance(w GridDensity, from, to float64) (GridDensity, error) {
	return c.AdvanceTo(w, from, to, len(w.Density))
}

// AdvanceTo is advance to a lattice of n points.
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

// Repeat carries a law over the same span again and again, on the lattice that it has.
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

// NoMass is the density of no mass.
func NoMass(float64) float64 { return 0 }

// spread adds to the density of next what normal noise makes of the mass at each point once it has moved to its mean.
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
		// Along the lattice z rises by k, and each ratio of neighbours exp(-z^2/2) is exp(-k^2) times the one before.
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
