package errata

import (
	"math"
	"testing"
)

// With the forward path's own noise the reversed equation is right over no time, and over all time, where it forgets
// its start.
func TestOwnNoise(t *testing.T) {
	for _, v := range []float64{.1, .25, .9, 3} {
		for _, T := range []float64{1e-7, 15} {
			if got := ownNoise(v, T); math.Abs(got-v) > 1e-5*v {
				t.Errorf("v = %g, T = %g: variance %g", v, T, got)
			}
		}
	}
}
