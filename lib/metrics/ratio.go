package metrics

import (
	"fmt"
	"math"
)

// Ratio is mean(a)/mean(b) of at least 2 pairs (a[i], b[i]), each pair one independent draw. Its standard error is that
// of the mean residual a - R b over mean(b), by the delta method (Cochran, Sampling Techniques, section 6.4). It
// accounts for the correlation of a and b.
func Ratio(a, b []float64) (Summary, error) {
	if len(a) != len(b) {
		return Summary{}, fmt.Errorf("metrics: Ratio takes pairs, not %d and %d numbers", len(a), len(b))
	}
	top, err := Mean(a)
	if err != nil {
		return Summary{}, err
	}
	bottom, err := Mean(b)
	if err != nil {
		return Summary{}, err
	}
	if bottom.Center == 0 {
		return Summary{}, fmt.Errorf("metrics: Ratio to a mean of 0")
	}
	r := top.Center / bottom.Center
	rest, err := MeanOf(len(a), func(i int) float64 { return a[i] - r*b[i] })
	if err != nil {
		return Summary{}, err
	}
	half := rest.Half() / math.Abs(bottom.Center)
	return Summary{Center: r, Lo: r - half, Hi: r + half, N: len(a)}, nil
}
