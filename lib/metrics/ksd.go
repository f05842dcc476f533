package metrics

import (
	"fmt"
	"math"
)

// KSD2 is the squared kernelized Stein discrepancy of a sample of at least 2 points to a distribution. score holds the
// gradient of its log density at the points. Neither its normalizing constant nor draws are needed. It is the unbiased
// estimate of E u(X,X') of Liu, Lee & Jordan (ICML 2016, theorem 3.6),
//
//	u = s(x).s(y) k + s(x).grad_y k + s(y).grad_x k + div_x grad_y k,
//
// with the kernel k = (c^2 + |x-y|^2)^(-1/2), whose slow decay detects mass that escapes to infinity (Gorham & Mackey,
// ICML 2017). c > 0 is a length in the unit of the points. 0 means their [MedianDistance]. E u is 0 if the sample is
// from the distribution of the score. Otherwise it is the kernel-weighted square of the score's error. Like every
// measure by scores, it hardly depends on the weights of distant modes.
//
// The interval is for E u(X,X') as in [MMD2]: Width standard errors to each side, wider near 0.
func KSD2(x, score Points, c float64) (Summary, error) {
	if err := x.checkAtLeast(2, "x"); err != nil {
		return Summary{}, err
	}
	if err := score.check("score"); err != nil {
		return Summary{}, err
	}
	if x.N != score.N || x.D != score.D {
		return Summary{}, fmt.Errorf("metrics: KSD2 needs one score for each point: shapes [%d, %d] and [%d, %d]",
			x.N, x.D, score.N, score.D)
	}
	if c == 0 {
		if unseen(x) > 0 {
			return Summary{}, fmt.Errorf("metrics: all %d points of x are equal, which sets no length for the "+
				"kernel of "+
				"KSD2; give one", x.N)
		}
		c = MedianDistance(x, Points{D: x.D})
	}
	if square := c * c; !(c > 0) || square == 0 || math.IsInf(square, 0) {
		return Summary{}, fmt.Errorf("metrics: the length of the kernel of KSD2 must be positive, with a square that "+
			"float64 holds, or 0 for the median, not %g", c)
	}
	stein := steinKernel(x, score, c)
	diagonal := 0.0
	for i := range x.N {
		diagonal += stein(i, i) / float64(x.N)
	}
	return oneSample(within(x.N, stein), diagonal).summary(x.N, unseen(x)).finite("KSD2")
}

// steinKernel is u(x_i, x_j).
func steinKernel(x, score Points, c float64) func(i, j int) float64 {
	dim := float64(x.D)
	return func(i, j int) float64 {
		a, b, s, t := x.Row(i), x.Row(j), score.Row(i), score.Row(j)
		var square, scores, along float64 // |r|^2, s.t and (s-t).r with r = a - b
		for d := range a {
			r := a[d] - b[d]
			square += r * r
			scores += s[d] * t[d]
			along += (s[d] - t[d]) * r
		}
		q := 1 / (c*c + square)
		return math.Sqrt(q) * (scores + q*(along+dim-3*q*square))
	}
}
