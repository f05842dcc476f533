package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Mean is the sample mean of at least 2 numbers. Its standard error is s/sqrt(n). Equal numbers have no spread, so
// their interval is one point.
func Mean(xs []float64) (Summary, error) {
	if err := Line(xs).checkAtLeast(2, "xs"); err != nil {
		return Summary{}, err
	}
	mean, sd := stat.MeanStdDev(xs, nil)
	return WithError(mean, stat.StdErr(sd, float64(len(xs))), len(xs)).finite("the mean")
}

// MeanOf is the Monte Carlo estimate of E f from its values f(0) .. f(n-1) at n independent draws.
func MeanOf(n int, f func(i int) float64) (Summary, error) {
	values := make([]float64, max(n, 0))
	for i := range values {
		values[i] = f(i)
	}
	return Mean(values)
}

// M22 is the mixed moment E[x1^2 x2^2] about the origin of points in the plane. It is 2.62 for Cross and 1 for the
// standard normal distribution, which has the same mean and covariance.
func M22(p Points) (Summary, error) {
	if err := p.check("points"); err != nil {
		return Summary{}, err
	}
	if p.D != 2 {
		return Summary{}, fmt.Errorf("metrics: M22 is of points in the plane, not of shape [%d, %d]", p.N, p.D)
	}
	return MeanOf(p.N, func(i int) float64 {
		x := p.Row(i)
		return x[0] * x[0] * x[1] * x[1]
	})
}

// Variance is the unbiased sample variance of at least 2 numbers. Its standard error follows from the fourth central
// moment as in [TraceCovariance].
func Variance(xs []float64) (Summary, error) {
	if err := Line(xs).checkAtLeast(2, "xs"); err != nil {
		return Summary{}, err
	}
	return TraceCovariance(Line(xs))
}

// centered subtracts the mean of every coordinate.
func (p Points) centered() Points {
	c := Points{N: p.N, D: p.D, X: make([]float64, len(p.X))}
	for j := range p.D {
		mean := stat.Mean(p.Col(j), nil)
		for i := j; i < len(p.X); i += p.D {
			c.X[i] = p.X[i] - mean
		}
	}
	return c
}

// root2 is the square root of a variance that may be below zero by rounding.
func root2(v float64) float64 { return math.Sqrt(math.Max(v, 0)) }
