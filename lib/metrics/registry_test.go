package metrics

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// dims are the dimensions a metric is tested in.
func (s Spec) dims() []int {
	if s.MaxDim == 1 {
		return []int{1}
	}
	return []int{1, 2, 3}
}

// drawPoints draws 2 to 30 points of dimension d with repeated values now and then.
func drawPoints(d int) *rapid.Generator[Points] {
	return rapid.Custom(func(t *rapid.T) Points {
		n := rapid.IntRange(2, 30).Draw(t, "n")
		value := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }))
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

// reversed has the points in the opposite order: other blocks of the jackknife, the same sample.
func (p Points) reversed() Points {
	q := Points{N: p.N, D: p.D}
	for i := p.N - 1; i >= 0; i-- {
		q.X = append(q.X, p.Row(i)...)
	}
	return q
}

// TestMetrics holds every row of the registry to what makes it a distance.
func TestMetrics(t *testing.T) {
	for _, spec := range Metrics {
		for _, d := range spec.dims() {
			t.Run(spec.Name, rapid.MakeCheck(func(t *rapid.T) {
				x, y := drawPoints(d).Draw(t, "x"), drawPoints(d).Draw(t, "y")
				measure := func(x, y Points) float64 {
					before := slices.Clone(x.X)
					s, err := spec.Measure(x, y)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(before, x.X) {
						t.Fatal("the sample was changed")
					}
					if !(0 <= s.Lo && s.Lo <= s.Center && s.Center <= s.Hi) || s.N != min(x.N, y.N) {
						t.Fatalf("inconsistent summary %+v", s)
					}
					return s.Center
				}
				same := func(what string, got, want float64) {
					if math.Abs(got-want) > 1e-10*(1+want) {
						t.Fatalf("%s: %.17g, want %.17g", what, got, want)
					}
				}
				dist := measure(x, y)
				same("equal samples", measure(x, x.reversed()), 0)
				same("symmetry", measure(y, x), dist)
				same("order of points", measure(x.reversed(), y), dist)
				same("repeated sample", measure(Points{2 * x.N, d, append(slices.Clone(x.X), x.X...)}, y), dist)
				// Powers of two and sums with small integers keep ties tied.
				scale := func(v float64) float64 { return -4 * v }
				same("scale", measure(x.each(scale), y.each(scale)), math.Pow(4, spec.Degree)*dist)
			}))
		}
	}
}

// TestMetricsShifted compares with closed forms: a quantile grid of N(0, I), and the same moved by exactly m.
func TestMetricsShifted(t *testing.T) {
	const n = 2001
	grid := make([]float64, n)
	for i := range grid {
		grid[i] = distuv.UnitNormal.Quantile((float64(i) + .5) / n)
	}
	for _, spec := range Metrics {
		for _, d := range spec.dims() {
			if d > 2 { // random directions do not average to the closed form
				continue
			}
			x := Points{n, d, make([]float64, n*d)}
			for i := range x.X {
				x.X[i] = grid[(i/d+(i%d)*997)%n]
			}
			for _, m := range []float64{-3, .125, 1} {
				got := must(spec.Measure(x, x.each(func(v float64) float64 { return v + m })))
				tol := 1e-12
				if spec.Degree == 0 { // of F_n, not of the points
					tol = 1. / n
				}
				near(t, spec.Name, got.Center, spec.Shifted(m, d), tol)
			}
		}
	}
}

// TestMetricsFaults: what cannot be measured is an error that says where.
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
			{Points{3, 1, []float64{1, math.NaN(), math.Inf(1)}}, good, "x has 2 NaN or infinite values, the first at index 1"},
			{Points{2, 2, []float64{1, 2, 3, math.Inf(-1)}}, good, "x has 1 NaN or infinite values, the first at row 1, column 1"},
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

// TestMetricsProcessors: the same bits on any number of processors.
func TestMetricsProcessors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, spec := range Metrics {
		d := slices.Max(spec.dims())
		x, y := normals(r, 200, d), normals(r, 150, d)
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
