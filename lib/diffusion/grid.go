package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/exec"
)

// A grid is the N+1 times of N steps. They are not negative, and rise strictly or fall strictly.

// Uniform returns the grid of n equal steps from one time to another.
func Uniform(from, to float64, n int) ([]float64, error) {
	return spaced(from, to, n, func(t float64) float64 { return t }, func(u float64) float64 { return u })
}

// Geometric returns the grid of n steps with a constant ratio of times. Both ends must be positive.
func Geometric(from, to float64, n int) ([]float64, error) {
	if !(from > 0 && to > 0) {
		return nil, fmt.Errorf("geometric grid from %g to %g: both ends must be positive", from, to)
	}
	return spaced(from, to, n, math.Log, math.Exp)
}

// Karras is the rule of Karras et al. 2022, equation 5: equal steps of sigma^(1/rho). Their rho is 7.
func Karras(rho float64) func(from, to float64, n int) ([]float64, error) {
	return func(from, to float64, n int) ([]float64, error) {
		if !(from >= 0 && to >= 0 && rho > 0) {
			return nil, fmt.Errorf("Karras grid from %g to %g with rho %g: give ends that are not negative and a "+
				"positive rho", from, to, rho)
		}
		return spaced(from, to, n, func(t float64) float64 {
			return math.Pow(t, 1/rho)
		}, func(u float64) float64 { return math.Pow(u, rho) })
	}
}

// InRatio returns the grid of a process from one time to another whose noise levels sigma/alpha follow a rule.
// Geometric gives equal steps of log SNR; Karras(7) gives those of EDM.
func InRatio(b compute.Backend, p Process, from, to float64, n int, rule func(from, to float64, n int) ([]float64,
	error)) ([]float64, error) {
	ends, err := levelsOf(b, p, from, to)
	if err != nil {
		return nil, err
	}
	levels, err := rule(ends[0], ends[1], n)
	if err != nil {
		return nil, err
	}
	grid, err := timesOf(b, p, levels, min(from, to), max(from, to))
	if err != nil {
		return nil, err
	}
	grid[0], grid[len(grid)-1] = from, to
	return grid, CheckGrid(grid)
}

// AtRatios returns the times at which a process has the given noise levels sigma/alpha. The levels must lie within the
// process's horizon and fall strictly.
func AtRatios(b compute.Backend, p Process, levels []float64) ([]float64, error) {
	if err := checkProcess(p); err != nil {
		return nil, err
	}
	if len(levels) == 0 {
		return nil, fmt.Errorf("noise levels: there are none")
	}
	lo, hi := p.Horizon()
	ends, err := levelsOf(b, p, lo, hi)
	if err != nil {
		return nil, err
	}
	const rounding = 1e-12 // an end that is written with 12 digits counts as the end
	for i, level := range levels {
		if !(level > 0 && level >= ends[0]*(1-rounding) && level <= ends[1]*(1+rounding)) {
			return nil, fmt.Errorf("noise level %d is sigma/alpha = %g; the horizon of %T goes from %g to %g",
				i, level, p, ends[0], ends[1])
		}
		if i > 0 && !(level < levels[i-1]) {
			return nil, fmt.Errorf("noise levels %d and %d are %g and %g; they must fall", i-1, i, levels[i-1], level)
		}
	}
	return timesOf(b, p, levels, lo, hi)
}

// levelsOf returns the noise levels sigma/alpha at some times.
func levelsOf(b compute.Backend, p Process, times ...float64) ([]float64, error) {
	for _, t := range times {
		if !(t >= 0 && finite(t)) {
			return nil, fmt.Errorf("noise level at t = %g; give a finite time from 0, the data, on", t)
		}
	}
	out, err := exec.Evaluate(b, func(in []*Node) []*Node {
		return []*Node{Add(mustBeValid(p).At(in[0]).Ratio(), ZerosLike(in[0]))}
	}, times)
	if err != nil {
		return nil, fmt.Errorf("noise levels: %w", err)
	}
	return out[0], nil
}

// timesOf returns the times between lo and hi at which a process has some noise levels. It calls one compiled iteration
// again and again: a graph of all of them takes ten times as long to compile.
func timesOf(b compute.Backend, p Process, levels []float64, lo, hi float64) ([]float64, error) {
	fail := func(err error) error { return fmt.Errorf("times of noise levels: %w", err) }
	first, err := exec.OnceN(b, func(level, lo, hi *Node) []*Node {
		like := ZerosLike(level)
		return newBracket(Add(like, lo), Add(like, hi)).state()
	}, levels, lo, hi)
	if err != nil {
		return nil, fail(err)
	}
	next, err := exec.New(b, func(in []*Node) []*Node {
		return bracket{in[1], in[2], in[3], in[4], in[5]}.next(p, in[0]).state()
	})
	if err != nil {
		return nil, fail(err)
	}
	defer next.Finalize()
	target := tensors.FromValue(levels)
	state := first
	for range bracketings {
		in := []any{target}
		for _, t := range state {
			in = append(in, t)
		}
		if state, err = next.Call(in...); err != nil {
			return nil, fail(err)
		}
	}
	return tensors.CopyFlatData[float64](state[0])
}

// Inverter is a process with a formula for the time of a noise level sigma/alpha. Others are inverted by iteration. A
// type that embeds an Inverter and has its own At must have its own TimeOf, too.
type Inverter interface{ TimeOf(level *Node) *Node }

// timeAt returns the time between lo and hi at which sigma/alpha has the given level, or the nearer end for a level
// outside.
func timeAt(p Process, level, lo, hi *Node) *Node {
	if formula, ok := p.(Inverter); ok {
		return Max(Min(formula.TimeOf(level), hi), lo)
	}
	search := newBracket(lo, hi)
	for range bracketings {
		search = search.next(p, level)
	}
	return search.t
}

// bracketings is the number of iterations of a bracket. 14 halvings come within a factor e of any root of the processes
// here. 6 Newton steps do the rest.
const bracketings = 26

// bracket is the state of Newton's method on the logarithm of sigma/alpha, with bisection as a safeguard: the estimate
// t and the ends around it.
//
// When Newton first leaves the bracket, it continues from the end of the bracket. The logarithm is concave near the
// data, so Newton converges from there; and the root may be the end itself.
type bracket struct {
	t, lo, hi        *Node
	freshLo, freshHi *Node // each end is tried once
}

func newBracket(lo, hi *Node) bracket {
	t := MulScalar(Add(lo, hi), .5)
	fresh := GreaterOrEqual(t, lo)
	return bracket{t, lo, hi, fresh, fresh}
}

func (s bracket) state() []*Node { return []*Node{s.t, s.lo, s.hi, s.freshLo, s.freshHi} }

// next is one iteration toward the time of a noise level.
func (s bracket) next(p Process, level *Node) bracket {
	c := p.At(s.t)
	excess := Sub(Log(c.Ratio()), Log(level))
	late := GreaterThan(excess, ZerosLike(excess))
	lo, hi := Where(late, s.lo, s.t), Where(late, s.t, s.hi)
	rate := Sub(Div(c.DVar, MulScalar(Square(c.Sigma), 2)), Div(c.DAlpha, c.Alpha))
	newton := Sub(s.t, Div(excess, rate))
	below, above := LessThan(newton, lo), GreaterThan(newton, hi)
	next := MulScalar(Add(lo, hi), .5)
	next = Where(LogicalAnd(below, s.freshLo), lo, next)
	next = Where(LogicalAnd(above, s.freshHi), hi, next)
	inside := LogicalAnd(GreaterOrEqual(newton, lo), LessOrEqual(newton, hi))
	return bracket{Where(inside, newton, next), lo, hi, LogicalAnd(s.freshLo, LogicalNot(below)),
		LogicalAnd(s.freshHi, LogicalNot(above))}
}

// spaced puts n equal steps in the coordinate u(t) and returns the times. The ends are exact.
func spaced(from, to float64, n int, u, inverse func(float64) float64) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("a grid needs at least 1 step, not %d", n)
	}
	grid := make([]float64, n+1)
	a, b := u(from), u(to)
	for i := range grid {
		w := float64(i) / float64(n)
		grid[i] = inverse(a*(1-w) + b*w)
	}
	grid[0], grid[n] = from, to
	return grid, CheckGrid(grid)
}

// CheckGrid reports a grid of less than 1 step. It reports the first time that is not finite, is negative, or goes
// against the direction of the grid.
func CheckGrid(grid []float64) error {
	if len(grid) < 2 {
		return fmt.Errorf("a grid needs at least 2 times (1 step), not %d", len(grid))
	}
	for i, t := range grid {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fmt.Errorf("grid: time %d is %g; times must be finite", i, t)
		}
		if t < 0 { // a process may have finite values at negative times
			return fmt.Errorf("grid: time %d is %g; time counts from 0, the data", i, t)
		}
		if i > 0 && (t > grid[i-1]) != (grid[1] > grid[0]) || i > 0 && t == grid[i-1] {
			return fmt.Errorf("grid: times %d and %d are %g and %g; times must strictly rise or strictly fall",
				i-1, i, grid[i-1], t)
		}
	}
	return nil
}

// checkNarrow reports the first two times of a grid that are equal in float32.
func checkNarrow(grid []float64) error {
	for i, t := range grid[1:] {
		if float32(t) == float32(grid[i]) {
			return fmt.Errorf("grid: times %d and %d, %g and %g, are the same number in float32: give float64 "+
				"samples, or a coarser grid", i, i+1, grid[i], t)
		}
	}
	return nil
}
