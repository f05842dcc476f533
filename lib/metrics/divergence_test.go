package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// The divergence of N(0, 1) from N(m, s^2) is log s + (1 + m^2)/(2 s^2) - 1/2. On a grid the quadrature is accurate to
// rounding. JS is symmetric, between 0 and ln 2.
func TestDivergencesOfGaussians(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := rapid.Float64Range(-3, 3).Draw(t, "m"), rapid.Float64Range(.5, 2).Draw(t, "s")
		const cell = .1
		var p, q []float64
		for z := -22.; z < 22; z += cell {
			p, q = append(p, logNormal(z, 0, 1)), append(q, logNormal(z, m, s))
		}
		want := math.Log(s) + (1+m*m)/(2*s*s) - .5
		if got := must(KL(p, q, cell)); math.Abs(got.Center-want) > 1e-12*(1+want) || got.Half() != 0 {
			t.Fatalf("KL %+v, want %.17g", got, want)
		}
		a, b := must(JS(p, q, cell)), must(JS(q, p, cell))
		if math.Abs(a.Center-b.Center) > 1e-15 || !(0 <= a.Lo && a.Lo == a.Center && a.Hi <= a.Center+1e-12 &&
			a.Center < math.Ln2) {
			t.Fatalf("JS %+v, exchanged %+v", a, b)
		}
		if same := must(KL(p, p, cell)).Center; same != 0 {
			t.Fatalf("KL of equal densities is %g", same)
		}
	})
}

// For similar densities the sum does not cancel: KL of N(m, 1) is m^2/2 to full relative precision.
func TestKLNearEqual(t *testing.T) {
	const cell = .1
	for _, m := range []float64{1e-2, 1e-4, 1e-6} {
		var p, q []float64
		for z := -12.; z < 12; z += cell {
			p, q = append(p, logNormal(z, 0, 1)), append(q, logNormal(z, m, 1))
		}
		near(t, "KL / exact", must(KL(p, q, cell)).Center/(m*m/2), 1, 1e-8)
	}
}

// Supports may differ: JS of disjoint ones is ln 2. The interval covers what the grid cuts off.
func TestJSOfSupports(t *testing.T) {
	none := math.Inf(-1)
	got := must(JS([]float64{0, none, none}, []float64{none, 0, none}, 1))
	near(t, "disjoint", got.Center, math.Ln2, 1e-15)
	const cell = .01
	var p, q []float64
	for z := -3.75; z < 3.75; z += cell {
		p, q = append(p, logNormal(z, 0, 1)), append(q, logNormal(z, .5, 1))
	}
	cut := must(JS(p, q, cell))
	for z := 3.75; z < 12; z += cell {
		p, q = append(p, logNormal(z, 0, 1), logNormal(-z-cell, 0, 1)), append(q, logNormal(z, .5, 1),
			logNormal(-z-cell, .5, 1))
	}
	if whole := must(JS(p, q, cell)).Center; !(cut.Lo < whole && whole < cut.Hi) {
		t.Errorf("cut at 3.75: %+v, whole %.10g", cut, whole)
	}
}

// The interval of a histogram contains the divergence of the binned distributions, equal or not. The stated bias agrees
// with repetition.
func TestHistograms(t *testing.T) {
	const bins = 5
	uniform := func(r *rand.Rand, n int, tilt float64) []float64 {
		xs := make([]float64, n)
		for i := range xs { // density 1 + tilt (2x-1)
			xs[i] = r.Float64()
			if tilt != 0 && r.Float64() < tilt {
				xs[i] = math.Sqrt(r.Float64())
			}
		}
		xs[0], xs[1] = 0, 1 // the same boxes every time
		return xs
	}
	for _, tilt := range []float64{0, .3, .9} {
		var js, kl float64 // of the binned distributions
		for b := range bins {
			p, q := 1./bins, (1-tilt)/bins+tilt*float64(2*b+1)/(bins*bins)
			js += (p*math.Log(2*p/(p+q)) + q*math.Log(2*q/(p+q))) / 2
			kl += p * math.Log(p/q)
		}
		for name, c := range map[string]struct {
			f            func(x, y Points, bins int) (Summary, error)
			want, factor float64
		}{"js": {HistogramJS, js, 1. / 8}, "kl": {HistogramKL, kl, 1. / 2}} {
			mean, sd, claimed := repeated(t, 200, func(r *rand.Rand) (Summary, error) {
				s, err := c.f(Line(uniform(r, 1000, 0)), Line(uniform(r, 600, tilt)), bins)
				if err == nil && !(s.Lo <= c.want && c.want <= s.Hi) {
					t.Errorf("%s, tilt %g: %+v does not hold %g", name, tilt, s, c.want)
				}
				return s, err
			})
			claimed -= Width * c.factor * (1./1000 + 1./600) // the part of Hi for small divergences
			t.Logf("%s, tilt %g: mean %.5f, of the distributions %.5f, sd %.5f, claimed %.5f", name, tilt, mean, c.want,
				sd,
				claimed)
			if bias := (bins - 1) * c.factor * (1./1000 + 1./600); math.Abs(mean-c.want-bias) >
				5*sd/math.Sqrt(200)+.5*bias {
				t.Errorf("%s, tilt %g: mean %g, want %g + %g", name, tilt, mean, c.want, bias)
			}
			if ratio := claimed / sd; tilt > 0 && math.Abs(ratio-1) > .3 {
				t.Errorf("%s, tilt %g: claims standard error %g, repetition shows %g", name, tilt, claimed, sd)
			}
		}
	}
}

// Like every divergence of samples it is 0 between equal ones, symmetric (JS), and independent of origin and scale.
func TestHistogramProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, bins := rapid.IntRange(1, 3).Draw(t, "d"), rapid.IntRange(1, 9).Draw(t, "bins")
		coarse := func(v float64) float64 { return math.Round(64*v) / 64 }
		x, y := drawPoints(d).Draw(t, "x").each(coarse), drawPoints(d).Draw(t, "y").each(coarse)
		moved := func(v float64) float64 { return 4*v + 3 }
		js, kl := must(HistogramJS(x, y, bins)), must(HistogramKL(x, y, bins))
		for what, v := range map[string][2]float64{
			"JS of equals":  {must(HistogramJS(x, x.reversed(), bins)).Center, 0},
			"KL of equals":  {must(HistogramKL(x, x.reversed(), bins)).Center, 0},
			"JS exchanged":  {must(HistogramJS(y, x, bins)).Center, js.Center},
			"JS, repeated":  {must(HistogramJS(x.twice(), y, bins)).Center, js.Center},
			"JS elsewhere":  {must(HistogramJS(x.each(moved), y.each(moved), bins)).Center, js.Center},
			"KL elsewhere":  {must(HistogramKL(x.each(moved), y.each(moved), bins)).Center, kl.Center},
			"JS in one box": {must(HistogramJS(x, y, 1)).Center, 0},
		} {
			if math.Abs(v[0]-v[1]) > 1e-12 {
				t.Fatalf("%s: %g, want %g", what, v[0], v[1])
			}
		}
		if !(0 <= js.Lo && js.Lo <= js.Center && js.Center <= js.Hi && js.Hi <= math.Ln2) ||
			!(0 <= kl.Lo && kl.Lo <= kl.Center) {
			t.Fatalf("intervals %+v, %+v", js, kl)
		}
	})
}
