package metrics

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// nodes are the values of a function at the nodes of the 8-point Gauss-Legendre rule.
type nodes [8]float64

// gaussNode and gaussWeight are the rule on [-1, 1]. gaussEnd are the weights that extrapolate the polynomial through
// its values to the left end.
var gaussNode, gaussWeight, gaussEnd = func() (x, w, end nodes) {
	quad.Legendre{}.FixedLocations(x[:], w[:], -1, 1)
	for k := range x {
		end[k] = 1
		for j := range x {
			if j != k {
				end[k] *= (-1 - x[j]) / (x[k] - x[j])
			}
		}
	}
	return x, w, end
}()

func newNodes(f func(float64) float64, a, b float64) (v nodes) {
	for k, z := range gaussNode {
		v[k] = f(a + (b-a)*(z+1)/2)
	}
	return v
}

func (v nodes) integral(a, b float64) float64 {
	sum := 0.0
	for k, y := range v {
		sum += gaussWeight[k] * y
	}
	return sum * (b - a) / 2
}

// miss is the error of the polynomial through the values at the ends, where the function is fa and fb.
func (v nodes) miss(fa, fb float64) float64 {
	for k, w := range gaussEnd {
		fa -= w * v[k]
		fb -= w * v[len(v)-1-k]
	}
	return max(math.Abs(fa), math.Abs(fb))
}
