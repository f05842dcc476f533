package diffusion

import (
	"fmt"
	"math"
)

// Spacing chooses n of the T steps of a Table to sample with. It returns them as a grid of n+1 whole times that fall
// strictly, the last of them 0. To stop sampling at the first step, leave the last time out.
//
// A time t is t - 1 in the timesteps of diffusers, which count from 0 (Lin et al. 2024, table 2). A step midway between
// two timesteps is rounded to the even one. The floating point of diffusers rounds some the other way, and makes 62
// trailing steps of 1000 where 61 are requested.
type Spacing func(T, n int) ([]float64, error)

// Spacings lists the ways in which diffusers spaces steps.
var Spacings = []struct {
	Name    string
	Spacing Spacing
}{
	{"linspace", Linspace},
	{"leading", Leading(0)},
	{"trailing", Trailing},
}

// Linspace spaces its steps evenly from T down to 1, rounded. A single step starts at T. That of diffusers starts at 1,
// where samples should no longer be noise.
func Linspace(T, n int) ([]float64, error) {
	return spacing(T, n, func(k int) float64 {
		if n == 1 {
			return float64(T)
		}
		return 1 + math.RoundToEven(float64(k*(T-1))/float64(n-1))
	})
}

// Trailing spaces its steps evenly from T down to T/n, rounded: the last of each stretch of the table.
func Trailing(T, n int) ([]float64, error) {
	return spacing(T, n, func(k int) float64 { return math.RoundToEven(float64((k+1)*T) / float64(n)) })
}

// Leading takes every T/n-th step (rounded down) from the first on, moved by an offset: the first of each stretch of
// the table. It does not start at T. The offset is 0 in Song, Meng and Ermon 2021 and 1 in Stable Diffusion.
func Leading(offset int) Spacing {
	return func(T, n int) ([]float64, error) {
		return spacing(T, n, func(k int) float64 { return float64(1 + k*(T/n) + offset) })
	}
}

// spacing makes the grid of the steps at(0) < ... < at(n-1).
func spacing(T, n int, at func(k int) float64) ([]float64, error) {
	if n < 1 || n > T {
		return nil, fmt.Errorf("%d steps of a table of %d: give from 1 to %d", n, T, max(T, 1))
	}
	grid := make([]float64, n+1)
	for k := range n {
		grid[n-1-k] = at(k)
	}
	if grid[0] > float64(T) || grid[n-1] < 1 {
		return nil, fmt.Errorf("%d steps of a table of %d run from %g to %g: the offset leaves the table", n, T,
			grid[0], grid[n-1])
	}
	return grid, nil
}
