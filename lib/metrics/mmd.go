package metrics

import (
	"fmt"
	"math"
)

// MMD2 is the unbiased estimate of the squared maximum mean discrepancy of two distributions,
//
//	E k(X,X') + E k(Y,Y') - 2 E k(X,Y)  with  k(x,y) = exp(-|x-y|^2/(2 h^2)),
//
// from at least 2 draws of each (Gretton et al., JMLR 13, 2012, lemma 6). h is the bandwidth in the unit of the points.
// 0 means [MedianDistance]. The discrepancy is 0 only for equal distributions. Its estimate is below 0 for about half
// of all pairs of samples of the same distribution, since it is unbiased.
//
// The interval is for the squared distance of the distributions. Where that is far above its noise, the interval is
// Width standard errors to each side (the variance of the U-statistic, both orders). Near 0 it is wider to miss no more
// often, since the estimate is skewed and a small distance may be estimated as 0. For large samples of any two equal
// distributions it contains 0 with probability 1 - Miss. A bandwidth from the samples counts as given. N is the size of
// the smaller sample.
func MMD2(x, y Points, h float64) (Summary, error) {
	if err := checkPair(x, y, 2); err != nil {
		return Summary{}, err
	}
	if h == 0 {
		h = MedianDistance(x, y)
	}
	if !(h > 0) || math.IsInf(h, 0) {
		return Summary{}, fmt.Errorf("metrics: the bandwidth of MMD2 must be positive, or 0 for the median, not %g", h)
	}
	scale := -1 / (2 * h * h)
	if math.IsInf(scale, 0) {
		return Summary{}, fmt.Errorf("metrics: the bandwidth %g of MMD2 has a square beyond float64; scale the points",
			h)
	}
	// A constant added to the kernel changes no distance. k - 1 keeps digits where the kernel is wide.
	kernel := func(a, b Points) func(i, j int) float64 {
		return func(i, j int) float64 { return math.Expm1(scale * squaredDistance(a.Row(i), b.Row(j))) }
	}
	e := twoSample(within(x.N, kernel(x, x)), within(y.N, kernel(y, y)), across(x.N, y.N, kernel(x, y)), 0)
	return e.summary(min(x.N, y.N), unseen(x, y)).finite("MMD2")
}

// medianPoints is the number of points of each sample that MedianDistance uses.
const medianPoints = 500

// MedianDistance is the median of the distances between different points of the pooled sample, the usual bandwidth
// (Gretton et al. 2012, section 8): of those above 0, or 1 if there are none. From a sample of more than 500 points it
// takes 500 evenly spaced ones. The median of an even number is the upper of the two.
func MedianDistance(x, y Points) float64 {
	var pool [][]float64
	for _, p := range []Points{x, y} {
		for i, n := 0, min(p.N, medianPoints); i < n; i++ {
			pool = append(pool, p.Row(i*p.N/n))
		}
	}
	var squares []float64
	for i, a := range pool {
		for _, b := range pool[:i] {
			if d := squaredDistance(a, b); d > 0 {
				squares = append(squares, d)
			}
		}
	}
	if len(squares) == 0 {
		return 1
	}
	return math.Sqrt(smallest(squares, len(squares)/2+1))
}
