package metrics

import (
	"fmt"
	"math"
)

// Points are N points of dimension D: coordinate j of point i is X[i*D+j]. An image is a point too: its pixels in
// any fixed order.
type Points struct {
	N, D int
	X    []float64
}

// PointsOf copies rows of equal length into Points.
func PointsOf(rows [][]float64) (Points, error) {
	if len(rows) == 0 {
		return Points{}, fmt.Errorf("metrics: no points")
	}
	p := Points{N: len(rows), D: len(rows[0])}
	for i, row := range rows {
		if len(row) != p.D {
			return Points{}, fmt.Errorf("metrics: point %d has dimension %d, point 0 has %d", i, len(row), p.D)
		}
		p.X = append(p.X, row...)
	}
	return p, p.check("rows")
}

// Line views numbers as points of dimension 1. It shares their memory.
func Line(xs []float64) Points { return Points{N: len(xs), D: 1, X: xs} }

// Row is point i, in shared memory.
func (p Points) Row(i int) []float64 { return p.X[i*p.D : (i+1)*p.D : (i+1)*p.D] }

// Col copies coordinate j of every point.
func (p Points) Col(j int) []float64 {
	col := make([]float64, p.N)
	for i := range col {
		col[i] = p.X[i*p.D+j]
	}
	return col
}

// Along is the projection of every point on a direction [D], which need not have unit length.
func (p Points) Along(direction ...float64) []float64 {
	out := make([]float64, p.N)
	for i := range out {
		for j, u := range direction {
			out[i] += u * p.X[i*p.D+j]
		}
	}
	return out
}

// check returns an error for points that cannot be measured: empty ones, a wrong shape, NaN or infinite values.
func (p Points) check(name string) error {
	if p.N < 1 || p.D < 1 {
		return fmt.Errorf("metrics: %s is empty: shape [%d, %d]", name, p.N, p.D)
	}
	if len(p.X) != p.N*p.D {
		return fmt.Errorf("metrics: %s has shape [%d, %d] but %d values", name, p.N, p.D, len(p.X))
	}
	count, first := 0, 0
	for i, x := range p.X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			if count == 0 {
				first = i
			}
			count++
		}
	}
	switch {
	case count == 0:
		return nil
	case p.D == 1:
		return fmt.Errorf("metrics: %s has %d NaN or infinite values, the first at index %d", name, count, first)
	default:
		return fmt.Errorf("metrics: %s has %d NaN or infinite values, the first at row %d, column %d",
			name, count, first/p.D, first%p.D)
	}
}

// checkAtLeast is check for an estimator that needs n points.
func (p Points) checkAtLeast(n int, name string) error {
	if err := p.check(name); err != nil {
		return err
	}
	if p.N < n {
		return fmt.Errorf("metrics: %s has %d of the %d points that an error estimate needs", name, p.N, n)
	}
	return nil
}

// unseen is the mass that samples of equal points may have missed. A distribution with the mass p elsewhere gives n
// equal points with probability (1-p)^n, which is Miss for p = 1 - Miss^(1/n). For samples with any spread it is 0,
// since their errors are estimated from the spread.
func unseen(samples ...Points) float64 {
	share := 0.0
	for _, p := range samples {
		same := true
		for i := p.D; i < len(p.X) && same; i++ {
			same = p.X[i] == p.X[i-p.D]
		}
		if same {
			share -= math.Expm1(math.Log(Miss) / float64(p.N))
		}
	}
	return min(share, 1)
}

// checkPair checks that two samples have the same dimension and at least n points each.
func checkPair(x, y Points, n int) error {
	if err := x.checkAtLeast(n, "x"); err != nil {
		return err
	}
	if err := y.checkAtLeast(n, "y"); err != nil {
		return err
	}
	if x.D != y.D {
		return fmt.Errorf("metrics: x and y differ in dimension: shapes [%d, %d] and [%d, %d]", x.N, x.D, y.N, y.D)
	}
	return nil
}
