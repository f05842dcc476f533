package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// KS is the Kolmogorov-Smirnov distance sup |F_n - F| of a sample to the distribution with the continuous distribution
// function cdf. With probability 1 - Miss the interval, D +- sqrt(ln(2/Miss)/(2n)) = D +- 2.74/sqrt(n) within [0, 1],
// contains the distance between cdf and the distribution of the sample, for any distribution (Dvoretzky, Kiefer &
// Wolfowitz 1956; Massart 1990). It contains 0 if they are the same. Test with [KSCritical] or [KSPValue].
func KS(xs []float64, cdf func(float64) float64) (Summary, error) {
	if err := Line(xs).check("xs"); err != nil {
		return Summary{}, err
	}
	sorted := slices.Sorted(slices.Values(xs))
	n := float64(len(xs))
	d, last := 0.0, 0.0
	for i, x := range sorted {
		f := cdf(x)
		if err := checkCDF(x, f, last); err != nil {
			return Summary{}, err
		}
		d = max(d, float64(i+1)/n-f, f-float64(i)/n)
		last = f
	}
	return within01(d, dkw(len(xs), Miss), len(xs)), nil
}

// KSBetween is the Kolmogorov-Smirnov distance sup |F_n - G_m| of two samples of dimension 1. The interval, D +-
// (sqrt(ln(4/Miss)/(2n)) + sqrt(ln(4/Miss)/(2m))) within [0, 1], contains the distance of the two distributions with
// probability 1 - Miss, by the bound of [KS] for each sample. N is the size of the smaller sample.
func KSBetween(xs, ys []float64) (Summary, error) {
	if err := checkPair(Line(xs), Line(ys), 1); err != nil {
		return Summary{}, err
	}
	d := stat.KolmogorovSmirnov(slices.Sorted(slices.Values(xs)), nil, slices.Sorted(slices.Values(ys)), nil)
	return within01(d, dkw(len(xs), Miss/2)+dkw(len(ys), Miss/2), min(len(xs), len(ys))), nil
}

func within01(d, half float64, n int) Summary {
	d = min(d, 1) // gonum sums 1/n, which rounds
	return Summary{Center: d, Lo: max(0, d-half), Hi: min(1, d+half), N: n}
}

// checkCDF returns an error unless f is in [0, 1] and at least last, the value at a smaller argument, up to rounding.
func checkCDF(x, f, last float64) error {
	const rounding = 1e-9
	if math.IsNaN(f) || f < -rounding || f > 1+rounding {
		return fmt.Errorf("metrics: the distribution function is %g at %g, outside [0, 1]", f, x)
	}
	if f < last-rounding {
		return fmt.Errorf("metrics: the distribution function falls from %g to %g at %g", last, f, x)
	}
	return nil
}
