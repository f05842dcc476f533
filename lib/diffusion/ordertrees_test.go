package diffusion

import (
	"fmt"
	"math"
	"testing"
)

// tree is a rooted tree: the list of the subtrees of its root.
type tree []tree

// trees returns the trees with n vertices. A tree's branches are in falling order of their place in the list of all.
func trees(n int) []tree {
	var all []tree // with fewer than n vertices
	var sizes []int
	for k := 1; k < n; k++ {
		for _, t := range trees(k) {
			all, sizes = append(all, t), append(sizes, k)
		}
	}
	var grow func(left, most int) []tree
	grow = func(left, most int) []tree {
		if left == 0 {
			return []tree{nil}
		}
		var out []tree
		for i := most; i >= 0; i-- {
			if sizes[i] <= left {
				for _, rest := range grow(left-sizes[i], i) {
					out = append(out, append(tree{all[i]}, rest...))
				}
			}
		}
		return out
	}
	return grow(n-1, len(all)-1)
}

// order is the number of vertices. density is the product of the orders of all subtrees (gamma of Hairer, Norsett and
// Wanner 1993, definition II.2.10).
func (t tree) order() int {
	n := 1
	for _, b := range t {
		n += b.order()
	}
	return n
}

func (t tree) density() float64 {
	d := float64(t.order())
	for _, b := range t {
		d *= b.density()
	}
	return d
}

// weight is the elementary weight of the tree's branches at each stage.
func (t tree) weight(k RungeKutta) []float64 {
	out := make([]float64, len(k.B))
	for i := range out {
		out[i] = 1
		for _, b := range t {
			inner, sum := b.weight(k), 0.
			for j, a := range k.A[i] {
				sum += a * inner[j]
			}
			out[i] *= sum
		}
	}
	return out
}

// TestOrderConditions checks the order conditions. A method has order p if for every tree of up to p vertices the
// weighted sum of elementary weights is 1 over the tree's density (Hairer, Norsett and Wanner 1993, theorem II.2.13).
// There are 17 conditions for order 5.
func TestOrderConditions(t *testing.T) {
	for n, want := range []int{0, 1, 1, 2, 4, 9, 20} {
		if n > 0 && len(trees(n)) != want {
			t.Fatalf("%d trees of %d vertices, want %d", len(trees(n)), n, want)
		}
	}
	embedded := make([]float64, 7)
	for i, b := range DormandPrinceMethod.B {
		embedded[i] = b - DormandPrinceMethod.E[i]
	}
	for _, c := range []struct {
		name    string
		method  RungeKutta
		weights []float64
		order   int
	}{
		{"Euler", EulerMethod, EulerMethod.B, 1},
		{"midpoint", MidpointMethod, MidpointMethod.B, 2},
		{"Heun", HeunMethod, HeunMethod.B, 2},
		{"classic", ClassicMethod, ClassicMethod.B, 4},
		{"Dormand-Prince", DormandPrinceMethod, DormandPrinceMethod.B, 5},
		{"Dormand-Prince, embedded", DormandPrinceMethod, embedded, 4},
	} {
		for i, at := range c.method.C {
			sum := 0.
			for _, a := range c.method.A[i] {
				sum += a
			}
			near(t, c.name+": stage", at, sum, at, 4e-15) // coefficients are up to 12 here
		}
		worst := 0.
		for n := 1; n <= c.order+1; n++ {
			for _, tr := range trees(n) {
				sum := 0.
				for i, w := range tr.weight(c.method) {
					sum += c.weights[i] * w
				}
				if n <= c.order {
					near(t, fmt.Sprintf("%s: tree %v", c.name, tr), float64(n), sum, 1/tr.density(), 1e-14)
				} else {
					worst = math.Max(worst, math.Abs(sum-1/tr.density()))
				}
			}
		}
		if worst < 1e-6 {
			t.Errorf("%s has a higher order than %d", c.name, c.order)
		}
	}
	last := DormandPrinceMethod.A[6]
	for i, a := range append(append([]float64{}, last...), 0) {
		near(t, "first same as last", float64(i), a, DormandPrinceMethod.B[i], 0)
	}
}
