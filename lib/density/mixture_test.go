package density

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

func TestNewMixtureRejects(t *testing.T) {
	one, nan := [][]float64{{1}}, math.NaN()
	for want, components := range map[string][]Component{
		"has no components":      nil,
		"weight -0.5":            {{-.5, []float64{0}, one, 0}, {1.5, []float64{0}, one, 0}},
		"weight NaN":             {{nan, []float64{0}, one, 0}},
		"weights sum to 0.5":     {{.5, []float64{0}, one, 0}},
		"mean of length 2":       {{.5, []float64{0}, one, 0}, {.5, []float64{0, 0}, one, 0}},
		"1 rows of covariance":   {{1, []float64{0, 0}, one, 0}},
		"row 1 has 1 entries":    {{1, []float64{0, 0}, [][]float64{{1, 0}, {0}}, 0}},
		"not symmetric":          {{1, []float64{0, 0}, [][]float64{{1, .5}, {0, 1}}, 0}},
		"not positive definite":  {{1, []float64{0, 0}, [][]float64{{1, 2}, {2, 1}}, 0}},
		"mean of component 0 is": {{1, []float64{nan}, one, 0}},
		// The checks hold in units of any size and refuse NaN and infinities.
		"weight +Inf":                     {{math.Inf(1), []float64{0}, one, 0}},
		"is +Inf at entry (0,0)":          {{1, []float64{0}, [][]float64{{math.Inf(1)}}, 0}},
		"is NaN at entry (0,1)":           {{1, []float64{0, 0}, [][]float64{{1, nan}, {nan, 1}}, 0}},
		"are 9e-13 and -1e-13":            {{1, []float64{0, 0}, [][]float64{{1e-12, 9e-13}, {-1e-13, 1e-12}}, 0}},
		"are 1e+08 and 1.1e+08":           {{1, []float64{0, 0}, [][]float64{{1e12, 1e8}, {1.1e8, 1e12}}, 0}},
		"variance of coordinate 1 is 0":   {{1, []float64{0, 0}, [][]float64{{1, 0}, {0, 0}}, 0}},
		"smallest eigenvalue of its corr": {{1, []float64{0, 0}, [][]float64{{1e-8, 1e-8}, {1e-8, 1e-8}}, 0}},
	} {
		if _, err := NewMixture("test", components...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestMixtureMoments(t *testing.T) {
	x2 := Cross()
	for i, row := range x2.Covariance() {
		for j, v := range row {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(v-want) > 1e-15 {
				t.Errorf("covariance of X2 at (%d,%d) is %g: it must be that of N(0, I)", i, j, v)
			}
		}
	}
	if got := FarModes().Mean(); math.Abs(got[0]-3) > 1e-15 || got[0] != got[1] {
		t.Errorf("mean of S2 is %v, want (3, 3)", got)
	}
}

func TestMarginalAndCDF(t *testing.T) {
	diagonal, err := Cross().Marginal([]float64{1 / math.Sqrt2, 1 / math.Sqrt2})
	if err != nil {
		t.Fatal(err)
	}
	// The marginal along the diagonal has variances 1.9 and .1.
	for _, x := range []float64{-2, -.3, 0, .7} {
		want := .25 * (math.Erfc(-x/math.Sqrt(3.8)) + math.Erfc(-x/math.Sqrt(.2)))
		if got := diagonal.CDF(x); math.Abs(got-want) > 1e-14 {
			t.Errorf("CDF(%g) = %g, want %g", x, got, want)
		}
	}
	for _, p := range []float64{1e-12, .1, .3, .5, .999} {
		if got := diagonal.CDF(diagonal.Quantile(p)); math.Abs(got-p) > 1e-15 {
			t.Errorf("CDF(Quantile(%g)) = %g", p, got)
		}
	}
	for _, p := range []float64{-1, 0, 1, math.NaN()} {
		if q := diagonal.Quantile(p); !math.IsNaN(q) {
			t.Errorf("Quantile(%g) = %g", p, q)
		}
	}
	if !math.IsNaN(Cross().CDF(0)) || !math.IsNaN(Cross().Quantile(.5)) {
		t.Error("a CDF in two dimensions")
	}
	if _, err := Cross().Marginal([]float64{1}); err == nil {
		t.Error("a direction of the wrong length was taken")
	}
}

func TestLatticeRejects(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n, d   int
	}{{1, 0, 5, 1}, {0, 1, 1, 1}, {0, 1, 5, 0}, {math.NaN(), 1, 5, 1}, {0, math.Inf(1), 5, 1}, {math.Inf(-1), 0, 5, 1},
		{0, 1, 100_000, 4}, {1e16, 1e16 + 2, 5, 1}} {
		if _, _, err := Grid(c.lo, c.hi, c.n, c.d); err == nil {
			t.Errorf("grid %+v was made", c)
		}
	}
}

// Mixture8D has four Gaussians 3.2 apart with variances from 0.1 to 1. Their narrowest axes have different directions.
func TestM8(t *testing.T) {
	m := Mixture8D()
	var narrow []*mat.VecDense
	for i, a := range m.Components() {
		for _, b := range m.Components()[:i] {
			if got := floats.Distance(a.Mean, b.Mean, 2); math.Abs(got-3.2) > 1e-14 {
				t.Errorf("means of components are %g apart", got)
			}
		}
		for k, v := range m.spectrum[i] {
			if want := .1 * math.Pow(10, float64(k)/7); math.Abs(v-want) > 1e-14 {
				t.Errorf("component %d: variance %d is %g, want %g", i, k, v, want)
			}
		}
		narrow = append(narrow, mat.VecDenseCopyOf(mat.NewDense(8, 8, m.basis[i]).ColView(0)))
		for j, other := range narrow[:i] {
			if got := math.Abs(mat.Dot(narrow[i], other)); got > .9 {
				t.Errorf("the narrowest axes of components %d and %d have a cosine of %g", i, j, got)
			}
		}
	}
}

func TestNormal(t *testing.T) {
	m, err := Normal([]float64{1, -2}, .5)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Mean(); got[0] != 1 || got[1] != -2 {
		t.Errorf("mean %v", got)
	}
	if got := m.Covariance(); got[0][0] != .5 || got[0][1] != 0 || got[1][1] != .5 {
		t.Errorf("covariance %v", got)
	}
	for _, variance := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := Normal([]float64{0}, variance); err == nil {
			t.Errorf("variance %g passes", variance)
		}
	}
	if _, err := Normal(nil, 1); err == nil {
		t.Error("no dimension passes")
	}
}

// Quantiles share the mass evenly: the CDF at the i-th is (i + 1/2)/n.
func TestQuantiles(t *testing.T) {
	for i, x := range Bimodal().Quantiles(7) {
		if got, want := Bimodal().CDF(x), (float64(i)+.5)/7; math.Abs(got-want) > 1e-14 {
			t.Errorf("quantile %d is at %g, not %g", i, got, want)
		}
	}
	for _, x := range Cross().Quantiles(2) {
		if !math.IsNaN(x) {
			t.Errorf("a quantile in the plane: %g", x)
		}
	}
}

// At and LogDensityOnGrid agree with the mixture noised by hand.
func TestAtAndOnLine(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const at = .7
		alpha, variance := math.Exp(-at), -math.Expm1(-2*at)
		target, err := Bimodal().At(b, diffusion.OU{}, at)
		if err != nil {
			t.Fatal(err)
		}
		x := []float64{-3, -.5, 0, 2}
		logs, err := LogDensityOnGrid(b, Bimodal(), diffusion.OU{}, x, 0, at)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range x {
			cdf, p := 0., 0.
			for _, c := range []struct{ w, m, v float64 }{{.3, -2, .16}, {.7, 1, .36}} {
				m, v := alpha*c.m, alpha*alpha*c.v+variance
				cdf += c.w * math.Erfc((m-x)/math.Sqrt(2*v)) / 2
				p += c.w * math.Exp(-(x-m)*(x-m)/(2*v)) / math.Sqrt(2*math.Pi*v)
			}
			if got := target.CDF(x); math.Abs(got-cdf) > 1e-14 {
				t.Errorf("CDF(%g) = %g, by hand %g", x, got, cdf)
			}
			if math.Abs(logs[1][i]-math.Log(p)) > 1e-12 {
				t.Errorf("log p(%g) = %g, by hand %g", x, logs[1][i], math.Log(p))
			}
		}
		if _, err := LogDensityOnGrid(b, Cross(), diffusion.OU{}, x, 0); err == nil || !strings.Contains(err.Error(),
			"2 dimensions") {
			t.Errorf("a target in the plane: %v", err)
		}
	})
}
