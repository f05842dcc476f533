package metrics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// W1Between is the 1-Wasserstein distance int |F_n - G_m| dx of two samples of at least 2 numbers each, in their unit.
//
// The interval is for the distance of the two distributions. The distance of samples is biased upward, since W1 is
// convex. The bias is at most floor = E W1(F_n, F) + E W1(G_m, G). The standard error is at most se = sqrt(Var X/n +
// Var Y/m) (Efron & Stein 1981, as moving one of n points by h moves W1 by at most h/n). So the interval is [max(0, W1
// - floor - Width se), W1 + Width se]: conservative, about twice too wide for samples of the same distribution. Its
// terms are estimated from the samples. For a sample of equal numbers see [W1]. N is the size of the smaller sample.
//
// (stat.WassersteinDistance of gonum computes the same number in quadratic time. The tests compare them.)
func W1Between(xs, ys []float64) (Summary, error) {
	if err := checkPair(Line(xs), Line(ys), 2); err != nil {
		return Summary{}, err
	}
	x, y := slices.Sorted(slices.Values(xs)), slices.Sorted(slices.Values(ys))
	floorX, seX := w1Error(x)
	floorY, seY := w1Error(y)
	d := quantileDistance(x, y, math.Abs)
	s := w1Summary(d, floorX+floorY, math.Hypot(seX, seY), min(len(xs), len(ys)))
	return s.widened(unseen(Line(xs), Line(ys))).finite("W1")
}

func w1Summary(d, floor, se float64, n int) Summary {
	return Summary{Center: d, Lo: max(0, d-floor-Width*se), Hi: d + Width*se, N: n}
}

// w1Error estimates from a sorted sample the floor E W1(F_n, F) ~ sqrt(2/(pi n)) int sqrt(F(1-F)) dx (del Barrio,
// Gine & Matran 1999) and the bound sqrt(Var X/n) on the standard error of W1.
func w1Error(sorted []float64) (floor, se float64) {
	n := float64(len(sorted))
	for i := 1; i < len(sorted); i++ {
		u := float64(i) / n
		floor += (sorted[i] - sorted[i-1]) * math.Sqrt(u*(1-u))
	}
	return math.Sqrt(2/(math.Pi*n)) * floor, stat.StdErr(stat.StdDev(sorted, nil), n)
}

// quantileDistance is int_0^1 cost(F_n^-1(u) - G_m^-1(u)) du for sorted samples: W1 for cost |z|, W2^2 for z^2.
func quantileDistance(x, y []float64, cost func(float64) float64) float64 {
	n, m := len(x), len(y)
	sum, at := 0.0, 0 // at = u n m, an integer at every step of either quantile function
	for i, j := 0, 0; i < n && j < m; {
		next := min((i+1)*m, (j+1)*n)
		sum += float64(next-at) * cost(x[i]-y[j])
		at = next
		if (i+1)*m == at {
			i++
		}
		if (j+1)*n == at {
			j++
		}
	}
	return sum / (float64(n) * float64(m))
}
