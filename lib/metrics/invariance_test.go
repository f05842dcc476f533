package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// unit is a change of unit and origin: x becomes scale (x + origin).
type unit struct{ scale, origin float64 }

func (u unit) of(p Points) Points {
	return p.each(func(v float64) float64 { return u.scale * (v + u.origin) })
}

func (u unit) back(x float64) float64 { return x/u.scale - u.origin }

// measure is one number with its interval, computed from two samples in the unit u. Some use only one of them.
type measure struct {
	name   string
	degree float64 // points times c give c^degree times the number
	origin bool    // independent of the origin
	dims   []int
	least  int // number of points
	equal  bool
	jumps  bool // counts points by a comparison: a change of rounding may flip a tie
	ends   bool // the interval is independent of the order of points and of the choice of prices
	of     func(x, y Points, u unit) (Summary, error)
}

var in1D, anyDims, in2D = []int{1}, []int{1, 2, 3}, []int{2}

// measures are all metrics of the registry and the other estimates of this package.
func measures() []measure {
	return slices.Concat(registered(), distances(), moments(), errorsAndSlopes())
}

func registered() []measure {
	var all []measure
	for _, s := range Metrics {
		m := measure{name: s.Name, degree: s.Degree, origin: true, dims: s.dims(), least: 2, equal: s.EqualSizes,
			jumps: s.Name == "ks" || s.Name == "c2st", ends: s.Name != "w2"}
		if s.Name == "ks" {
			m.least = 1
		}
		m.of = func(x, y Points, _ unit) (Summary, error) { return s.Measure(x, y) }
		all = append(all, m)
	}
	return all
}

// distances are the measures to a distribution, and those with a setting.
func distances() []measure {
	return []measure{
		{name: "KS to a distribution", origin: true, dims: in1D, least: 1, ends: true,
			of: func(x, _ Points, u unit) (Summary, error) { return KS(x.X, mixtureAt(u)) }},
		{name: "W1 to a distribution", degree: 1, origin: true, dims: in1D, least: 2, ends: true,
			of: func(x, _ Points, u unit) (Summary, error) { return W1(x.X, mixtureAt(u)) }},
		{name: "KSD2", degree: -3, origin: true, dims: anyDims, least: 2, ends: true,
			of: func(x, _ Points, u unit) (Summary, error) { return KSD2(x, mixtureScore(x, u), 0) }},
		{name: "KSD2 of given length", degree: -3, origin: true, dims: anyDims, least: 2, ends: true,
			of: func(x, _ Points, u unit) (Summary, error) { return KSD2(x, mixtureScore(x, u), .7*u.scale) }},
		{name: "MMD2 of given width", origin: true, dims: anyDims, least: 2, ends: true,
			of: func(x, y Points, u unit) (Summary, error) { return MMD2(x, y, .7*u.scale) }},
		{name: "MMD2 of a wide kernel", origin: true, dims: anyDims, least: 2, ends: true,
			of: func(x, y Points, u unit) (Summary, error) { return MMD2(x, y, 1e4*u.scale) }},
		{name: "HistogramJS", origin: true, dims: anyDims, least: 2, jumps: true, ends: true,
			of: func(x, y Points, _ unit) (Summary, error) { return HistogramJS(x, y, 4) }},
		{name: "HistogramKL", origin: true, dims: anyDims, least: 2, jumps: true, ends: true,
			of: func(x, y Points, _ unit) (Summary, error) { return HistogramKL(x, y, 4) }},
		{name: "KL", origin: true, dims: in1D, ends: true, of: ofGrid(KL)},
		{name: "JS", origin: true, dims: in1D, ends: true, of: ofGrid(JS)},
	}
}

func moments() []measure {
	return []measure{
		{name: "Mean", degree: 1, dims: in1D, least: 2, ends: true, of: ofNumbers(Mean)},
		{name: "Mean less the origin", degree: 1, origin: true, dims: in1D, least: 2, ends: true,
			of: func(x, _ Points, u unit) (Summary, error) {
				s, err := Mean(x.X)
				by := u.scale * u.origin
				return Summary{s.Center - by, s.Lo - by, s.Hi - by, s.N}, err
			}},
		{name: "Variance", degree: 2, origin: true, dims: in1D, least: 2, ends: true, of: ofNumbers(Variance)},
		{name: "TraceCovariance", degree: 2, origin: true, dims: anyDims, least: 2, ends: true,
			of: ofOne(TraceCovariance)},
		{name: "Covariance", degree: 2, origin: true, dims: anyDims, least: 2, ends: true,
			of: ofOne(func(x Points) (Summary, error) {
				c, err := Covariance(x)
				if err != nil {
					return Summary{}, err
				}
				return c[0][x.D-1], nil
			})},
		{name: "M22", degree: 4, dims: in2D, least: 2, ends: true, of: ofOne(M22)},
	}
}

// errorsAndSlopes are the measures of pairs of numbers.
func errorsAndSlopes() []measure {
	return []measure{
		{name: "MSE", degree: 2, origin: true, dims: anyDims, least: 2, equal: true, ends: true,
			of: func(x, y Points, _ unit) (Summary, error) { return MSE(x, y) }},
		{name: "PSNR", origin: true, dims: anyDims, least: 2, equal: true, ends: true,
			of: func(x, y Points, u unit) (Summary, error) {
				s, err := MSE(x, y)
				if err != nil {
					return s, err
				}
				return PSNR(s, 2*u.scale)
			}},
		{name: "Ratio", dims: in1D, least: 2, equal: true, ends: true,
			of: func(x, y Points, u unit) (Summary, error) {
				return Ratio(x.X, y.each(func(v float64) float64 { return 3*u.scale + math.Abs(v) }).X)
			}},
		{name: "Slope of points in the unit", degree: 0, origin: true, dims: in1D, least: 3, equal: true,
			ends: true,
			of:   func(x, y Points, _ unit) (Summary, error) { return Slope(x.X, y.X) }},
		{name: "LogSlope", dims: in1D, least: 3, equal: true, ends: true,
			of: func(x, y Points, _ unit) (Summary, error) {
				return LogSlope(x.each(math.Abs).X, y.each(math.Abs).X)
			}},
	}
}

// mixtureAt is the distribution function of the points' distribution in the unit u. The functions below are its score,
// and log densities of a normal distribution on a grid.
func mixtureAt(u unit) func(float64) float64 {
	return func(x float64) float64 { return mixtureCDF(u.back(x)) }
}
func mixtureScore(x Points, u unit) Points {
	return x.each(func(v float64) float64 { return -(u.back(v) - .1) / u.scale })
}

func normalOnGrid(mean, sd float64, u unit) (log []float64, cell float64) {
	cell = .05 * u.scale
	for i := -200.; i <= 200; i++ {
		log = append(log, logNormal(u.back(u.scale*(i*.05+u.origin)), mean, sd)-math.Log(u.scale))
	}
	return log, cell
}

// ofGrid is a divergence of two normal distributions.
func ofGrid(f func(p, q []float64, cell float64) (Summary, error)) func(_, _ Points, u unit) (
	Summary, error) {
	return func(_, _ Points, u unit) (Summary, error) {
		p, cell := normalOnGrid(0, 1, u)
		q, _ := normalOnGrid(.5, 1.3, u)
		return f(p, q, cell)
	}
}

// ofOne is an estimate from the first sample alone; ofNumbers one from its numbers.
func ofOne(f func(x Points) (Summary, error)) func(x, _ Points, _ unit) (Summary, error) {
	return func(x, _ Points, _ unit) (Summary, error) { return f(x) }
}

func ofNumbers(f func([]float64) (Summary, error)) func(x, _ Points, _ unit) (Summary, error) {
	return ofOne(func(x Points) (Summary, error) { return f(x.X) })
}

// drawNormals draws samples that are normal, the second one moved and stretched, rounded to multiples of step.
func (m measure) drawNormals(t *rapid.T, d int, step float64) (x, y Points) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	size := rapid.IntRange(max(m.least, 2), 40)
	n, k := size.Draw(t, "n"), size.Draw(t, "m")
	if m.equal {
		k = n
	}
	by, stretch := rapid.Float64Range(-2, 2).Draw(t, "by"), rapid.Float64Range(.1, 2).Draw(t, "stretch")
	round := func(v float64) float64 { return math.Round(v/step) * step }
	return normals(r, n, d).each(round), normals(r, k, d).each(func(v float64) float64 { return round(stretch*v + by) })
}

// sameIn fails the test unless the ratio of the two numbers is that of the units. The tolerance is a share of the
// number or of its error, plus the rounding of points of size 1.
func (m measure) sameIn(t *rapid.T, u unit, got, want Summary, share, rounding float64) {
	t.Helper()
	by, tol := math.Pow(u.scale, m.degree), share*max(math.Abs(want.Center), want.Half())+rounding
	ends := [][2]float64{{got.Center, want.Center}}
	if m.ends {
		ends = append(ends, [2]float64{got.Lo, want.Lo}, [2]float64{got.Hi, want.Hi})
	}
	for k, v := range ends {
		if !(math.Abs(v[0]/by-v[1]) <= tol) {
			t.Fatalf("%s of %+v is %+v, want %g times %+v (number %d off by %.3g)", m.name, u, got, by, want, k,
				v[0]/by-v[1])
		}
	}
}

// endShare is the tolerance for ends of intervals: Width roots of variances, which may be 0 up to a rounding of 100
// units.
var endShare = Width * math.Sqrt(100*0x1p-52)

// eachMeasure runs a property of every measure in every dimension.
func eachMeasure(t *testing.T, property func(t *rapid.T, m measure, d int)) {
	for _, m := range measures() {
		t.Run(m.name, func(t *testing.T) {
			for _, d := range m.dims {
				rapid.Check(t, func(t *rapid.T) { property(t, m, d) })
			}
		})
	}
}

// Measures agree in other units of length, from 1e-6 to 1e6. Points are rounded by 1e-16, and their differences are
// seldom below 1e-4, both relative.
func TestMeasuresInOtherUnits(t *testing.T) {
	eachMeasure(t, func(t *rapid.T, m measure, d int) {
		x, y := m.drawNormals(t, d, 0x1p-52)
		u := unit{scale: math.Pow(10, rapid.Float64Range(-6, 6).Draw(t, "log scale"))}
		want, got := must(m.of(x, y, unit{1, 0})), must(m.of(u.of(x), u.of(y), u))
		m.sameIn(t, u, got, want, endShare, 0)
		m.ends = false
		m.sameIn(t, u, got, want, 1e-10, 0)
		// a power of 2 is exact, and so are all results
		u.scale = math.Ldexp(1, rapid.IntRange(-20, 20).Draw(t, "power"))
		m.sameIn(t, u, must(m.of(u.of(x), u.of(y), u)), want, 1e-12, 0)
	})
}

// Points around 1e7 in multiples of 2^-26 are exact, and so are their differences. Only sums over them are rounded, by
// 1e-9 of the spread. Quadratic measures are off by its square.
func TestMeasuresFarFromTheOrigin(t *testing.T) {
	eachMeasure(t, func(t *rapid.T, m measure, d int) {
		if !m.origin {
			return
		}
		x, y := m.drawNormals(t, d, 0x1p-26)
		far := rapid.OneOf(rapid.SampledFrom([]float64{1e7, -1e7, 1e3}), rapid.Map(rapid.IntRange(-1e6, 1e6),
			func(i int) float64 { return float64(i) })).Draw(t, "origin")
		u := unit{math.Ldexp(1, rapid.IntRange(-20, 20).Draw(t, "power")), far}
		want, got := must(m.of(x, y, unit{1, 0})), must(m.of(u.of(x), u.of(y), u))
		rounding := 4 * 0x1p-52 * math.Abs(far)
		m.sameIn(t, u, got, want, endShare, rounding)
		m.ends = false
		m.sameIn(t, u, got, want, 1e-10, rounding)
	})
}

// Measures agree for points of float32, around 4096 in multiples of 2^-11.
func TestMeasuresOfFloat32(t *testing.T) {
	eachMeasure(t, func(t *rapid.T, m measure, d int) {
		if !m.origin {
			return
		}
		x, y := m.drawNormals(t, d, 0x1p-11)
		u := unit{1, 4000}
		single := func(v float64) float64 { return float64(float32(v)) }
		want, got := must(m.of(x, y, unit{1, 0})), must(m.of(u.of(x).each(single), u.of(y).each(single), u))
		m.ends = m.ends && m.name != "w2"
		m.sameIn(t, u, got, want, endShare, 0)
	})
}

// The order of the points does not matter, except that the first half trains a classifier. Blocks of a jackknife and
// halves for a floor are in the interval only.
func TestMeasuresOfShuffledPoints(t *testing.T) {
	paired := []string{"MSE", "PSNR", "Ratio", "Slope", "LogSlope"}
	eachMeasure(t, func(t *rapid.T, m measure, d int) {
		for _, name := range paired {
			if strings.HasPrefix(m.name, name) {
				return
			}
		}
		x, y := m.drawNormals(t, d, 0x1p-26)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 2))
		shuffled := func(p Points) Points {
			q := Points{N: p.N, D: p.D}
			half := (p.N + 1) / 2
			for _, i := range r.Perm(half) {
				q.X = append(q.X, p.Row(i)...)
			}
			for _, i := range r.Perm(p.N - half) {
				q.X = append(q.X, p.Row(half+i)...)
			}
			return q
		}
		m.ends = m.ends && m.name != "sw2"
		m.sameIn(t, unit{1, 0}, must(m.of(shuffled(x), shuffled(y), unit{1, 0})), must(m.of(x, y, unit{1, 0})), 1e-9, 0)
	})
}

// The smallest allowed number of points gives finite numbers. One point less gives an error with the number.
func TestMeasuresOfFewPoints(t *testing.T) {
	for _, m := range measures() {
		for _, d := range m.dims {
			r := rand.New(rand.NewPCG(3, uint64(d)))
			few := normals(r, max(m.least, 1), d)
			other := few.each(func(v float64) float64 { return v*v + .1 })
			s, err := m.of(few, other, unit{1, 0})
			if err != nil {
				t.Errorf("%s of %d points in dimension %d: %v", m.name, m.least, d, err)
			}
			for _, v := range []float64{s.Center, s.Lo, s.Hi} {
				if math.IsNaN(v) || math.IsInf(v, 0) || !(s.Lo <= s.Center && s.Center <= s.Hi) {
					t.Errorf("%s of %d points in dimension %d: %+v", m.name, m.least, d, s)
				}
			}
			if m.least == 0 { // of functions
				continue
			}
			if s, err := m.of(few.slice(0, m.least-1), other.slice(0, m.least-1), unit{1, 0}); err == nil {
				t.Errorf("%s of %d points in dimension %d: %+v, no error", m.name, m.least-1, d, s)
			}
		}
	}
}

// For samples far from each other on the line, -|x-y| is a sum. Their interval depends only on their spreads, however
// far they are.
func TestEnergyFarApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		round := func(v float64) float64 { return math.Round(v*(1<<20)) / (1 << 20) }
		x, y := normals(r, 20, 1).each(round), normals(r, 30, 1).each(round)
		near, far := 64., math.Ldexp(1, rapid.IntRange(10, 31).Draw(t, "power"))
		a, b := must(EnergyDistance(x, shifted(y, near))), must(EnergyDistance(x, shifted(y, far)))
		if gap := b.Center - a.Center - 2*(far-near); math.Abs(gap) > 8*0x1p-52*far {
			t.Fatalf("moved by %g: off by %g", far-near, gap)
		}
		for _, v := range [][2]float64{{a.Center - a.Lo, b.Center - b.Lo}, {a.Hi - a.Center, b.Hi - b.Center}} {
			if math.Abs(v[0]-v[1]) > 1e-6*v[0]+64*0x1p-52*far {
				t.Fatalf("the interval reaches %g from the distance %g, %g from %g", v[0], a.Center, v[1], b.Center)
			}
		}
	})
}

// E|Z + a| equals its closed form in dimensions 1 and 3, for |a| from 0 to 1e6. In other dimensions the two series
// agree.
func TestMeanNorm(t *testing.T) {
	for _, a := range []float64{1e-6, .1, 1, 5, 20, 30, 32, 40, 100, 1e4, 1e6} {
		density := math.Exp(-a*a/2) * math.Sqrt(2/math.Pi)
		near(t, "on the line", meanNorm(a*a, 1)/(a*math.Erf(a/math.Sqrt2)+density), 1, 1e-12)
		near(t, "in space", meanNorm(a*a, 3)/((a+1/a)*math.Erf(a/math.Sqrt2)+density), 1, 1e-12)
	}
	near(t, "at 0", meanNorm(0, 2), math.Sqrt(math.Pi/2), 1e-13)
	for _, dim := range []int{2, 5, 20} {
		edge := 2 * (500 + float64(dim*dim)/4)
		slope := (meanNorm(1.001*edge, dim) - meanNorm(1.0001*edge, dim)) / (9e-4 * edge)
		jump := meanNorm(edge*(1+1e-9), dim) - meanNorm(edge, dim) - slope*edge*1e-9
		near(t, "the jump where the series begins", jump, 0, 1e-9)
	}
}
