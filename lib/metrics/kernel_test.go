package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

func shifted(p Points, by float64) Points { return p.each(func(v float64) float64 { return v + by }) }

func negative(p Points) Points { return p.each(func(v float64) float64 { return -v }) }

const width = .8 // of the Gaussian kernel

func shiftedMMD2(m, dim float64) float64 {
	return 2 * math.Pow(width*width/(width*width+2), dim/2) * -math.Expm1(-dim*m*m/(2*(width*width+2)))
}

// shiftedKSD2 is the Stein discrepancy of N(m, 1) to the score -x. The score is off by m everywhere, so the discrepancy
// is m^2 E k(X, X').
func shiftedKSD2(m float64) float64 {
	return m * m * quad.Fixed(func(z float64) float64 {
		return math.Exp(-z*z/4) / math.Sqrt(4*math.Pi) / math.Sqrt(1+z*z)
	}, -14, 14, 400, quad.Legendre{}, 0)
}

// gaussEstimate and the following functions are estimates with the parts of their variance.
func gaussEstimate(x, y Points) estimate {
	k := func(a, b Points) func(i, j int) float64 {
		return func(i, j int) float64 { return math.Exp(-squaredDistance(a.Row(i), b.Row(j)) / (2 * width * width)) }
	}
	return twoSample(within(x.N, k(x, x)), within(y.N, k(y, y)), across(x.N, y.N, k(x, y)), 1)
}

func normEstimate(x, y Points) estimate {
	return twoSample(within(x.N, minusNorm(x, x)), within(y.N, minusNorm(y, y)), across(x.N, y.N, minusNorm(x, y)),
		0)
}

func steinEstimate(x, _ Points) estimate {
	k := steinKernel(x, negative(x), 1)
	return oneSample(within(x.N, k), k(0, 0)) // the diagonal varies from point to point; it is for Hi only
}

// shiftedNormals are pairs of samples from N(m, 1) and N(0, 1) in some dimension, and the exact distance.
var shiftedNormals = []struct {
	name    string
	f       func(x, y Points) estimate
	m       float64
	dim     int
	want    float64
	measure func(x, y Points) (Summary, error)
}{
	{"mmd2, equal", gaussEstimate, 0, 2, 0, func(x, y Points) (Summary, error) { return MMD2(x, y, width) }},
	{"mmd2, near", gaussEstimate, .2, 2, shiftedMMD2(.2, 2), func(x, y Points) (Summary, error) {
		return MMD2(x, y, width)
	}},
	{"mmd2, far", gaussEstimate, 1, 1, shiftedMMD2(1, 1), func(x, y Points) (Summary, error) {
		return MMD2(x, y, width)
	}},
	{"energy, equal", normEstimate, 0, 2, 0, EnergyDistance},
	{"energy, near", normEstimate, .2, 3, shiftedEnergy(.2, 3), EnergyDistance},
	{"energy, far", normEstimate, 1, 1, shiftedEnergy(1, 1), EnergyDistance},
	{"ksd2, exact", steinEstimate, 0, 2, 0, func(x, _ Points) (Summary, error) { return KSD2(x, negative(x), 0) }},
	{"ksd2, near", steinEstimate, .2, 1, shiftedKSD2(.2), func(x, _ Points) (Summary, error) {
		return KSD2(x, negative(x), 1)
	}},
	{"ksd2, far", steinEstimate, 1, 1, shiftedKSD2(1), func(x, _ Points) (Summary, error) {
		return KSD2(x, negative(x), 1)
	}},
}

// Closed forms between N(0, I) and N((m, .., m), I), for distributions equal and different: the kernel distances are
// unbiased, and their standard errors agree with repetition.
func TestKernelDistancesAreCalibrated(t *testing.T) {
	runs := 250
	if testing.Short() {
		runs = 100
	}
	for _, c := range shiftedNormals {
		claimed := 0.
		mean, sd, _ := repeated(t, runs, func(r *rand.Rand) (Summary, error) {
			x, y := shifted(normals(r, 100, c.dim), c.m), normals(r, 60, c.dim)
			if s := must(c.measure(x, y)); !(s.Lo <= c.want && c.want <= s.Hi) {
				t.Errorf("%s: %+v does not hold %g", c.name, s, c.want)
			}
			e := c.f(x, y)
			claimed += e.se() / float64(runs)
			return Summary{Center: e.center}, nil
		})
		t.Logf("%s: mean %.5f, exact %.5f, sd %.5f, claimed %.5f", c.name, mean, c.want, sd, claimed)
		if math.Abs(mean-c.want) > 5*sd/math.Sqrt(float64(runs)) {
			t.Errorf("%s: mean %g, want %g", c.name, mean, c.want)
		}
		// Between equal distributions the first part is 0. Its estimate counts where it is positive, so the standard
		// error is too large.
		if ratio := claimed / sd; !testing.Short() && math.Abs(ratio-1) > .25 {
			t.Errorf("%s: claims standard error %g, repetition shows %g", c.name, claimed, sd)
		}
	}
}

// Small distances between small samples: a plain interval of 5 standard errors misses in more than 1 % of cases, and
// this one does not.
func TestKernelIntervalsNearZero(t *testing.T) {
	const n, runs = 40, 1000
	plain := 0
	for _, m := range []float64{0, .3, .6} {
		want := shiftedEnergy(m, 1)
		for i := range runs {
			r := rand.New(rand.NewPCG(9, uint64(i)))
			x, y := normals(r, n, 1), shifted(normals(r, n, 1), m)
			if s := must(EnergyDistance(x, y)); !(s.Lo <= want && want <= s.Hi) {
				t.Errorf("shift %g, run %d: %+v does not hold %g", m, i, s, want)
			}
			e := twoSample(within(n, minusNorm(x, x)), within(n, minusNorm(y, y)), across(n, n, minusNorm(x, y)), 0)
			if math.Abs(e.center-want) > Width*e.se() {
				plain++
			}
		}
	}
	if plain < 5 {
		t.Errorf("the plain interval misses %d times in %d: no need for the wider one?", plain, 3*runs)
	}
}

// The two parts of a U-statistic's variance: with the kernel k(i, j) = a_i + a_j there is no interaction, with k(i, j)
// = s_i s_j for balanced signs there is only interaction.
func TestUStatisticParts(t *testing.T) {
	const n = 600
	r := rand.New(rand.NewPCG(8, 9))
	a := normals(r, n, 1).X
	sum := oneSample(within(n, func(i, j int) float64 { return a[i] + a[j] }), 0)
	near(t, "interaction of a sum", sum.second, 0, 1e-12)
	near(t, "variance of a sum", sum.first/(4*must(Variance(a)).Center/n), 1, 3./n)
	signs := oneSample(within(n, func(i, j int) float64 { return float64(1 - 2*((i+j)&1)) }), 1)
	near(t, "mean of signs", signs.center, -1./(n-1), 1e-12)
	near(t, "variance of signs", signs.second/(2./(n*(n-1))), 1, 5./n)
	near(t, "first part of signs", signs.first, 0, 1e-12)
}

// Every number of strips sums the same pairs.
func TestPairsAreSummedOnce(t *testing.T) {
	for _, n := range []int{2, 3, strip - 1, strip, strip + 1, 2*strip + 3} {
		g := within(n, func(i, j int) float64 {
			if i == j {
				t.Errorf("pair (%d, %d)", i, j)
			}
			return float64(i*j + 1)
		})
		m := float64(n * (n - 1) / 2)
		for i, row := range g.rows {
			near(t, "row", row, float64(i)*(m-float64(i))+float64(n-1), 0)
		}
		c := across(n, 3, func(i, j int) float64 { return float64(i) + 1e4*float64(j) })
		near(t, "column", c.cols[2], m+2e4*float64(n), 0)
		near(t, "row", c.rows[n-1], 3*float64(n-1)+3e4, 0)
	}
}

// Cross has the mean and the covariance of N(0, I), so these distances detect more than two moments.
func TestCrossIsSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("a sample large enough takes a second")
	}
	r := rand.New(rand.NewPCG(10, 11))
	x, y := cross(r, 4000), normals(r, 4000, 2)
	for _, spec := range Metrics {
		if spec.Name != "energy" && spec.Name != "c2st" {
			// only for the plane and for intervals that cover no bias; mmd2 needs a bandwidth below the median
			continue
		}
		if s := must(spec.Measure(x, y)); s.Lo <= spec.Equal {
			t.Errorf("%s: %+v", spec.Name, s)
		}
	}
	if s := must(MMD2(x, y, .5)); s.Lo <= 0 {
		t.Errorf("mmd2: %+v", s)
	}
	if s := must(KSD2(x, negative(x), 0)); s.Lo <= 0 {
		t.Errorf("ksd2: %+v", s)
	}
}

func BenchmarkDistances(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := normals(r, 10000, 2), normals(r, 10000, 2)
	score := negative(x)
	for name, f := range map[string]func() (Summary, error){
		"mmd2":    func() (Summary, error) { return MMD2(x, y, 0) },
		"energy":  func() (Summary, error) { return EnergyDistance(x, y) },
		"ksd2":    func() (Summary, error) { return KSD2(x, score, 0) },
		"c2st":    func() (Summary, error) { return C2ST(x, y, 0) },
		"w2-2000": func() (Summary, error) { return W2(x.slice(0, 2000), y.slice(0, 2000)) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				must(f())
			}
		})
	}
}
