package diffusion

import (
	"fmt"
	"math"
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
