package metrics

import (
	"fmt"
	"math"
)

// Spec registers a distance between two samples with the properties that the conformance tests check. Every distance is
// symmetric and independent of the origin. A measure of the samples is 0 between equal ones, and independent of the
// order of the points and of repeating a whole sample. An estimate of the distance of the distributions (Estimates) has
// Equal in its interval when they are the same.
type Spec struct {
	Name    string // for tables and command lines
	About   string // one line
	Source  string // paper or theorem
	MaxDim  int    // largest dimension of the points; 0: any
	Measure func(x, y Points) (Summary, error)

	Degree  float64                          // points times c give c^Degree times the distance
	Shifted func(m float64, dim int) float64 // closed form of the distance of N(0, I) to N((m, .., m), I); nil: none

	EqualSizes bool    // x and y must have the same number of points
	Estimates  bool    // of the distributions, not a measure of the samples
	Equal      float64 // distance of equal distributions
}

// onLine turns a metric of numbers into one of points, which returns an error for other dimensions than 1.
func onLine(f func(xs, ys []float64) (Summary, error)) func(x, y Points) (Summary, error) {
	return func(x, y Points) (Summary, error) {
		if err := checkPair(x, y, 1); err != nil {
			return Summary{}, err
		}
		if x.D != 1 {
			return Summary{}, fmt.Errorf("metrics: this distance is for points of dimension 1, not of shape [%d, %d]",
				x.N, x.D)
		}
		return f(x.X, y.X)
	}
}

// Metrics are the distances between two samples, cheapest first. A line here enrolls one in the conformance tests.
var Metrics = []Spec{
	{Name: "ks", About: "largest difference of the distribution functions", Source: "Kolmogorov 1933, Smirnov 1939",
		MaxDim: 1, Measure: onLine(KSBetween), Degree: 0,
		Shifted: func(m float64, _ int) float64 { return math.Erf(math.Abs(m) / math.Sqrt(8)) }},
	{Name: "w1", About: "area between the distribution functions", Source: "Vallender 1974",
		MaxDim: 1, Measure: onLine(W1Between), Degree: 1,
		Shifted: func(m float64, _ int) float64 { return math.Abs(m) }},
	{Name: "sw2", About: "root mean squared W2 over 64 directions", Source: "Bonneel et al. 2015",
		Measure: func(x, y Points) (Summary, error) { return SlicedW2(x, y, Projections) }, Degree: 1,
		Shifted: func(m float64, _ int) float64 { return math.Abs(m) }},
	{Name: "c2st", About: "accuracy of telling one from the other by nearest neighbors",
		Source:  "Lopez-Paz & Oquab 2017",
		Measure: func(x, y Points) (Summary, error) { return C2ST(x, y, 0) }, Degree: 0,
		Shifted: func(m float64, dim int) float64 {
			return (1 + math.Erf(math.Abs(m)*math.Sqrt(float64(dim)/8))) / 2
		},
		EqualSizes: true, Estimates: true, Equal: .5},
	{Name: "energy", About: "energy distance", Source: "Szekely & Rizzo 2013",
		Measure: EnergyDistance, Degree: 1, Shifted: shiftedEnergy},
	{Name: "mmd2", About: "squared mean discrepancy, Gaussian kernel of median width", Source: "Gretton et al. 2012",
		Measure: func(x, y Points) (Summary, error) { return MMD2(x, y, 0) }, Degree: 0, Estimates: true},
	{Name: "w2", About: "root mean squared distance of the best pairing", Source: "Jonker & Volgenant 1987",
		Measure: W2, Degree: 1, EqualSizes: true,
		Shifted: func(m float64, dim int) float64 { return math.Abs(m) * math.Sqrt(float64(dim)) }},
}
