package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// W2 is the 2-Wasserstein distance of two samples of n >= 2 points each, in any dimension and in the unit of the
// points. It is the root of the least mean squared distance over all pairings. It is exact, by optimal assignment in
// O(n^3) time and memory for n^2 numbers. n = 2,000 takes seconds.
//
// The interval is for the distance of the two distributions. The distance of samples is biased upward by at most E
// W2(P_n, P) + E W2(Q_n, Q). The bias grows with the dimension (like n^(-1/D)). Each term is at most the distance of
// two samples of half the size (W2^2 is convex). So each is estimated as the distance between the halves of the sample.
// The standard error se follows from the solution: sqrt(n) (W2^2 - E W2^2) is asymptotically normal with variance Var
// u(X) + Var v(Y), where u and v are the optimal prices (del Barrio & Loubes, Ann. Probab. 47, 2019). For samples of
// the same distribution the limit is 0. There the prices of the samples overstate se, by up to a half. So the interval
// is [max(0, W2 - floors - Width se), W2 + Width se]: conservative, and like the distance itself insensitive to small
// differences in high dimension.
func W2(x, y Points) (Summary, error) {
	if err := checkPair(x, y, 2); err != nil {
		return Summary{}, err
	}
	if err := checkEqualSizes(x, y); err != nil {
		return Summary{}, err
	}
	t := transport(x, y)
	d := math.Sqrt(t.squared)
	se := 0.0
	if d > 0 {
		se = math.Sqrt((stat.Variance(t.u, nil)+stat.Variance(t.v, nil))/float64(x.N)) / (2 * d)
	}
	floors := 0.0
	for _, p := range []Points{x, y} {
		half := p.N / 2
		floors += math.Sqrt(transport(p.slice(0, half), p.slice(half, 2*half)).squared)
	}
	s := Summary{Center: d, Lo: max(0, d-floors-Width*se), Hi: d + Width*se, N: x.N}
	// The mass p at the distance d changes W2^2 by p d^2.
	return s.widened(math.Sqrt(unseen(x, y))).finite("W2")
}

// plan is an optimal pairing of x_i with y_to(i), its mean squared distance, and the prices that prove it optimal:
// u_i + v_j <= |x_i - y_j|^2 with equality on pairs.
type plan struct {
	assignment
	squared float64
}

// transport pairs samples of equal size. The problem is solved between the standardized samples, whose optimal pairing
// is the same: with x = a x' + p and y = b y' + q,
//
//	|x-y|^2 = ab |x'-y'|^2 + a(a-b)|x'|^2 + b(b-a)|y'|^2 + 2(a x' - b y').(p-q) + |p-q|^2,
//
// where all terms except for the first belong to a single point. The algorithm is faster for nearer samples.
func transport(x, y Points) plan {
	n := x.N
	xs, a := x.standardized()
	ys, b := y.standardized()
	cost := make([]float64, n*n)
	eachOf(n, func(i int) {
		for j := range n {
			cost[i*n+j] = squaredDistance(xs.Row(i), ys.Row(j))
		}
	})
	t := plan{assignment: assign(n, cost)}
	shift := make([]float64, x.D)
	for j := range shift {
		shift[j] = stat.Mean(x.Col(j), nil) - stat.Mean(y.Col(j), nil)
	}
	zero := make([]float64, x.D)
	for i := range n {
		px, py := xs.Row(i), ys.Row(i)
		t.u[i] = a*b*t.u[i] + a*(a-b)*squaredDistance(px, zero) + 2*a*floats.Dot(px, shift) + floats.Dot(shift, shift)
		t.v[i] = a*b*t.v[i] + b*(b-a)*squaredDistance(py, zero) - 2*b*floats.Dot(py, shift)
		t.squared += squaredDistance(x.Row(i), y.Row(t.to[i])) / float64(n)
	}
	return t
}

// standardized returns points with mean 0 and, unless all are equal, mean squared norm D. The original points are scale
// times them, plus the mean.
func (p Points) standardized() (q Points, scale float64) {
	q = p.centered()
	sum := floats.Dot(q.X, q.X)
	if sum == 0 {
		return q, 1
	}
	scale = math.Sqrt(sum / float64(len(q.X)))
	for i := range q.X {
		q.X[i] /= scale
	}
	return q, scale
}

// slice is points from .. to-1, in shared memory.
func (p Points) slice(from, to int) Points { return Points{to - from, p.D, p.X[from*p.D : to*p.D]} }

func checkEqualSizes(x, y Points) error {
	if x.N != y.N {
		return fmt.Errorf("metrics: x and y must have as many points: shapes [%d, %d] and [%d, %d]", x.N, x.D, y.N, y.D)
	}
	return nil
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}
