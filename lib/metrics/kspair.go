package metrics

import (
	"fmt"
	"math"
)

// KSBetweenPValue is P(D >= d) for the Kolmogorov-Smirnov distance D of samples of n and m draws from one continuous
// law. Where the pairs (i, j) of ranks that lie closer than d number at most 1e8 or so, it is exact up to rounding,
// also far out in the tail: the chance that a random merging of the samples takes |i/n - j/m| to d or beyond (Hodges,
// Ark. Mat. 3, 1958). Elsewhere it is the limit law at sqrt(nm/(n+m)) d, too high by a share of the order of
// 1/sqrt(min(n,m)). Of a law with ties it is an upper bound.
func KSBetweenPValue(d float64, n, m int) (float64, error) {
	if n < 1 || m < 1 || !(d >= 0 && d <= 1) {
		return 0, fmt.Errorf("metrics: KSBetweenPValue wants a distance in [0, 1] and n, m >= 1, not %g, %d, %d", d, n,
			m)
	}
	pairs := float64(n) * float64(m)
	if 2*d*pairs > exactPairs || pairs > math.MaxInt32*1e3 {
		return KolmogorovTail(d * math.Sqrt(pairs/float64(n+m))), nil
	}
	// i m - j n is an integer, and so is d n m for a distance that occurs, up to the rounding of d.
	return exit(n, m, int(math.Ceil(d*pairs-1e-3))), nil
}

// exactPairs bounds the cells of the walk: a second or so.
const exactPairs = 1e8

// exit is the probability that the walk from (0, 0) to (n, m), whose every next step goes along i or j in proportion
// to what is left of either, meets |i m - j n| >= reach. It adds up what leaves the band: no difference is taken.
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
			if i*m-j*n <= -reach { // left by a step of j; nothing can be further out
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
