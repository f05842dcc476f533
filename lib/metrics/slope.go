package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Slope is the slope of the least-squares line through at least 3 points (x, y). The standard error is
// sqrt(RSS/(n-2)/sum (x - mean x)^2), for independent errors of equal variance. The coverage of 5 standard errors
// follows Student's t with n-2 degrees of freedom. With few points it is smaller than for a normal estimate.
func Slope(x, y []float64) (Summary, error) {
	if err := checkPair(Line(x), Line(y), 3); err != nil {
		return Summary{}, err
	}
	if len(x) != len(y) {
		return Summary{}, fmt.Errorf("metrics: %d values of x but %d of y", len(x), len(y))
	}
	intercept, slope := stat.LinearRegression(x, y, nil, false)
	mean := stat.Mean(x, nil)
	var rss, sxx float64
	for i := range x {
		r := y[i] - intercept - slope*x[i]
		rss += r * r
		sxx += (x[i] - mean) * (x[i] - mean)
	}
	if sxx == 0 {
		return Summary{}, fmt.Errorf("metrics: all %d values of x are %g; a slope needs different ones", len(x), x[0])
	}
	return WithError(slope, math.Sqrt(rss/float64(len(x)-2)/sxx), len(x)), nil
}

// LogSlope is the [Slope] of log y against log x: the exponent p of y = c x^p. Both must be positive.
func LogSlope(x, y []float64) (Summary, error) {
	logs := func(name string, v []float64) ([]float64, error) {
		out := make([]float64, len(v))
		for i := range v {
			if !(v[i] > 0) {
				return nil, fmt.Errorf("metrics: %s[%d] = %g has no logarithm", name, i, v[i])
			}
			out[i] = math.Log(v[i])
		}
		return out, nil
	}
	lx, err := logs("x", x)
	if err != nil {
		return Summary{}, err
	}
	ly, err := logs("y", y)
	if err != nil {
		return Summary{}, err
	}
	return Slope(lx, ly)
}
