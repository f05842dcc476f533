package metrics

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Width is the half-width of every interval of this package in standard errors. For a normal estimator an interval of 5
// standard errors misses the true value once in 1.7 million times, so a suite of a thousand checks rarely gives a false
// alarm.
const Width = 5

// Miss is the probability 2 Phi(-Width) that such an interval misses. Bounds that are not multiples of a standard
// error, like that of [KS], have the same probability.
const Miss = 5.733031437583866e-07

// Summary is a measured number with its interval [Lo, Hi] and the number N of independent draws. A deterministic number
// has Lo = Center = Hi and N = 1.
type Summary struct {
	Center float64 `json:"got"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	N      int     `json:"n"`
}

// Exactly summarizes a deterministic number.
func Exactly(x float64) Summary { return Summary{Center: x, Lo: x, Hi: x, N: 1} }

// WithError summarizes an estimate with standard error se from n independent draws: Center +- Width se.
func WithError(center, se float64, n int) Summary {
	return Summary{Center: center, Lo: center - Width*se, Hi: center + Width*se, N: n}
}

// widened moves each end of the interval at least p times the number away from it.
func (s Summary) widened(p float64) Summary {
	half := math.Abs(s.Center) * min(p, 1)
	s.Lo, s.Hi = min(s.Lo, s.Center-half), max(s.Hi, s.Center+half)
	return s
}

// finite returns the summary, or an error if powers of the points are beyond the range of float64.
func (s Summary) finite(name string) (Summary, error) {
	if sum := s.Lo + s.Center + s.Hi; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return Summary{}, fmt.Errorf("metrics: %s is %g in [%g, %g]: powers of the points leave float64; scale "+
			"them down",
			name, s.Center, s.Lo, s.Hi)
	}
	return s, nil
}

// Half is the half-width of the interval: 0 for a deterministic number.
func (s Summary) Half() float64 { return math.Max(s.Hi-s.Center, s.Center-s.Lo) }

// String writes the number to the last digit that its interval supports: 1.983 ± 0.044.
func (s Summary) String() string {
	half := s.Half()
	size := max(math.Abs(s.Center), half)
	if !(half > 1e-15*size) || !(size > 1e-300 && size < 1e300) { // exact, or beyond the range of plain digits
		return Digits(s.Center, 7)
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

// Digits writes a number with at most so many significant digits, without the zeros of Go's exponents.
func Digits(x float64, digits int) string {
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
