package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawCosts draws an [n, n] cost matrix, often with ties.
func drawCosts(t *rapid.T, most int) (n int, cost []float64) {
	n = rapid.IntRange(1, most).Draw(t, "n")
	value := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.Map(rapid.IntRange(0, 3), func(i int) float64 {
		return float64(i)
	}))
	return n, rapid.SliceOfN(value, n*n, n*n).Draw(t, "cost")
}

// proved fails the test unless the prices prove the assignment optimal, and returns its cost.
func (a assignment) proved(t interface{ Fatalf(string, ...any) }, n int, cost []float64, tol float64) float64 {
	sum, bound := 0.0, 0.0
	taken := make([]bool, n)
	for i, j := range a.to {
		if taken[j] {
			t.Fatalf("column %d is taken twice", j)
		}
		taken[j] = true
		sum += cost[i*n+j]
		bound += a.u[i] + a.v[i]
		if slack := cost[i*n+j] - a.u[i] - a.v[j]; math.Abs(slack) > tol {
			t.Fatalf("pair (%d, %d) has slack %g", i, j, slack)
		}
		for k := range n {
			if slack := cost[i*n+k] - a.u[i] - a.v[k]; slack < -tol {
				t.Fatalf("the prices of (%d, %d) exceed its cost by %g", i, k, -slack)
			}
		}
	}
	if math.Abs(sum-bound) > tol*float64(n) {
		t.Fatalf("cost %.17g, bound %.17g", sum, bound)
	}
	return sum
}

// The assignment is the cheapest permutation.
func TestAssignAgainstAllPermutations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, cost := drawCosts(t, 7)
		got := assign(n, cost).proved(t, n, cost, 1e-12)
		best := math.Inf(1)
		var try func(i int, used uint, sum float64)
		try = func(i int, used uint, sum float64) {
			if i == n {
				best = min(best, sum)
				return
			}
			for j := range n {
				if used>>j&1 == 0 {
					try(i+1, used|1<<j, sum+cost[i*n+j])
				}
			}
		}
		try(0, 0, 0)
		if math.Abs(got-best) > 1e-12 {
			t.Fatalf("cost %.17g, the best permutation has %.17g", got, best)
		}
	})
}

// Larger problems are checked by the proof that comes with the solution, also for costs far from 0 and with many ties.
func TestAssignIsProved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, cost := drawCosts(t, 40)
		offset := rapid.SampledFrom([]float64{0, 1e6, -1e6}).Draw(t, "offset")
		for i := range cost {
			cost[i] += offset
		}
		assign(n, cost).proved(t, n, cost, 1e-12*(100+math.Abs(offset)))
	})
}

// The proof holds for the original points, not only for the standardized ones of the algorithm.
func TestTransportIsProved(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, d := range []int{1, 2, 5} {
		const n = 150
		x := normals(r, n, d)
		y := normals(r, n, d).each(func(v float64) float64 { return 3*v - 7 })
		cost := make([]float64, n*n)
		for i := range n {
			for j := range n {
				cost[i*n+j] = squaredDistance(x.Row(i), y.Row(j))
			}
		}
		plan := transport(x, y)
		near(t, "W2^2", plan.squared, plan.proved(t, n, cost, 1e-10)/n, 1e-12)
	}
}

// On the line the best pairing is by order.
func TestW2OnTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := Spec{EqualSizes: true}.draw(t, 1)
		sortedX, sortedY := slices.Sorted(slices.Values(x.X)), slices.Sorted(slices.Values(y.X))
		want := math.Sqrt(squaredDistance(sortedX, sortedY) / float64(x.N))
		if got := must(W2(x, y)).Center; math.Abs(got-want) > 1e-12*(1+want) {
			t.Fatalf("%.17g, by order %.17g", got, want)
		}
	})
}

// The interval contains the distance of two Gaussians, whose square is |m|^2 + d (s-1)^2 for N(0, I) and N(m, s^2 I)
// (Dowson & Landau 1982). It contains 0 for the same distribution, for Cross and in high dimension.
func TestW2Interval(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, d := range []int{1, 2, 8} {
		for _, s := range []float64{1, 2} {
			x := normals(r, 300, d)
			y := normals(r, 300, d).each(func(v float64) float64 { return s*v + 1 })
			want := math.Sqrt(float64(d) * (1 + (s-1)*(s-1)))
			if got := must(W2(x, y)); !(got.Lo < want && want < got.Hi && (got.Lo > 0 || d > 2)) {
				t.Errorf("dimension %d, scale %g: %+v, want %g", d, s, got, want)
			}
		}
		if got := must(W2(normals(r, 300, d), normals(r, 300, d))); got.Lo != 0 {
			t.Errorf("the same distribution in dimension %d: %+v", d, got)
		}
	}
	if got := must(W2(cross(r, 500), cross(r, 500))); got.Lo != 0 {
		t.Errorf("the cross: %+v", got)
	}
}
