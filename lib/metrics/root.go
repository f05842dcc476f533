package metrics

import "math"

// root finds where f crosses zero between a and b by Ridders' method (IEEE Trans. Circuits Syst. 26, 1979). Every round
// halves the bracket or better, so that the jump of a step function is found as well. It is NaN if f does not cross
// zero.
func root(f func(float64) float64, a, b float64) float64 {
	fa, fb := f(a), f(b)
	if !(min(fa, fb) <= 0 && 0 <= max(fa, fb)) {
		return math.NaN()
	}
	last := math.NaN()
	for range 100 {
		mid := a + (b-a)/2
		if fa == 0 || mid == a || mid == b {
			return a
		}
		if fb == 0 {
			return b
		}
		fm := f(mid)
		x, fx := mid, fm
		if s := math.Sqrt(fm*fm - fa*fb); s > 0 && !math.IsInf(s, 0) {
			x = mid + (mid-a)*math.Copysign(1, fa-fb)*fm/s
			fx = f(x)
		}
		if math.Abs(x-last) <= 2e-16*math.Abs(x) {
			return x
		}
		last = x
		switch {
		case fm*fx < 0:
			a, fa, b, fb = mid, fm, x, fx
		case fa*fx < 0:
			b, fb = x, fx
		default:
			a, fa = x, fx
		}
	}
	return a
}
