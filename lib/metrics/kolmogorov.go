package metrics

import (
	"fmt"
	"math"
)

// KolmogorovTail is P(K >= z) for the limit K of sqrt(n) D_n (Kolmogorov 1933). Of its two series it uses the one that
// needs at most five terms for full precision.
func KolmogorovTail(z float64) float64 {
	if z <= 0 {
		return 1
	}
	sum := 0.0
	if z < 1 {
		for k := 1.0; k < 10; k += 2 {
			sum += math.Exp(-k * k * math.Pi * math.Pi / (8 * z * z))
		}
		return 1 - math.Sqrt(2*math.Pi)/z*sum
	}
	for k, sign := 1.0, 2.0; k < 6; k, sign = k+1, -sign {
		sum += sign * math.Exp(-2*k*k*z*z)
	}
	return sum
}

// KSPValue is P(D_n >= d) for the Kolmogorov-Smirnov distance D_n of n draws to their own continuous distribution.
//
// Where d >= 1/2 or n d^2 >= 4 (p < 7e-4), and n <= 1e5, it is twice the exact one-sided probability (Birnbaum &
// Tingey, Ann. Math. Stat. 22, 1951), with a relative error below 1e-9. Elsewhere it is the limit distribution at z +
// 1/(6 sqrt n) + (z-1)/(4n), z = sqrt(n) d (Vrbik, Pioneer J. Theor. Appl. Stat. 15, 2018), with an error below 0.1/n.
// In the tail for n > 1e5 its relative error is below 1e-3 down to p = 1e-10.
func KSPValue(d float64, n int) float64 {
	switch z := math.Sqrt(float64(n)) * d; {
	case d >= 1:
		return 0
	case (z >= 2 || d >= .5) && n <= exactTail: // both sides at once are impossible, or rarer than one side by 1e-10
		return 2 * smirnovTail(d, n)
	default:
		return vrbikTail(z, n)
	}
}

// exactTail bounds the terms of a sum. Above it the limit distribution is accurate enough.
const exactTail = 100_000

func vrbikTail(z float64, n int) float64 {
	if z <= 0 {
		return 1
	}
	m := float64(n)
	return KolmogorovTail(z + 1/(6*math.Sqrt(m)) + (z-1)/(4*m))
}

// smirnovTail is P(sup(F_n - F) >= d), a sum of positive terms.
func smirnovTail(d float64, n int) float64 {
	m := float64(n)
	top, _ := math.Lgamma(m + 1)
	sum := 0.0
	for j := 0.0; j <= m*(1-d); j++ {
		rest := 1 - d - j/m
		if rest <= 0 {
			break
		}
		a, _ := math.Lgamma(j + 1)
		b, _ := math.Lgamma(m - j + 1)
		sum += math.Exp(top - a - b + (j-1)*math.Log(d+j/m) + (m-j)*math.Log(rest))
	}
	return d * sum
}

// KSCritical is the distance that n draws from the reference distribution exceed with probability alpha in (0, 1): the
// inverse of [KSPValue]. For alpha = 1e-6 and large n it is 2.69/sqrt(n).
func KSCritical(n int, alpha float64) (float64, error) {
	if n < 1 || !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("metrics: KSCritical needs n >= 1 and alpha in (0, 1), not n = %d, alpha = %g", n, alpha)
	}
	f := func(d float64) float64 { return math.Log(KSPValue(d, n) / alpha) }
	// by Massart's bound p <= alpha at dkw
	hi := math.Min(1-1e-15, 2*dkw(n, alpha))
	if f(hi) > 0 { // for one draw, the root 1 - alpha/2 rounds to 1
		return 1, nil
	}
	return root(f, 0, hi), nil
}

// KSBetweenCritical is the distance that samples of n and m draws from the same distribution exceed with probability
// alpha, by the limit distribution: sqrt(1/n + 1/m) times its quantile.
func KSBetweenCritical(n, m int, alpha float64) (float64, error) {
	if n < 1 || m < 1 || !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("metrics: KSBetweenCritical needs n, m >= 1 and alpha in (0, 1), not %d, %d, %g", n, m,
			alpha)
	}
	z := root(func(z float64) float64 { return math.Log(KolmogorovTail(z) / alpha) }, 0, 40)
	return z * math.Sqrt(1/float64(n)+1/float64(m)), nil
}

// dkw is a distance between the empirical and the true distribution that n draws exceed with probability at most alpha,
// for any distribution (Dvoretzky, Kiefer & Wolfowitz 1956 with the constant of Massart 1990).
func dkw(n int, alpha float64) float64 { return math.Sqrt(math.Log(2/alpha) / (2 * float64(n))) }
