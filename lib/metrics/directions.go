package metrics

import (
	"math"
	"math/rand/v2"
)

// Directions are k fixed unit vectors [k][d], the same in every run. In the plane they are spaced evenly over the half
// circle, from the first axis. In more dimensions they are normalized normal vectors from the generator PCG of
// math/rand/v2 with the seed (d, k). On the line there is one direction for every k.
func Directions(k, d int) [][]float64 {
	if d == 1 {
		return [][]float64{{1}}
	}
	r := rand.New(rand.NewPCG(uint64(d), uint64(k)))
	out := make([][]float64, k)
	for i := range out {
		if d == 2 {
			sin, cos := math.Sincos(math.Pi * float64(i) / float64(k))
			out[i] = []float64{cos, sin}
			continue
		}
		out[i] = make([]float64, d)
		norm := 0.0
		for j := range out[i] {
			out[i][j] = r.NormFloat64()
			norm = math.Hypot(norm, out[i][j])
		}
		for j := range out[i] {
			out[i][j] /= norm
		}
	}
	return out
}
