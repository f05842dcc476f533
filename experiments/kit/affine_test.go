package kit

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

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
		if got := StepLimit(values); math.Abs(got-coefficients[0]) > 1e-10 {
			t.Fatalf("limit %g of %v, want %g", got, values, coefficients[0])
		}
	})
}
