package suite

import (
	"fmt"
	"math"

	"scorelab/lib/metrics"
)

// weakShare is the largest error of a wanted value, relative to its scale, that a check may miss without being weak.
const weakShare = 0.1

// WeakMeans explains weak checks in listings.
const WeakMeans = "a value that is off by more than 10 % passes too"

// weakMark marks a weak check in tables.
const weakMark = "wide"

// ownInterval reports whether the tolerance is the interval of the estimate, as for Near, up to rounding.
func (c Check) ownInterval() bool {
	half := c.Got.Half()
	return half > 0 && math.Abs(c.Tol-half) <= 1e-9*half
}

// tests is the relative error of the wanted value, in either direction, that may still pass. It is NaN if there is no
// scale to compare with:
//
//   - The scale is the wanted value.
//   - An estimate of 0 has no scale, since the measurement is noise. It is compared with the standard deviation
//     of a single draw, like a standardized effect.
//   - Any other check of 0 is the bound of an error, and a range (of quantiles, or of trained networks) is the claim.
func (c Check) tests() float64 {
	switch {
	case c.ownInterval() && c.Want == 0 && c.Got.N > 1:
		return metrics.Width / math.Sqrt(float64(c.Got.N))
	case c.Want == 0, c.OfTraining, c.Alpha > 0 && !c.ownInterval():
		return math.NaN()
	}
	return c.Tol / math.Abs(c.Want)
}

// Weak reports whether the check passes but would also pass with a value that is off by more than a tenth.
func (c Check) Weak() bool { return c.Pass() && c.tests() > weakShare*(1+1e-9) }

// weakness describes how little a weak check tests.
func (c Check) weakness() string {
	if c.Want == 0 {
		return fmt.Sprintf("%s about 0, %.0f %% of the deviation of a single draw", plusMinus(c), 100*c.tests())
	}
	return fmt.Sprintf("%s about %s, %.0f %% of it", plusMinus(c), metrics.Digits(c.Want, 4), 100*c.tests())
}

// plusMinus writes the tolerance, and explains it if it is an interval.
func plusMinus(c Check) string {
	text := "±" + metrics.Digits(c.Tol, 3)
	if c.ownInterval() {
		text += " (5 s.e.)"
	}
	return text
}

// Weak are the checks that pass but test little.
func (r *Result) Weak() (weak []Check) {
	for _, c := range r.Checks {
		if c.Weak() {
			weak = append(weak, c)
		}
	}
	return weak
}
