package main

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// lineLaw is a law on the line by its density p at lo, lo + h, lo + 2h, ... Sums over the lattice are the trapezoidal rule.
type lineLaw struct {
	lo, h float64
	p     []float64
}

// newLineLaw is the law of a density on n points of [lo, hi].
func newLineLaw(lo, hi float64, n int, density func(x float64) float64) lineLaw {
	w := lineLaw{lo, (hi - lo) / float64(n-1), make([]float64, n)}
	for i := range w.p {
		w.p[i] = density(w.at(i))
	}
	return w
}

// normalLine is N(0, v) on n points over 9 standard deviations either side.
func normalLine(v float64, n int) lineLaw {
	end := 9 * math.Sqrt(v)
	return newLineLaw(-end, end, n, func(x float64) float64 { return math.Exp(-x*x/(2*v)) / math.Sqrt(2*math.Pi*v) })
}

func (w lineLaw) at(i int) float64 { return w.lo + w.h*float64(i) }

// expect is E f.
func (w lineLaw) expect(f func(x float64) float64) float64 {
	sum := 0.
	for i, p := range w.p {
		sum += w.h * p * f(w.at(i))
	}
	return sum
}

// cdf is the distribution function, linear in the density between points: it misses h^2/12 times the density's slope.
func (w lineLaw) cdf() func(x float64) float64 {
	sums := make([]float64, len(w.p))
	for i := 1; i < len(sums); i++ {
		sums[i] = sums[i-1] + w.h*(w.p[i-1]+w.p[i])/2
	}
	return func(x float64) float64 {
		u := (x - w.lo) / w.h
		i := int(math.Floor(u))
		switch {
		case u < 0:
			return 0
		case i >= len(w.p)-1:
			return sums[len(sums)-1]
		}
		u -= float64(i)
		return sums[i] + w.h*u*(w.p[i]+u*(w.p[i+1]-w.p[i])/2)
	}
}

// below is the probability of (-inf, x].
func (w lineLaw) below(x float64) float64 { return w.cdf()(x) }

// w1 is the 1-Wasserstein distance to a density, which the lattice must hold as well: the area between the distribution
// functions.
func (w lineLaw) w1(density []float64) float64 {
	sum, gap := 0., 0.
	for i, p := range w.p {
		gap += w.h * (p - density[i])
		sum += w.h * math.Abs(gap)
	}
	return sum
}

// lineChain carries laws through a sampler on a model in one dimension, whose every step is x -> N(mean(x), sd^2): what its
// samples only estimate, by quadrature.
type lineChain struct{ step, log *exec.Exec }

// newLineChain compiles a step that makes one draw.
func newLineChain(l *suite.Lab, build diffusion.Build, s diffusion.OneStep) (c lineChain, err error) {
	c.step, err = exec.New(l.Backend, func(x, from, to *Node) []*Node {
		model, span := build(nil, nil), diffusion.Span{From: from, To: to, Index: Const(x.Graph(), int32(0))}
		mean := s(model, span, x, diffusion.Replay(ZerosLike(x)))
		return []*Node{mean, Sub(s(model, span, x, diffusion.Replay(OnesLike(x))), mean)}
	})
	if err != nil {
		return c, err
	}
	c.log, err = exec.New(l.Backend, func(x, t *Node) *Node { return build(nil, nil).LogDensity(x, t) })
	return c, err
}

func (c lineChain) close() {
	c.step.Finalize()
	c.log.Finalize()
}

// nodes are the lattice as [n, 1].
func (w lineLaw) nodes() *tensors.Tensor {
	flat := make([]float64, len(w.p))
	for i := range flat {
		flat[i] = w.at(i)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(flat), 1)
}

// density is the model's at time t, on the lattice of a law.
func (c lineChain) density(w lineLaw, t float64) ([]float64, error) {
	out, err := c.log.Call1(w.nodes(), t)
	if err != nil {
		return nil, err
	}
	return each(tensors.MustCopyFlatData[float64](out), math.Exp), nil
}

const (
	lineReach   = 8.5   // in standard deviations: what lies beyond is 1e-17
	lineNothing = 1e-18 // mass of a cell that is passed over
)

// kernel is where the step takes the points of a lattice, and the standard deviation of its noise.
func (c lineChain) kernel(w lineLaw, from, to float64) (mean []float64, sd float64, err error) {
	out, err := c.step.Call(w.nodes(), from, to)
	if err != nil {
		return nil, 0, err
	}
	return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])[0], nil
}

// advance carries a law over one span, to a lattice of as many points that holds all of it but 1e-16.
func (c lineChain) advance(w lineLaw, from, to float64) (lineLaw, error) {
	return c.advanceTo(w, from, to, len(w.p))
}

// advanceTo is advance to a lattice of n points.
func (c lineChain) advanceTo(w lineLaw, from, to float64, n int) (lineLaw, error) {
	mean, sd, err := c.kernel(w, from, to)
	if err != nil {
		return lineLaw{}, err
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, p := range w.p {
		if w.h*p >= lineNothing {
			lo, hi = math.Min(lo, mean[i]-lineReach*sd), math.Max(hi, mean[i]+lineReach*sd)
		}
	}
	next := newLineLaw(lo, hi, n, nowhere)
	return next, w.spread(next, mean, sd)
}

// repeat carries a law over the same span again and again, on the lattice that it has.
func (c lineChain) repeat(w lineLaw, from, to float64, times int) (lineLaw, error) {
	mean, sd, err := c.kernel(w, from, to)
	if err != nil {
		return lineLaw{}, err
	}
	for range times {
		next := newLineLaw(w.lo, w.at(len(w.p)-1), len(w.p), nowhere)
		if err := w.spread(next, mean, sd); err != nil {
			return lineLaw{}, err
		}
		w = next
	}
	return w, nil
}

// nowhere is the density of no mass.
func nowhere(float64) float64 { return 0 }

// spread adds to the density of next what normal noise makes of the mass at each point once it has moved to its mean.
func (w lineLaw) spread(next lineLaw, mean []float64, sd float64) error {
	coarsest := next.h
	for i, p := range w.p {
		mass := w.h * p
		if mass < lineNothing {
			continue
		}
		if i > 0 && mass > 1e-12 {
			coarsest = math.Max(coarsest, math.Abs(mean[i]-mean[i-1]))
		}
		first := max(0, int((mean[i]-lineReach*sd-next.lo)/next.h))
		last := min(len(next.p)-1, int((mean[i]+lineReach*sd-next.lo)/next.h))
		// Along the lattice z rises by k, and each ratio of neighbours exp(-z^2/2) is exp(-k^2) times the one before.
		z, k := (next.at(first)-mean[i])/sd, next.h/sd
		value, ratio, fall := mass/(sd*math.Sqrt(2*math.Pi))*math.Exp(-z*z/2), math.Exp(-k*z-k*k/2), math.Exp(-k*k)
		for j := first; j <= last; j++ {
			next.p[j] += value
			value *= ratio
			ratio *= fall
		}
	}
	if !(coarsest <= sd) { // then the rule misses less than exp(-2 pi^2) = 3e-9 of what is as narrow as this noise
		return fmt.Errorf("a lattice of %d points, %.2g apart, is too coarse for noise of standard deviation %.2g", len(w.p), coarsest, sd)
	}
	what := fmt.Sprintf("lattice of %d points from %.3g to %.3g", len(next.p), next.lo, next.at(len(next.p)-1))
	return density.CheckSum(what, next.p, next.h)
}
