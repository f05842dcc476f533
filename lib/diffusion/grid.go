package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
)

// A grid is the N+1 times of N steps, none negative, strictly rising or strictly falling.

// Uniform is the grid of n equal steps from one time to another.
func Uniform(from, to float64, n int) ([]float64, error) {
	return spaced(from, to, n, func(t float64) float64 { return t }, func(u float64) float64 { return u })
}

// Geometric is the grid of n steps with a constant ratio of times.
func Geometric(from, to float64, n int) ([]float64, error) {
	if !(from > 0 && to > 0) {
		return nil, fmt.Errorf("geometric grid from %g to %g: both ends must be positive", from, to)
	}
	return spaced(from, to, n, math.Log, math.Exp)
}

// Karras is the rule of Karras et al. 2022, equation 5: equal steps of sigma^(1/rho). rho = 7 is theirs.
func Karras(rho float64) func(from, to float64, n int) ([]float64, error) {
	return func(from, to float64, n int) ([]float64, error) {
		if !(from >= 0 && to >= 0 && rho > 0) {
			return nil, fmt.Errorf("Karras grid from %g to %g with rho %g: give ends that are not negative and a positive rho", from, to, rho)
		}
		return spaced(from, to, n, func(t float64) float64 { return math.Pow(t, 1/rho) }, func(u float64) float64 { return math.Pow(u, rho) })
	}
}

// InRatio is the grid of a process from one time to another whose noise levels sigma/alpha a rule spaces: Geometric
// gives equal steps of log SNR, Karras(7) those of EDM.
func InRatio(b compute.Backend, p Process, from, to float64, n int, rule func(from, to float64, n int) ([]float64, error)) ([]float64, error) {
	ends, err := ExecOnce(b, func(t *Node) *Node { return p.At(t).Ratio() }, []float64{from, to})
	if err != nil {
		return nil, Cause(err)
	}
	levels := tensors.MustCopyFlatData[float64](ends)
	if levels, err = rule(levels[0], levels[1], n); err != nil {
		return nil, err
	}
	out, err := ExecOnce(b, func(level, from, to *Node) *Node {
		return timeAt(p, level, BroadcastToDims(from, n+1), BroadcastToDims(to, n+1))
	}, levels, min(from, to), max(from, to))
	if err != nil {
		return nil, Cause(err)
	}
	grid := tensors.MustCopyFlatData[float64](out)
	grid[0], grid[n] = from, to
	return grid, checkGrid(grid)
}

// AtRatios are the times at which a process has the noise levels sigma/alpha, which fall.
func AtRatios(b compute.Backend, p Process, levels []float64) ([]float64, error) {
	lo, hi := p.Horizon()
	grid, err := InRatio(b, p, hi, lo, len(levels)+1, func(from, to float64, _ int) ([]float64, error) {
		return append(append([]float64{from}, levels...), to), nil
	})
	if err != nil {
		return nil, err
	}
	return grid[1 : len(grid)-1], nil
}

// timeAt is the time between lo and hi at which sigma/alpha has the given level: Newton's method on its logarithm, kept
// in a bracket by bisection.
func timeAt(p Process, level, lo, hi *Node) *Node {
	const iterations = 24 // 14 halvings reach a factor e of any root of the processes here, 6 steps of Newton do the rest
	target := Log(level)
	t := MulScalar(Add(lo, hi), .5)
	for range iterations {
		c := p.At(t)
		excess := Sub(Log(c.Ratio()), target)
		late := GreaterThan(excess, ZerosLike(excess))
		lo, hi = Where(late, lo, t), Where(late, t, hi)
		rate := Sub(Div(c.DVar, MulScalar(Square(c.Sigma), 2)), Div(c.DAlpha, c.Alpha))
		newton := Sub(t, Div(excess, rate))
		inside := LogicalAnd(GreaterOrEqual(newton, lo), LessOrEqual(newton, hi))
		t = Where(inside, newton, MulScalar(Add(lo, hi), .5))
	}
	return t
}

// spaced puts n equal steps in the coordinate u(t) and gives back times; the ends are exact.
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
	return grid, checkGrid(grid)
}

// checkGrid reports the first time that is not finite, before the data, or against the direction of the grid.
func checkGrid(grid []float64) error {
	if len(grid) < 2 {
		return fmt.Errorf("a grid needs at least 2 times (1 step), not %d", len(grid))
	}
	for i, t := range grid {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fmt.Errorf("grid: time %d is %g; times must be finite", i, t)
		}
		if t < 0 { // where a process may have values that look sound
			return fmt.Errorf("grid: time %d is %g; time counts from 0, the data", i, t)
		}
		if i > 0 && (t > grid[i-1]) != (grid[1] > grid[0]) || i > 0 && t == grid[i-1] {
			return fmt.Errorf("grid: times %d and %d are %g and %g; times must strictly rise or strictly fall",
				i-1, i, grid[i-1], t)
		}
	}
	return nil
}
