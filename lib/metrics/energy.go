package metrics

import "math"

// EnergyDistance is 2 E|X-Y| - E|X-X'| - E|Y-Y'| of two samples of at least 2 points each, in the unit of the points
// (Szekely & Rizzo, J. Stat. Plan. Inference 143, 2013; their V-statistic, without a root). It is 0 only for equal
// distributions.
//
// The distance of samples is biased upward by E|X-X'|/n + E|Y-Y'|/m, which is estimated without bias. The interval is
// for the distance of the distributions. It is that of [MMD2] about the distance less its bias, with the kernel -|x-y|,
// but not below 0. N is the size of the smaller sample.
func EnergyDistance(x, y Points) (Summary, error) {
	if err := checkPair(x, y, 2); err != nil {
		return Summary{}, err
	}
	xx, yy := within(x.N, minusNorm(x, x)), within(y.N, minusNorm(y, y))
	e := twoSample(xx, yy, across(x.N, y.N, minusNorm(x, y)), 0)
	s := e.summary(min(x.N, y.N), unseen(x, y))
	s.Center = max(0, e.center+e.floor) // below 0 only by rounding
	s.Lo, s.Hi = max(0, s.Lo), max(s.Hi, s.Center)
	return s.finite("the energy distance")
}

// minusNorm is the kernel -|a_i - b_j|.
func minusNorm(a, b Points) func(i, j int) float64 {
	return func(i, j int) float64 { return -math.Sqrt(squaredDistance(a.Row(i), b.Row(j))) }
}

// shiftedEnergy is the energy distance of N(0, I) to N((m, .., m), I): twice E|W + (m, .., m)| - E|W|, W of variance 2.
func shiftedEnergy(m float64, dim int) float64 {
	return 2 * (meanNorm(float64(dim)*m*m/2, dim) - meanNorm(0, dim)) * math.Sqrt2
}

// meanNorm is E|Z + a| for Z ~ N(0, I) and |a|^2 = square. The noncentral chi distribution is a Poisson mixture of chi
// distributions of dim + 2j degrees of freedom, where j has the mean square/2. Where the weight at j = 0 underflows, it
// is the asymptotic series of the confluent hypergeometric function (DLMF 13.7.2). Each term of the series is smaller
// by dim^2/square.
func meanNorm(square float64, dim int) float64 {
	mean, half := square/2, float64(dim)/2
	if mean > 500+half*half {
		sum, term := 0.0, math.Sqrt(square)
		for k := 0.; k < 30; k++ {
			sum += term
			term *= (k - .5) * (k + .5 - half) / ((k + 1) * mean)
		}
		return sum
	}
	sum := 0.0
	for j := 0.; j < mean+12*math.Sqrt(mean)+40; j++ {
		above, _ := math.Lgamma(half + j + .5)
		below, _ := math.Lgamma(half + j)
		ways, _ := math.Lgamma(j + 1)
		weight := math.Exp(-mean - ways)
		if j > 0 {
			weight = math.Exp(j*math.Log(mean) - mean - ways)
		}
		sum += weight * math.Sqrt2 * math.Exp(above-below)
	}
	return sum
}
