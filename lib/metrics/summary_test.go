package metrics

import (
	"math"
	"testing"
)

// Numbers are written to the last digit that their interval supports.
func TestSummaryString(t *testing.T) {
	for want, s := range map[string]Summary{
		"1.983 ± 0.044":               {Center: 1.98312, Lo: 1.93912, Hi: 2.02712},
		"(2.31 ± 0.12)e-5":            {Center: 2.31e-5, Lo: 2.19e-5, Hi: 2.43e-5},
		"12346 ± 678":                 {Center: 12345.6, Lo: 11667.6, Hi: 13023.6},
		"0.50, between 0.38 and 0.52": {Center: 0.5, Lo: 0.38, Hi: 0.52},
		"8.130638":                    Exactly(8.1306381),
		"-2.7e-12":                    Exactly(-2.7e-12),
		"1000000":                     Exactly(1e6),
		"1e30":                        Exactly(1e30),
		"NaN":                         Exactly(math.NaN()),
		"+Inf":                        Exactly(math.Inf(1)),
		"(0.0 ± 2.0)e-9":              {Center: 0, Lo: -2e-9, Hi: 2e-9},
		"1e300":                       {Center: 1e300, Lo: 1e300, Hi: math.Inf(1)},
		"2e-310":                      {Center: 2e-310, Lo: 1e-310, Hi: 3e-310},
		"5":                           {Center: 5, Lo: 5 - 1e-200, Hi: 5 + 1e-15},
		"0":                           {},
		"(1.2346 ± 0.0012)e7":         {Center: 1.23456e7, Lo: 1.23336e7, Hi: 1.23576e7},
	} {
		if got := s.String(); got != want {
			t.Errorf("%g in [%g, %g] is written %q, want %q", s.Center, s.Lo, s.Hi, got, want)
		}
	}
}
