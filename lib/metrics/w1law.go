package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// W1 is the 1-Wasserstein distance int |F_n - F| dx, in the unit of xs, of a sample of at least 2 numbers to the law
// with distribution function cdf, whose tails must be lighter than |x|^-3. The integral is split at the sample and where F crosses F_n, and
// done by adaptive Gauss-Legendre quadrature with an error below 1e-9 of the range that sample and law span together.
//
// The interval is for the distance between cdf and the law that the sample was drawn from: as in [W1Between],
// [max(0, W1 - floor - Width se), W1 + Width se] with the terms of the one sample. If the laws are the same, W1 is
// about floor, and the interval reaches down to 0.
func W1(xs []float64, cdf func(float64) float64) (Summary, error) {
	if err := Line(xs).checkAtLeast(2, "xs"); err != nil {
		return Summary{}, err
	}
	x := slices.Sorted(slices.Values(xs))
	n := len(x)
	at := make([]float64, n) // F at the sample
	last := 0.0
	for i := range x {
		at[i] = cdf(x[i])
		if err := checkCDF(x[i], at[i], last); err != nil {
			return Summary{}, err
		}
		last = at[i]
	}
	left, err := tail(func(z float64) float64 { return cdf(x[0] - z) }, x[n-1]-x[0])
	if err != nil {
		return Summary{}, err
	}
	right, err := tail(func(z float64) float64 { return 1 - cdf(x[n-1]+z) }, x[n-1]-x[0])
	if err != nil {
		return Summary{}, err
	}
	d := left + right
	for i := 1; i < n; i++ {
		d += gap(cdf, float64(i)/float64(n), x[i-1], x[i], at[i-1], at[i])
	}
	floor, se := w1Error(x)
	return w1Summary(d, floor, se, n), nil
}

// gap is int_a^b |level - F|, where F rises from fa to fb.
func gap(cdf func(float64) float64, level, a, b, fa, fb float64) float64 {
	if a == b {
		return 0
	}
	diff := func(z float64) float64 { return cdf(z) - level }
	if fa < level && level < fb {
		c := root(diff, a, b)
		return integral(diff, c, b) - integral(diff, a, c)
	}
	return math.Abs(integral(diff, a, b))
}

// tail is int_0^inf f for f that falls to 0 from at most 1, over segments that double from the given scale. Once f is
// small, what lies beyond z is about z f(z) for a power law and less for a lighter one.
func tail(f func(float64) float64, scale float64) (float64, error) {
	if scale == 0 {
		scale = 1
	}
	sum, z := 0.0, 0.0
	for range 100 {
		level := f(z)
		if level < 1e-9 && z*level <= 1e-9*sum {
			return sum, nil
		}
		if level < 1e-15 { // from here on 1 - F is rounding
			break
		}
		sum += integral(f, z, z+scale)
		z += scale
		scale *= 2
	}
	return 0, fmt.Errorf("metrics: the distribution function nears 0 or 1 too slowly, still at a distance %.2g from "+
		"the sample: has the law a finite mean, and lighter tails than |x|^-3?", z)
}

// The rule of 8 nodes on [-1, 1].
var gaussNode, gaussWeight = func() (x, w [8]float64) {
	quad.Legendre{}.FixedLocations(x[:], w[:], -1, 1)
	return x, w
}()

func gauss(f func(float64) float64, a, b float64) float64 {
	sum := 0.0
	for k, z := range gaussNode {
		sum += gaussWeight[k] * f(a+(b-a)*(z+1)/2)
	}
	return sum * (b - a) / 2
}

// integral halves [a, b] until the rule agrees with itself to 1e-10 of the length.
func integral(f func(float64) float64, a, b float64) float64 {
	return refine(f, a, b, gauss(f, a, b), 40)
}

func refine(f func(float64) float64, a, b, whole float64, depth int) float64 {
	mid := a + (b-a)/2
	l, r := gauss(f, a, mid), gauss(f, mid, b)
	if depth == 0 || math.Abs(l+r-whole) <= 1e-10*(b-a) {
		return l + r
	}
	return refine(f, a, mid, l, depth-1) + refine(f, mid, b, r, depth-1)
}
