package metrics

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dims are the dimensions a metric is tested in.
func (s Spec) dims() []int {
	if s.MaxDim == 1 {
		return []int{1}
	}
	return []int{1, 2, 3}
}

// drawPoints draws 2 to 30 points of dimension d, sometimes with repeated values.
func drawPoints(d int) *rapid.Generator[Points] {
	return rapid.Custom(func(t *rapid.T) Points {
		n := rapid.IntRange(2, 30).Draw(t, "n")
		// Values lie on a grid, so that no squared difference underflows. Scaled up it would not underflow.
		onLattice := func(v float64) float64 { return math.Round(v*(1<<20)) / (1 << 20) }
		value := rapid.OneOf(rapid.Map(rapid.Float64Range(-10, 10), onLattice), rapid.Map(rapid.IntRange(-3, 3),
			func(i int) float64 { return float64(i) }))
		return Points{n, d, rapid.SliceOfN(value, n*d, n*d).Draw(t, "x")}
	})
}

func (p Points) each(f func(float64) float64) Points {
	q := Points{p.N, p.D, make([]float64, len(p.X))}
	for i, x := range p.X {
		q.X[i] = f(x)
	}
	return q
}

// reversed returns the points in the opposite order: the same sample with other blocks of the jackknife.
func (p Points) reversed() Points {
	q := Points{N: p.N, D: p.D}
	for i := p.N - 1; i >= 0; i-- {
		q.X = append(q.X, p.Row(i)...)
	}
	return q
}

// draw draws a pair of samples that the metric takes.
func (s Spec) draw(t *rapid.T, d int) (x, y Points) {
	x, y = drawPoints(d).Draw(t, "x"), drawPoints(d).Draw(t, "y")
	if n := min(x.N, y.N); s.EqualSizes {
		x, y = x.slice(0, n), y.slice(0, n)
	}
	return x, y
}

// TestMetrics checks that every row of the registry is a distance.
func TestMetrics(t *testing.T) {
	for _, spec := range Metrics {
		for _, d := range spec.dims() {
			t.Run(spec.Name, rapid.MakeCheck(func(t *rapid.T) {
				x, y := spec.draw(t, d)
				measure := func(x, y Points) float64 {
					before := slices.Clone(x.X)
					s, err := spec.Measure(x, y)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(before, x.X) {
						t.Fatal("the sample was changed")
					}
					if !(s.Lo <= s.Center && s.Center <= s.Hi) || s.Lo < 0 && !spec.Estimates || s.N < 1 || s.N >
						min(x.N, y.N) {
						t.Fatalf("inconsistent summary %+v", s)
					}
					return s.Center
				}
				same := func(what string, got, want float64) {
					if math.Abs(got-want) > 1e-10*(1+math.Abs(want)) {
						t.Fatalf("%s: %.17g, want %.17g", what, got, want)
					}
				}
				dist := measure(x, y)
				same("symmetry", measure(y, x), dist)
				// Powers of two and sums with small integers keep ties.
				scale := func(v float64) float64 { return -4 * v }
				same("scale", measure(x.each(scale), y.each(scale)), math.Pow(4, spec.Degree)*dist)
				if spec.Estimates {
					return
				}
				same("equal samples", measure(x, x.reversed()), 0)
				same("order of points", measure(x.reversed(), y), dist)
				if spec.EqualSizes {
					y = y.twice()
				}
				same("repeated sample", measure(x.twice(), y), dist)
			}))
		}
	}
}

func (p Points) twice() Points { return Points{2 * p.N, p.D, append(slices.Clone(p.X), p.X...)} }

// TestMetricsMoved: distances are independent of the origin. The points are multiples of 1/64, so that sums are exact.
func TestMetricsMoved(t *testing.T) {
	for _, spec := range Metrics {
		for _, d := range spec.dims() {
			t.Run(spec.Name, rapid.MakeCheck(func(t *rapid.T) {
				x, y := spec.draw(t, d)
				coarse := func(v float64) float64 { return math.Round(64*v) / 64 }
				x, y = x.each(coarse), y.each(coarse)
				by := float64(rapid.IntRange(-100, 100).Draw(t, "by"))
				moved := func(v float64) float64 { return v + by }
				a, b := must(spec.Measure(x, y)), must(spec.Measure(x.each(moved), y.each(moved)))
				if spec.Name != "w2" { // its prices, and so its ends, are not unique where points coincide
					for _, v := range [][2]float64{{a.Lo, b.Lo}, {a.Hi, b.Hi}} {
						if math.Abs(v[0]-v[1]) > 1e-6*(1+math.Abs(v[0])) { // roots of differences
							t.Fatalf("moved by %g: %+v, before %+v", by, b, a)
						}
					}
				}
				if math.Abs(a.Center-b.Center) > 1e-9*(1+math.Abs(a.Center)) {
					t.Fatalf("moved by %g: %.17g, before %.17g", by, b.Center, a.Center)
				}
			}))
		}
	}
}

// TestMetricsFaults: bad input gives an error with its place.
func TestMetricsFaults(t *testing.T) {
	good := Points{3, 1, []float64{1, 2, 3}}
	for _, spec := range Metrics {
		for _, c := range []struct {
			x, y Points
			want string
		}{
			{Points{}, good, "x is empty: shape [0, 0]"},
			{good, Points{0, 1, nil}, "y is empty: shape [0, 1]"},
			{good, Points{3, 1, []float64{1, 2}}, "y has shape [3, 1] but 2 values"},
			{Points{3, 1, []float64{1, math.NaN(), math.Inf(1)}}, good, "x has 2 NaN or infinite values, the first " +
				"at index 1"},
			{Points{2, 2, []float64{1, 2, 3, math.Inf(-1)}}, good, "x has 1 NaN or infinite values, the first at row " +
				"1, column 1"},
			{good, Points{2, 3, make([]float64, 6)}, "shapes [3, 1] and [2, 3]"},
			{Points{2, 2, make([]float64, 4)}, Points{2, 2, make([]float64, 4)}, "dimension 1"},
		} {
			_, err := spec.Measure(c.x, c.y)
			if spec.MaxDim == 0 && c.want == "dimension 1" {
				if err != nil {
					t.Errorf("%s: %v", spec.Name, err)
				}
				continue
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want one with %q", spec.Name, err, c.want)
			}
		}
	}
}

// TestMetricsProcessors: distances have the same bits on any number of processors.
func TestMetricsProcessors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, spec := range Metrics {
		d := slices.Max(spec.dims())
		x, y := normals(r, 700, d), normals(r, 300, d)
		if spec.EqualSizes {
			x = x.slice(0, y.N)
		}
		var want Summary
		for _, procs := range []int{1, 2, 7} {
			runtime.GOMAXPROCS(procs)
			got := must(spec.Measure(x, y))
			if procs == 1 {
				want = got
			}
			if got != want {
				t.Errorf("%s: %+v on %d processors, %+v on 1", spec.Name, got, procs, want)
			}
		}
	}
}

func normals(r *rand.Rand, n, d int) Points {
	p := Points{n, d, make([]float64, n*d)}
	for i := range p.X {
		p.X[i] = r.NormFloat64()
	}
	return p
}
