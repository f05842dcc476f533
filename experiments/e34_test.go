package main

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The bounds hold for errors that are vectors, whatever their directions, and are met when those are one.
func TestTermsBracketTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coordinate := rapid.Float64Range(-10, 10)
		var links terms
		var total [2]float64
		for k := range links {
			x, y := coordinate.Draw(t, "x"), coordinate.Draw(t, "y")
			links[k] = math.Hypot(x, y)
			total[0], total[1] = total[0]+x, total[1]+y
		}
		if got := math.Hypot(total[0], total[1]); got < links.least()-1e-12 || got > links.sum()+1e-12 {
			t.Fatalf("total %g of the terms %v is not in [%g, %g]", got, links, links.least(), links.sum())
		}
	})
	if b := (budget{links: terms{1, 7, 2, 1}, total: 11}); b.position() != 1 {
		t.Errorf("terms in one direction stand at %g", b.position())
	}
	if b := (budget{links: terms{1, 7, 2, 1}, total: 3}); b.position() != 0 {
		t.Errorf("the largest term against the others stands at %g", b.position())
	}
}

// The extrapolation is exact for a polynomial in the step of lower degree than there are steps.
func TestStepLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coefficients := rapid.SliceOfN(rapid.Float64Range(-3, 3), 1, 6).Draw(t, "coefficients")
		values := make([]float64, len(coefficients))
		for i := range values {
			h := math.Pow(2, -float64(i))
			for k := len(coefficients) - 1; k >= 0; k-- {
				values[i] = values[i]*h + coefficients[k]
			}
		}
		if got := stepLimit(values); math.Abs(got-coefficients[0]) > 1e-10 {
			t.Fatalf("limit %g of %v, want %g", got, values, coefficients[0])
		}
	})
}

// With the forward path's own noise the reversed equation is right over no time, and over all time, where it forgets its start.
func TestOwnNoise(t *testing.T) {
	for _, v := range []float64{.1, .25, .9, 3} {
		for _, T := range []float64{1e-7, 15} {
			if got := ownNoise(v, T); math.Abs(got-v) > 1e-5*v {
				t.Errorf("v = %g, T = %g: variance %g", v, T, got)
			}
		}
	}
}
