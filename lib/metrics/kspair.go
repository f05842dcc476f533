package metrics

import (
	"fmt"
	"math"
)

// KSBetweenPValue is P(D >= d) for the Kolmogorov-Smirnov distance D of samples of n and m draws from one continuous
// distribution. It is exact up to rounding, also far in the tail, if at most about 1e8 pairs (i, j) of ranks lie closer
// than d. It is then the probability that |i/n - j/m| reaches d in a random merging of the samples (Hodges, Ark. Mat.
// 3, 1958). Elsewhere it is the limit distribution at sqrt(nm/(n+m)) d, too high by a relative error of the order of
// 1/sqrt(min(n,m)). For a distribution with ties it is an upper bound.
func KSBetweenPValue(d float64, n, m int) (float64, error) {
	if n < 1 || m < 1 || !(d >= 0 && d <= 1) {
		return 0, fmt.Errorf("metrics: KSBetweenPValue needs a distance in [0, 1] and n, m >= 1, not %g, %d, %d", d, n,
			m)
	}
	pairs := float64(n) * float64(m)
	if 2*d*pairs > exactPairs || pairs > math.MaxInt32*1e3 {
		return KolmogorovTail(d * math.Sqrt(pairs/float64(n+m))), nil
	}
	// i m - j n is an integer. So is d n m for a possible distance, up to the rounding of d.
	return exit(n, m, int(math.Ceil(d*pairs-1e-3))), nil
}

// exactPairs bounds the cells of the walk, for about a second.
const exactPairs = 1e8

// exit is the probability that a random walk from (0, 0) to (n, m) meets |i m - j n| >= reach. Each step goes along i
// or j in proportion to the steps left of either. It sums the mass that leaves the band, so that nothing cancels.
func exit(n, m, reach int) float64 {
	if reach <= 0 {
		return 1
	}
	p := 0.0
	mass := make([]float64, m+1) // at (i, j) for the j of the band
	mass[0] = 1
	first := 0 // of the band at i
	for i := 0; i <= n; i++ {
		for j := first; j <= m; j++ {
			at := mass[j]
			if i*m-j*n <= -reach { // left by a step of j, always at the border
				p += at
				mass[j] = 0
				break
			}
			if i*m-j*n >= reach { // left by a step of i
				p += at
				mass[j] = 0
				first = j + 1
				continue
			}
			left := float64(n - i + m - j)
			if j < m {
				mass[j+1] += at * float64(m-j) / left
			}
			if i < n {
				mass[j] = at * float64(n-i) / left
			}
		}
	}
	return min(p, 1)
}
