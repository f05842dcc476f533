package suite

import "math"

// band is the largest distance of a fresh measurement b to the committed one a that is no change.
//
//   - A check that brings its own Band: that one, and the committed check's.
//   - Two estimates: their 5-standard-error half-widths in quadrature. Two right runs differ by more less than once in
//     a million times. No interval is held to more digits than rounding leaves: 1e-12 of the number.
//   - A random number without an interval, which quantiles judge: the whole accepted range.
//   - A deterministic error, which is 0 in exact arithmetic: its tolerance. Rounding moves it by as much as its size.
//   - Any other deterministic number: 1e-6 of it, which is rounding between backends, though no more than its
//     tolerance; or a tenth of the tolerance, when that is more.
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

// moved reports whether two numbers differ by more than a margin; NaN is different from everything.
func moved(a, b, margin float64) bool { return a != b && !(math.Abs(a-b) <= margin) }
