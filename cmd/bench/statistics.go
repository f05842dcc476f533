package main

import (
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is the least probability with which an interval contains the median.
const confidence = .95

// median is the middle of numbers, or the mean of the two in the middle. It is 0 without numbers.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// medianInterval is the interval between two order statistics that contains the median with at least the confidence,
// for independent numbers of any distribution. Fewer than 6 numbers do not suffice: then it is all of their range.
func medianInterval(x []float64) (lo, hi float64) {
	if len(x) == 0 {
		return 0, 0
	}
	x = slices.Sorted(slices.Values(x))
	n, k := len(x), 0
	// The median lies below x[k] with the probability that at most k of n fair coins show heads.
	heads := distuv.Binomial{N: float64(n), P: .5}
	for k+1 < n/2 && 2*heads.CDF(float64(k+1)) <= 1-confidence {
		k++
	}
	return x[k], x[n-1-k]
}

// ratio compares the times of rounds, ours and a peer's in turn: the ratio of the medians, and the interval of the
// ratios of the rounds.
func ratio(ours, theirs []float64) (center, lo, hi float64) {
	var each []float64
	for i := range ours {
		each = append(each, theirs[i]/ours[i])
	}
	center = median(theirs) / median(ours)
	lo, hi = medianInterval(each)
	return center, min(lo, center), max(hi, center)
}
