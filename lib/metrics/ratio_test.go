package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRatio(t *testing.T) {
	// By hand: means 3 and 2, residuals a - 1.5 b = -.5, .5 with sd 1/sqrt 2, s.e. of the mean .5, over 2.
	got, err := Ratio([]float64{1, 5}, []float64{1, 3})
	if err != nil || got.Center != 1.5 || math.Abs(got.Half()-5*.25) > 1e-15 {
		t.Errorf("Ratio = %+v, %v; want 1.5 +- 1.25", got, err)
	}
	// A proportional pair has no error. The interval of an independent one covers the ratio.
	rng := rand.New(rand.NewPCG(1, 2))
	misses := 0
	for range 200 {
		a, b, same := make([]float64, 400), make([]float64, 400), make([]float64, 400)
		for i := range a {
			a[i], b[i] = 3+rng.NormFloat64(), 2+.3*rng.NormFloat64()
			same[i] = 4 * b[i]
		}
		got, err := Ratio(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Center-1.5) > got.Half()*2/Width { // an interval of 2 standard errors misses once in 22 times
			misses++
		}
		if exact, _ := Ratio(same, b); math.Abs(exact.Center-4) > 1e-13 || exact.Half() > 1e-13 {
			t.Fatalf("proportional: %+v", exact)
		}
	}
	if misses > 30 {
		t.Errorf("2 standard errors missed %d times of 200", misses)
	}
	for _, c := range [][2][]float64{{{1, 2}, {1}}, {{1, 2}, {1, -1}}, {{1}, {1}}, {{1, math.NaN()}, {1, 1}}} {
		if _, err := Ratio(c[0], c[1]); err == nil {
			t.Errorf("Ratio(%v, %v) gave no error", c[0], c[1])
		}
	}
}
