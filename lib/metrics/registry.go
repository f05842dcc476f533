package metrics

import (
	"fmt"
	"math"
)

// Spec is a distance between two samples, and what the conformance tests hold it to besides that it is 0 between
// equal samples, symmetric, and blind to the order of the points and to repeating a whole sample.
type Spec struct {
	Name    string // for tables and command lines
	About   string // one line
	Source  string // paper or theorem
	MaxDim  int    // largest dimension of the points; 0: any
	Measure func(x, y Points) (Summary, error)

	Degree  float64                          // points times c give c^Degree times the distance
	Shifted func(m float64, dim int) float64 // distance of N(0, I) to N((m, .., m), I), a closed form
}

// onLine makes a metric of numbers one of points, which refuses other dimensions than 1.
func onLine(f func(xs, ys []float64) (Summary, error)) func(x, y Points) (Summary, error) {
	return func(x, y Points) (Summary, error) {
		if err := checkPair(x, y, 1); err != nil {
			return Summary{}, err
		}
		if x.D != 1 {
			return Summary{}, fmt.Errorf("metrics: this distance is for points of dimension 1, not of shape [%d, %d]", x.N, x.D)
		}
		return f(x.X, y.X)
	}
}

// Metrics are the distances between two samples, cheapest first. To add one, write its file and its line here.
var Metrics = []Spec{
	{"ks", "largest difference of the distribution functions", "Kolmogorov 1933, Smirnov 1939", 1,
		onLine(KSBetween), 0,
		func(m float64, _ int) float64 { return math.Erf(math.Abs(m) / math.Sqrt(8)) }},
	{"w1", "area between the distribution functions", "Vallender 1974", 1,
		onLine(W1Between), 1,
		func(m float64, _ int) float64 { return math.Abs(m) }},
	{"sw2", "root mean squared W2 over 64 directions", "Bonneel et al. 2015", 0,
		func(x, y Points) (Summary, error) { return SlicedW2(x, y, Projections) }, 1,
		func(m float64, _ int) float64 { return math.Abs(m) }},
}
