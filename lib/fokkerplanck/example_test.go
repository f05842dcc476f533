package fokkerplanck_test

import (
	"fmt"

	"scorelab/lib/fokkerplanck"
)

// The density of dx = -x dt + sqrt(2) dB starts from a box, and its variance converges to 1.
func Example() {
	line := fokkerplanck.Line{Lo: -6, Hi: 6, N: 241}
	g, err := fokkerplanck.FromDrift(line, func(x float64) float64 { return -x }, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _ := fokkerplanck.Normalise(line, line.Values(func(x float64) float64 {
		if x < -.5 || x > .5 {
			return 0
		}
		return 1
	}))
	step, _ := g.Stepper(fokkerplanck.BackwardEuler, .01)
	for range 4 {
		fmt.Printf("mass %.3f, variance %.3f\n", fokkerplanck.Mass(line, p),
			line.Mean(p, func(x float64) float64 { return x * x }))
		if err := step.Advance(p, 100); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// mass 1.000, variance 0.092
	// mass 1.000, variance 0.874
	// mass 1.000, variance 0.983
	// mass 1.000, variance 0.998
}
