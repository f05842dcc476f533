package suite

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"scorelab/lib/metrics"
)

// plain writes a number with at most so many significant digits, without the zeros of Go's exponents.
func plain(x float64, digits int) string {
	text := strconv.FormatFloat(x, 'g', digits, 64)
	mantissa, exponent, ok := strings.Cut(text, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if !ok {
		return mantissa
	}
	power, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%se%d", mantissa, power)
}

// measured writes a number to the digit that its interval supports: 1.983 ± 0.044.
func measured(s metrics.Summary) string {
	half := s.Half()
	size := max(math.Abs(s.Center), half)
	if !(half > 1e-15*size) || !(size > 1e-300 && size < 1e300) { // exact, or no number that digits can show
		return plain(s.Center, 7)
	}
	power := 0
	if size < 1e-3 || size >= 1e6 {
		power = int(math.Floor(math.Log10(size)))
	}
	scale := math.Pow10(power)
	decimals := max(0, 1-int(math.Floor(math.Log10(half/scale))))
	digits := func(x float64) string { return strconv.FormatFloat(x/scale, 'f', decimals, 64) }
	text := digits(s.Center) + " ± " + digits(half)
	if up, down := s.Hi-s.Center, s.Center-s.Lo; math.Abs(up-down) > 0.05*half {
		text = fmt.Sprintf("%s, between %s and %s", digits(s.Center), digits(s.Lo), digits(s.Hi))
	}
	if power != 0 {
		return fmt.Sprintf("(%s)e%d", text, power)
	}
	return text
}

// mustBe writes what a check accepts. The tolerance of an estimate is its own interval, which stands beside it.
func mustBe(c Check) string {
	switch {
	case c.Tol > 0 && c.Tol == c.Got.Half():
		return plain(c.Want, 7)
	case c.Alpha > 0:
		return fmt.Sprintf("%s to %s", plain(c.Want-c.Tol, 4), plain(c.Want+c.Tol, 4))
	case c.Tol == 0:
		return "exactly " + plain(c.Want, 7)
	}
	return fmt.Sprintf("%s ± %s", plain(c.Want, 7), plain(c.Tol, 3))
}
