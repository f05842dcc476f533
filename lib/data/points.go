package data

import (
	"fmt"
	"math"
)

// Points are N points of dimension D: coordinate j of point i is X[i*D+j].
type Points struct {
	N, D    int
	X       []float64
	Columns []string // the D names of a header; nil: there was none
	Labels  []int    // a class for each point, 0 .. Classes-1; nil: there were none
	Classes int
}

// Row is point i, [D], in shared memory.
func (p *Points) Row(i int) []float64 { return p.X[i*p.D : (i+1)*p.D : (i+1)*p.D] }

// DegenerateError is the error of N equal points. Their noised density is a single Gaussian with a linear score, so
// training on them is trivial. A caller may ignore it.
type DegenerateError struct{ N int }

func (e *DegenerateError) Error() string {
	what := "there is a single point"
	if e.N > 1 {
		what = fmt.Sprintf("all %d points are identical", e.N)
	}
	return "data: " + what + ", so that the score would be that of one Gaussian: give at least two different points"
}

// Validate returns an error for points that are unfit for training: no points, NaN or infinite values (with their count
// and the index of the first, from 0), or no two different points, which is a *DegenerateError.
func (p *Points) Validate() error {
	if err := p.finite(); err != nil {
		return err
	}
	for i := p.D; i < len(p.X); i++ {
		if p.X[i] != p.X[i-p.D] {
			return nil
		}
	}
	return &DegenerateError{p.N}
}

// finite is Validate without the check for different points.
func (p *Points) finite() error {
	if p.N < 1 || p.D < 1 {
		return fmt.Errorf("data: the data set is empty, its shape is [%d, %d]: give at least two points", p.N, p.D)
	}
	if len(p.X) != p.N*p.D {
		return fmt.Errorf("data: points of shape [%d, %d] have %d values instead of %d", p.N, p.D, len(p.X), p.N*p.D)
	}
	bad, first := 0, 0
	for i, x := range p.X {
		if infinite(x) {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf(
			"data: %d of %d values are NaN or infinite, the first at row %d, column %d, counted from 0: "+
				"remove or fill these points",
			bad, len(p.X), first/p.D, first%p.D)
	}
	return nil
}

func infinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
