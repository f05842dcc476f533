package suite

import (
	"math"
	"testing"

	"scorelab/lib/metrics"
)

// An estimate whose interval is only rounding is compared up to rounding, not to its last bit.
func TestBandOfTwoEstimates(t *testing.T) {
	near := func(center, half float64) Check {
		return Check{Got: metrics.Summary{Center: center, Lo: center - half, Hi: center + half, N: 10}, Want: 1,
			Tol: .1}
	}
	if got := band(near(1, .3), near(1.1, .4)); math.Abs(got-.5) > 1e-15 {
		t.Errorf("band of half-widths .3 and .4 is %g, want .5", got)
	}
	if got := band(near(1, 1e-16), near(1, 0)); got != 1e-12 {
		t.Errorf("band of a half-width of 1e-16 about 1 is %g, want 1e-12", got)
	}
}
