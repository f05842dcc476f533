package suite

import (
	"fmt"

	"scorelab/lib/metrics"
)

// mustBe writes the accepted values of a check. The tolerance of an estimate is its own interval, which is printed
// beside it.
func mustBe(c Check) string {
	switch {
	case c.Tol > 0 && c.Tol == c.Got.Half():
		return metrics.Digits(c.Want, 7)
	case c.Alpha > 0:
		return fmt.Sprintf("%s to %s", metrics.Digits(c.Want-c.Tol, 4), metrics.Digits(c.Want+c.Tol, 4))
	case c.Tol == 0:
		return "exactly " + metrics.Digits(c.Want, 7)
	}
	return fmt.Sprintf("%s ± %s", metrics.Digits(c.Want, 7), metrics.Digits(c.Tol, 3))
}
