package metrics

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// gonum's quadratic algorithm gives the same number independently.
func TestW1BetweenIsGonums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawPoints(1).Draw(t, "x").X, drawPoints(1).Draw(t, "y").X
		want := stat.WassersteinDistance(x, y, nil, nil)
		if got := must(W1Between(x, y)).Center; math.Abs(got-want) > 1e-11*(1+want) {
			t.Fatalf("%g, gonum says %g", got, want)
		}
	})
}

// Laws with a closed form: far away, with a plateau and with jumps.
func TestW1ClosedForms(t *testing.T) {
	point := func(at float64) func(float64) float64 {
		return func(x float64) float64 {
			if x < at {
				return 0
			}
			return 1
		}
	}
	uniform := func(x float64) float64 { return min(1, max(0, x)) }
	expo := func(x float64) float64 { return max(0, -math.Expm1(-x)) }
	for _, c := range []struct {
		name string
		xs   []float64
		cdf  func(float64) float64
		want float64
		tol  float64
	}{
		{"normal far right", []float64{-1, 1}, func(x float64) float64 { return normalCDF(x - 100) }, 100, 1e-9},
		{"normal far left", []float64{-1, 1}, func(x float64) float64 { return normalCDF(x + 1e4) }, 1e4, 1e-9},
		{"one place", []float64{0, 0, 0}, normalCDF, math.Sqrt(2 / math.Pi), 1e-12},
		{"uniform", []float64{.25, .75}, uniform, .125, 1e-10},
		{"exponential", []float64{0, 0}, expo, 1, 1e-10},
		{"plateau", []float64{0, 0}, func(x float64) float64 { return normalCDF(x-50)/2 + normalCDF(x+50)/2 }, 50,
			1e-9},
		{"Student t3", []float64{0, 0}, distuv.StudentsT{Mu: 0, Sigma: 1, Nu: 3}.CDF, 2 * math.Sqrt(3) / math.Pi, 1e-8},
		{"jump", []float64{-1, 1}, point(.3), 1, 1e-9},
		{"its only place", []float64{5, 5, 5}, point(5), 0, 1e-14},
		{"one of two places", []float64{-1, 5}, point(5), 3, 1e-9},
		{"two jumps at the sample", []float64{0, 1}, func(x float64) float64 { return (point(0)(x) + point(1)(x)) / 2 },
			0, 1e-9},
	} {
		near(t, c.name, must(W1(c.xs, c.cdf)).Center, c.want, c.tol)
	}
}

// w1Normal is the exact distance of a sorted sample to N(mean, sd^2). Its i-th number goes to the quantiles between i/n
// and (i+1)/n, and int (q - t) phi(q) dq = -phi(q) - t Phi(q).
func w1Normal(sorted []float64, mean, sd float64) float64 {
	n, sum := float64(len(sorted)), 0.0
	for i, x := range sorted {
		t := (x - mean) / sd
		upTo := func(q float64) float64 { return -math.Exp(-q*q/2)/math.Sqrt(2*math.Pi) - t*normalCDF(q) }
		a, b := distuv.UnitNormal.Quantile(float64(i)/n), distuv.UnitNormal.Quantile(float64(i+1)/n)
		c := min(max(t, a), b)
		sum += (upTo(b) - upTo(c)) - (upTo(c) - upTo(a))
	}
	return sum * sd
}

// Distributions far narrower than the spread of the sample are found at one of its points, beside it, between two, or
// beyond all. Samples without any spread, as from a sampler that collapsed to the mean, have the distance sqrt(2/pi)
// sd.
func TestW1OfNarrowLaws(t *testing.T) {
	near(t, "all at the mean", w1Normal([]float64{5, 5, 5}, 5, .001), .001*math.Sqrt(2/math.Pi), 1e-15)
	outlier := append(make([]float64, 999), 1)
	samples := [][]float64{{5, 5, 5}, {4, 4, 4}, {4, 6, 6}, {5, 6}, {4, 6}, {4, 5, 6}, {4, 5, 5, 6}, {-1e6, 5}, outlier}
	for _, sd := range []float64{1e-3, 1e-6, 1e-9, 1e-12} {
		for _, xs := range samples {
			for _, mean := range []float64{5, 5 + sd, 5.3, 0, 1} {
				s := must(W1(xs, func(x float64) float64 { return normalCDF((x - mean) / sd) }))
				want, span := w1Normal(xs, mean, sd), xs[len(xs)-1]-xs[0]+math.Abs(mean-xs[0])+20*sd
				// The bound of W1, plus the rounding of positions to 1e-15, which shifts the distribution by as much.
				if math.Abs(s.Center-want) > 1e-9*span+1e-14 {
					t.Errorf("%d numbers from %g, N(%g, %g^2): %.12g, want %.12g", len(xs), xs[0], mean, sd, s.Center,
						want)
				}
				if !(s.Lo < s.Center && s.Center < s.Hi && s.Lo >= 0) {
					t.Errorf("%d numbers from %g, N(%g, %g^2): %+v", len(xs), xs[0], mean, sd, s)
				}
			}
		}
	}
}

// Values outside the bounds of a distribution function are found between the points as well. The quadrature of a rough
// function ends.
func TestW1OfRoughFunctions(t *testing.T) {
	for want, cdf := range map[string]func(float64) float64{
		"off by NaN": func(x float64) float64 {
			if x > .4 && x < .6 {
				return math.NaN()
			}
			return normalCDF(x)
		},
		"must rise from 0 to 1": func(x float64) float64 { return normalCDF(x) + .01*math.Sin(2*math.Pi*x) },
	} {
		if s, err := W1([]float64{0, 1, 2}, cdf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, error %v, want one with %q", s, err, want)
		}
	}
	xs, calls := []float64{-1, 0, 0, 2}, 0
	single := must(W1(xs, func(x float64) float64 { calls++; return float64(float32(normalCDF(float64(float32(x))))) }))
	// A float32 of size 1 is rounded by 3e-8, and a position by 6e-8 of itself.
	near(t, "a distribution function in float32", single.Center, must(W1(xs, normalCDF)).Center, 1e-6)
	if calls > 1e7 {
		t.Errorf("%d calls of a function in float32", calls)
	}
}

// A large quantile grid has a distance near 0, and the interval of a shifted one contains the shift.
func TestW1Interval(t *testing.T) {
	grid := make([]float64, 4001)
	for i := range grid {
		grid[i] = distuv.UnitNormal.Quantile((float64(i) + .5) / float64(len(grid)))
	}
	s := must(W1(grid, func(x float64) float64 { return normalCDF(x - .5) }))
	if !(s.Lo < .5 && .5 < s.Hi && s.Lo > .3 && s.Hi < .7) {
		t.Errorf("shift .5: %+v", s)
	}
	if s := must(W1(grid, normalCDF)); s.Lo != 0 || s.Center > 2e-3 {
		t.Errorf("no shift: %+v", s)
	}
}

func TestLawFaults(t *testing.T) {
	xs := []float64{0, 1, 2}
	cauchy := func(x float64) float64 { return .5 + math.Atan(x)/math.Pi }
	for _, c := range []struct {
		cdf      func(float64) float64
		want     string
		onlyOfW1 bool
	}{
		{func(float64) float64 { return math.NaN() }, "NaN at 0, outside [0, 1]", false},
		{func(x float64) float64 { return x }, "2 at 2, outside [0, 1]", false},
		{func(x float64) float64 { return 1 - normalCDF(x) }, "falls from 0.5", false},
		{func(float64) float64 { return .5 }, "finite mean", true},
		{cauchy, "finite mean", true},
	} {
		for name, f := range map[string]func([]float64, func(float64) float64) (Summary, error){"KS": KS, "W1": W1} {
			if _, err := f(xs, c.cdf); (name == "W1" || !c.onlyOfW1) &&
				(err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: error %v, want one with %q", name, err, c.want)
			}
		}
	}
}

// The distance of any sample to any normal distribution, however narrow, wide or far, is as accurate as W1 states. The
// error is 1e-9 of the range that both span together, plus the rounding of positions.
func TestW1OfAnyNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := drawPoints(1).Draw(t, "x").X
		sd := math.Pow(10, rapid.Float64Range(-9, 6).Draw(t, "log sd"))
		mean := rapid.SampledFrom([]float64{0, xs[0], xs[len(xs)-1]}).Draw(t, "at") +
			rapid.SampledFrom([]float64{0, 1, sd, -3 * sd, 1e6}).Draw(t, "beside")
		got := must(W1(xs, func(x float64) float64 { return normalCDF((x - mean) / sd) })).Center
		x := slices.Sorted(slices.Values(xs))
		want, span := w1Normal(x, mean, sd), max(x[len(x)-1], mean+8*sd)-min(x[0], mean-8*sd)
		if math.Abs(got-want) > 1e-9*span+0x1p-52*(math.Abs(mean)+10) {
			t.Fatalf("%v to N(%g, %g^2): %.15g, want %.15g", x, mean, sd, got, want)
		}
	})
}

// W1 finds narrow parts of a wide distribution, wherever they are. For equal numbers the distance is the mean of those
// to the parts.
func TestW1OfMixtures(t *testing.T) {
	type part struct{ weight, mean, sd float64 }
	rapid.Check(t, func(t *rapid.T) {
		parts := []part{{1, 0, 1}}
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			w := math.Pow(10, rapid.Float64Range(-6, -.1).Draw(t, "log weight"))
			mean := rapid.SampledFrom([]float64{0, .5, 1, -2, 1. / 3}).Draw(t, "mean")
			for i := range parts {
				parts[i].weight *= 1 - w
			}
			parts = append(parts, part{w, mean, math.Pow(10, rapid.Float64Range(-9, 0).Draw(t, "log sd"))})
		}
		x := rapid.SampledFrom([]float64{0, .5, 1, 7}).Draw(t, "x")
		want := 0.0
		for _, p := range parts {
			want += p.weight * w1Normal([]float64{x}, p.mean, p.sd)
		}
		got := must(W1([]float64{x, x, x}, func(z float64) float64 {
			sum := 0.0
			for _, p := range parts {
				sum += p.weight * normalCDF((z-p.mean)/p.sd)
			}
			return sum
		})).Center
		if math.Abs(got-want) > 1e-9*20 {
			t.Fatalf("%g to %v: %.15g, want %.15g", x, parts, got, want)
		}
	})
}
