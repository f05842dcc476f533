package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// golden is testdata/golden.json, with results of numpy, scipy, POT, dcor and scikit-learn. testdata/golden.py writes
// it.
type golden struct {
	X, Y       []float64
	PlaneX     [][]float64 `json:"plane_x"`
	PlaneY     [][]float64 `json:"plane_y"`
	SpaceX     [][]float64 `json:"space_x"`
	SpaceY     [][]float64 `json:"space_y"`
	Directions [][]float64

	Mean               float64
	MeanSE             float64 `json:"mean_se"`
	Variance, M22      float64
	Covariance         [][]float64
	KSNormal           float64      `json:"ks_normal"`
	KSMixture          float64      `json:"ks_mixture"`
	KSBetween          float64      `json:"ks_between"`
	Kolmogorov         [][2]float64 // z, P(K >= z)
	KolmogorovQuantile [][2]float64 `json:"kolmogorov_quantile"` // alpha, z
	KSSF               [][3]float64 `json:"ks_sf"`               // n, d, p
	KSCritical         [][3]float64 `json:"ks_critical"`         // n, alpha, d
	W1Between          float64      `json:"w1_between"`
	W1Normal           float64      `json:"w1_normal"`
	W1Mixture          float64      `json:"w1_mixture"`
	W2Squared          float64      `json:"w2_squared"`
	SW2Plane           float64      `json:"sw2_plane"`
	SW2Space           float64      `json:"sw2_space"`
	KSPairs            [][4]float64 `json:"ks_pairs"` // d, n, m, p
	W2Plane            float64      `json:"w2_plane"`
	W2Space            float64      `json:"w2_space"`
	EnergyPlane        float64      `json:"energy_plane"`
	EnergySpace        float64      `json:"energy_space"`
	MedianSpace        float64      `json:"median_space"`
	MMD2Plane          float64      `json:"mmd2_plane"`
	MMD2Space          float64      `json:"mmd2_space"`
	KSD2Plane          float64      `json:"ksd2_plane"`
	KSD2Space          float64      `json:"ksd2_space"`
	C2STPlane          [3]float64   `json:"c2st_plane"` // accuracy, lo, hi
	C2STSpace          [3]float64   `json:"c2st_space"`
	HistogramsPlane    [2]float64   `json:"histograms_plane"` // JS, KL
	HistogramsLine     [2]float64   `json:"histograms_line"`
	Divergences        [2]float64   // KL, JS
	Slope, MSE, PSNR   float64
	SlopeSE            float64 `json:"slope_se"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// near fails the test unless got is want up to tol times the larger of |want| and 1.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.17g, want %.17g within %.1g", what, got, want, tol)
	}
}

// must unwraps a result or panics.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// mixtureCDF is the distribution function of Bimodal, .3 N(-2, .4^2) + .7 N(1, .6^2).
func mixtureCDF(x float64) float64 { return .3*normalCDF((x+2)/.4) + .7*normalCDF((x-1)/.6) }

func TestGoldenMoments(t *testing.T) {
	g := readGolden(t)
	mean := must(Mean(g.X))
	near(t, "mean", mean.Center, g.Mean, 1e-14)
	near(t, "its half-width", mean.Half(), Width*g.MeanSE, 1e-13)
	near(t, "variance", must(Variance(g.X)).Center, g.Variance, 1e-13)
	near(t, "m22", must(M22(must(PointsOf(g.PlaneX)))).Center, g.M22, 1e-13)
	trace := 0.0
	for j, row := range must(Covariance(must(PointsOf(g.SpaceX)))) {
		for k, c := range row {
			near(t, "covariance", c.Center, g.Covariance[j][k], 1e-13)
		}
		trace += g.Covariance[j][j]
	}
	near(t, "trace", must(TraceCovariance(must(PointsOf(g.SpaceX)))).Center, trace, 1e-13)
	slope := must(Slope(g.X[:20], g.Y[:20]))
	near(t, "slope", slope.Center, g.Slope, 1e-13)
	near(t, "its half-width", slope.Half(), Width*g.SlopeSE, 1e-12)
	mse := must(MSE(must(PointsOf(g.PlaneX)), must(PointsOf(g.PlaneY))))
	near(t, "mse", mse.Center, g.MSE, 1e-13)
	near(t, "psnr", must(PSNR(mse, 2)).Center, g.PSNR, 1e-12)
}

func TestGoldenKolmogorov(t *testing.T) {
	g := readGolden(t)
	near(t, "ks", must(KS(g.X, normalCDF)).Center, g.KSNormal, 1e-14)
	near(t, "ks", must(KS(g.X, mixtureCDF)).Center, g.KSMixture, 1e-14)
	near(t, "ks between", must(KSBetween(g.X, g.Y)).Center, g.KSBetween, 1e-14)
	for _, row := range g.Kolmogorov {
		near(t, "tail / scipy's", KolmogorovTail(row[0])/row[1], 1, 1e-12)
	}
	for _, row := range g.KolmogorovQuantile {
		near(t, "quantile", must(KSBetweenCritical(2, 2, row[0])), row[1], 1e-12)
	}
	for _, row := range g.KSSF {
		n, d, want := row[0], row[1], row[2]
		if got := KSPValue(d, int(n)); math.Sqrt(n)*d >= 2 {
			near(t, "p / scipy's", got/want, 1, 1e-9)
		} else {
			near(t, "p", got, want, .1/n)
		}
	}
	for _, row := range g.KSCritical {
		n, alpha, want := row[0], row[1], row[2]
		tol := 1e-9
		if alpha > 7e-4 {
			tol = .05 / n
		}
		near(t, "critical distance", must(KSCritical(int(n), alpha)), want, tol)
	}
}

func TestGoldenWasserstein(t *testing.T) {
	g := readGolden(t)
	near(t, "w1 between", must(W1Between(g.X, g.Y)).Center, g.W1Between, 1e-13)
	near(t, "w1 to normal", must(W1(g.X, normalCDF)).Center, g.W1Normal, 1e-10)
	near(t, "w1 to mixture", must(W1(g.X, mixtureCDF)).Center, g.W1Mixture, 1e-10)
	x, y := must(PointsOf(g.SpaceX)), must(PointsOf(g.SpaceY))
	near(t, "w2", must(SlicedW2(Line(g.X), Line(g.Y), 1)).Center, math.Sqrt(g.W2Squared), 1e-13)
	near(t, "sw2", slicedW2(x, y, g.Directions).Center, g.SW2Space, 1e-13)
	near(t, "sw2", must(SlicedW2(must(PointsOf(g.PlaneX)), must(PointsOf(g.PlaneY)), 64)).Center, g.SW2Plane, 1e-13)
}
