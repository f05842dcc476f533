package metrics_test

import (
	"fmt"
	"math"

	"scorelab/lib/metrics"
)

// Is a sample from the standard normal distribution? Its distance is compared with the one that an exact sample exceeds
// once in a million times.
func ExampleKS() {
	xs := []float64{-1.3, -.8, -.4, -.1, .2, .5, .9, 1.6}
	d, err := metrics.KS(xs, func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 })
	if err != nil {
		fmt.Println(err)
		return
	}
	critical, _ := metrics.KSCritical(len(xs), 1e-6)
	fmt.Printf("%.4f, below %.4f: %v\n", d.Center, critical, d.Center < critical)
	// Output: 0.0968, below 0.8370: true
}
