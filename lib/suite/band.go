package suite

import "math"

// band is the largest difference of a fresh measurement b from the committed one a that does not count as a change.
//
//   - A check with a Band: the Band of the committed check.
//   - Two estimates: their 5-standard-error half-widths in quadrature. Two correct runs exceed this less than once in
//     a million times. An interval is at least 1e-12 of the number, which is rounding.
//   - A random number without an interval, judged by quantiles: the whole accepted range.
//   - A deterministic error, which is 0 in exact arithmetic: its tolerance. Rounding changes it by its own size.
//   - Any other deterministic number: 1e-6 of it for rounding between backends, but no more than its
//     tolerance. A tenth of the tolerance, if that is more.
func band(a, b Check) float64 {
	ha, hb := a.Got.Half(), b.Got.Half()
	switch {
	case a.Band > 0:
		return a.Band
	case ha > 0 || hb > 0:
		return max(math.Hypot(ha, hb), 1e-12*math.Abs(a.Got.Center))
	case a.Alpha > 0:
		return 2 * a.Tol
	case a.Want == 0:
		return a.Tol
	}
	rounding := max(1e-6*math.Abs(a.Got.Center), 1e-9)
	return max(min(rounding, a.Tol), a.Tol/10)
}

// moved reports whether two numbers differ by more than a margin. NaN differs from everything.
func moved(a, b, margin float64) bool { return a != b && !(math.Abs(a-b) <= margin) }
