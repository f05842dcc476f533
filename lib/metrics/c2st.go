package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// C2ST is the accuracy of a classifier between draws of one distribution and draws of another (Lopez-Paz & Oquab, ICLR
// 2017): 1/2 if the distributions are equal, whatever the classifier, and at most (1 + total variation)/2 otherwise.
// The first halves of the samples (the larger ones) train it and the others test it. Each sample needs at least 2
// points.
//
// The classifier is that of the k nearest neighbors in the Euclidean distance: the majority among the training points
// no further than the k-th nearest. A tied vote counts half. k = 0 means the largest odd number whose square is at most
// the number of training points.
//
// The interval is that of Clopper & Pearson (Biometrika 26, 1934) with probability 1 - Miss, for the accuracy of this
// trained classifier on new points. It is exact for a binomial count. It is conservative here, since the two classes
// may differ in accuracy (Hoeffding, Ann. Math. Stat. 27, 1956). N is the number of points tested.
func C2ST(x, y Points, k int) (Summary, error) {
	if err := checkPair(x, y, 2); err != nil {
		return Summary{}, err
	}
	if err := checkEqualSizes(x, y); err != nil {
		return Summary{}, err
	}
	half := (x.N + 1) / 2
	if k == 0 {
		k = int(math.Sqrt(float64(2 * half)))
		k -= 1 - k%2
	}
	if k < 1 || k > 2*half {
		return Summary{}, fmt.Errorf("metrics: C2ST takes 1 to %d neighbors, or 0 for a root of that, not %d", 2*half,
			k)
	}
	tests := x.N - half
	right := make([]float64, 2*tests)
	eachOf(len(right), func(t int) {
		own, other, i := x, y, half+t
		if t >= tests {
			own, other, i = y, x, half+t-tests
		}
		right[t] = vote(own.Row(i), own.slice(0, half), other.slice(0, half), k)
	})
	count := 0.0
	for _, r := range right {
		count += r
	}
	lo, hi := clopperPearson(count, float64(len(right)))
	return Summary{Center: count / float64(len(right)), Lo: lo, Hi: hi, N: len(right)}, nil
}

// vote is 1 if the k nearest of both sets are mostly of own, 0 if mostly of other, 1/2 on a tie.
func vote(at []float64, own, other Points, k int) float64 {
	squares := make([]float64, own.N+other.N)
	for i := range own.N {
		squares[i] = squaredDistance(at, own.Row(i))
	}
	for i := range other.N {
		squares[own.N+i] = squaredDistance(at, other.Row(i))
	}
	reach := smallest(append([]float64(nil), squares...), k)
	lead := 0
	for i, d := range squares {
		switch {
		case d > reach:
		case i < own.N:
			lead++
		default:
			lead--
		}
	}
	switch {
	case lead > 0:
		return 1
	case lead < 0:
		return 0
	}
	return .5
}

// smallest returns the k-th smallest value, by Hoare's quickselect. It reorders the values.
func smallest(v []float64, k int) float64 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot, i, j := v[lo+(hi-lo)/2], lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return v[k-1]
		}
	}
	return v[k-1]
}

// clopperPearson bounds the success probability given count successes in n trials. Half counts are used unrounded.
func clopperPearson(count, n float64) (lo, hi float64) {
	lo, hi = 0, 1
	if count > 0 {
		lo = distuv.Beta{Alpha: count, Beta: n - count + 1}.Quantile(Miss / 2)
	}
	if count < n {
		hi = 1 - distuv.Beta{Alpha: n - count, Beta: count + 1}.Quantile(Miss/2)
	}
	return lo, hi
}
