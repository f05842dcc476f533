package metrics

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	nan := math.NaN()
	err := func(_ any, err error) error { return err }
	two := Points{2, 2, make([]float64, 4)}
	for _, c := range []struct {
		got  error
		want string
	}{
		{err(Mean(nil)), "xs is empty"},
		{err(Mean([]float64{1})), "xs has 1 of the 2 points"},
		{err(Mean([]float64{1, nan, 2, nan})), "xs has 2 NaN or infinite values, the first at index 1"},
		{err(MeanOf(-1, func(int) float64 { return 0 })), "xs is empty"},
		{err(Variance([]float64{1})), "xs has 1 of the 2 points"},
		{err(M22(Line([]float64{1, 2}))), "not of shape [2, 1]"},
		{err(Covariance(Points{1, 2, []float64{1, 2}})), "1 of the 2 points"},
		{err(TraceCovariance(Points{2, 1, []float64{1}})), "shape [2, 1] but 1 values"},
		{err(PointsOf(nil)), "no points"},
		{err(PointsOf([][]float64{{1, 2}, {3}})), "point 1 has dimension 1, point 0 has 2"},
		{err(MSE(two, Points{3, 2, make([]float64, 6)})), "shapes [2, 2] and [3, 2]"},
		{err(MSE(two, Points{2, 3, make([]float64, 6)})), "shapes [2, 2] and [2, 3]"},
		{err(PSNR(Exactly(0), 2)), "not 0 and 2"},
		{err(PSNR(Exactly(1), nan)), "not 1 and NaN"},
		{err(Slope([]float64{1, 2}, []float64{1, 2})), "2 of the 3 points"},
		{err(Slope([]float64{1, 2, 3}, []float64{1, 2, 3, 4})), "3 values of x but 4 of y"},
		{err(Slope([]float64{2, 2, 2}, []float64{1, 2, 3})), "all 3 values of x are 2"},
		{err(LogSlope([]float64{1, 2, 3}, []float64{1, 0, 3})), "y[1] = 0 has no logarithm"},
		{err(KSCritical(0, .1)), "n = 0"},
		{err(KSCritical(10, 1)), "alpha = 1"},
		{err(KSBetweenCritical(10, 10, nan)), "NaN"},
		{err(SlicedW2(two, two, 0)), "not 0"},
		{err(W2(two, Points{3, 2, make([]float64, 6)})), "as many points: shapes [2, 2] and [3, 2]"},
		{err(C2ST(two, Points{3, 2, make([]float64, 6)}, 0)), "as many points: shapes [2, 2] and [3, 2]"},
		{err(C2ST(two, two, 3)), "takes 1 to 2 neighbors, or 0 for a root of that, not 3"},
		{err(MMD2(two, two, -1)), "must be positive, or 0 for the median, not -1"},
		{err(KSD2(two, Points{3, 2, make([]float64, 6)}, 0)), "one score for each point: shapes [2, 2] and [3, 2]"},
		{err(KSD2(two, two, nan)), "or 0 for the median, not NaN"},
		{err(KSD2(two, two, 0)), "all 2 points of x are equal, which sets no length"},
		{err(KSD2(two, two, 1e-200)), "with a square that float64 holds"},
		{err(MMD2(two, two, 1e-200)), "has a square beyond float64"},
		{err(MMD2(two, two, nan)), "must be positive"},
		{err(KSD2(two, Points{2, 2, []float64{0, nan, 0, 0}}, 0)), "score has 1 NaN or infinite values, the first at " +
			"row 0"},
		{err(KSBetweenPValue(1.5, 3, 3)), "not 1.5, 3, 3"},
		{err(HistogramJS(two, two, 0)), "0 bins in 2 dimensions"},
		{err(HistogramKL(two, two, 1e5)), "1e+10 cells"},
		{err(HistogramJS(Line([]float64{-1e308, 1e308}), Line([]float64{0, 1}), 4)), "leaves float64"},
		{err(KL([]float64{0}, nil, 1)), "have 1 and 0 values"},
		{err(KL([]float64{0}, []float64{0}, 0)), "must be positive, not 0"},
		{err(KL([]float64{0, nan}, []float64{0, 0}, .5)), "log density of p is NaN at point 1"},
		{err(KL([]float64{0, 0}, []float64{0, 1}, .5)), "density q has mass 1.859"},
		{err(KL([]float64{math.Log(2), math.Inf(-1)}, []float64{math.Inf(-1), math.Log(2)}, .5)),
			"infinite: at point 0"},
		{err(JS([]float64{0, 1}, []float64{0, 0}, .5)), "density p has mass 1.859"},
	} {
		if c.got == nil || !strings.Contains(c.got.Error(), c.want) {
			t.Errorf("error %v, want one with %q", c.got, c.want)
		}
	}
}

// Powers of points beyond the range of float64 give an error, not a NaN.
func TestOverflow(t *testing.T) {
	x, y := Points{2, 1, []float64{1e200, 2e200}}, Points{2, 1, []float64{-1e200, 3e200}}
	for _, spec := range Metrics {
		if s, err := spec.Measure(x, y); err == nil && (math.IsNaN(s.Lo+s.Hi) || math.IsInf(s.Lo+s.Hi, 0)) {
			t.Errorf("%s: %+v, no error", spec.Name, s)
		}
	}
	for name, f := range map[string]func() (Summary, error){
		"KSD2":     func() (Summary, error) { return KSD2(x, y, 1) },
		"Mean":     func() (Summary, error) { return Mean([]float64{1e308, 1.5e308, -1e308}) },
		"Variance": func() (Summary, error) { return Variance(x.X) },
	} {
		if s, err := f(); err == nil || !strings.Contains(err.Error(), "scale them down") {
			t.Errorf("%s: %+v, error %v", name, s, err)
		}
	}
}

// A sample of equal points, as from a collapsed sampler, has no spread. It still has a distance, and an interval for
// the mass that the draws may have missed. The interval shrinks with the number of draws.
func TestCollapsedSamples(t *testing.T) {
	for _, n := range []int{2, 10, 1000} {
		p := unseen(Line(make([]float64, n)))
		near(t, "the chance of equal draws", math.Pow(1-p, float64(n))/Miss, 1, 1e-9)
	}
	near(t, "of a sample with spread", unseen(Line([]float64{1, 1, 1 + 1e-15})), 0, 0)
	for _, spec := range Metrics {
		for _, d := range spec.dims() {
			widths := map[int]float64{}
			for _, n := range []int{2, 20, 200} {
				zero := Points{n, d, make([]float64, n*d)}
				for _, scale := range []float64{1e-6, 1, 1e6} {
					one := zero.each(func(float64) float64 { return scale })
					s := must(spec.Measure(zero, one))
					if !(s.Lo < s.Center || s.Center < s.Hi) || s.Center <= spec.Equal {
						t.Errorf("%s: %+v between %d points at 0 and as many at %g", spec.Name, s, n, scale)
					}
					widths[n] = (s.Hi - s.Lo) / math.Pow(scale, spec.Degree)
				}
			}
			if !(widths[200] < widths[2]) {
				t.Errorf("%s: 200 points give the width %g, 2 give %g", spec.Name, widths[200], widths[2])
			}
		}
	}
}

func TestRootNeedsACrossing(t *testing.T) {
	for _, f := range []func(float64) float64{
		func(x float64) float64 { return 1 + x*x }, func(float64) float64 { return math.NaN() },
	} {
		if x := root(f, -1, 2); !math.IsNaN(x) {
			t.Errorf("root %g of a function that has none", x)
		}
	}
	near(t, "what one draw exceeds with probability 1e-17", must(KSCritical(1, 1e-17)), 1, 0)
}

func TestConstants(t *testing.T) {
	near(t, "Miss", Miss/math.Erfc(Width/math.Sqrt2), 1, 1e-14)
	near(t, "the known critical value", must(KSCritical(20000, 1e-6))*math.Sqrt(20000), 2.69, 5e-3)
	near(t, "p at the critical value", KSPValue(must(KSCritical(500, 1e-6)), 500)/1e-6, 1, 1e-9)
	near(t, "order", must(LogSlope([]float64{1, 2, 4, 8}, []float64{3, 12, 48, 192})).Center, 2, 1e-14)
}

// Points shares memory in Row and Line, and copies in Col and PointsOf.
func TestPoints(t *testing.T) {
	p := must(PointsOf([][]float64{{1, 2, 3}, {4, 5, 6}}))
	if !slices.Equal(p.Row(1), []float64{4, 5, 6}) || !slices.Equal(p.Col(2), []float64{3, 6}) {
		t.Errorf("rows and columns of %+v", p)
	}
	if got := p.Along(1, 0, -.5); !slices.Equal(got, []float64{-.5, 1}) {
		t.Errorf("along a direction: %v", got)
	}
	p.Row(0)[1] = 9
	if p.X[1] != 9 || cap(p.Row(0)) != 3 {
		t.Error("Row is not a view of one point")
	}
}

func TestDirections(t *testing.T) {
	for _, d := range []int{1, 2, 3, 50} {
		for _, v := range Directions(Projections, d) {
			norm := 0.0
			for _, c := range v {
				norm += c * c
			}
			near(t, "norm", norm, 1, 1e-13)
		}
	}
	if a, b := Directions(4, 3), Directions(4, 3); !slices.Equal(a[3], b[3]) {
		t.Error("directions change from call to call")
	}
	near(t, "the first axis", Directions(8, 2)[0][0], 1, 0)
	near(t, "the second axis", Directions(8, 2)[4][1], 1, 0)
}
