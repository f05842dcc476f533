package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestMetricsShifted compares with closed forms: a quantile grid of N(0, I), and the same grid moved by exactly m.
func TestMetricsShifted(t *testing.T) {
	for _, spec := range Metrics {
		if spec.Estimates || spec.Name == "energy" { // of the distributions: see TestMetricsOfDistributions
			continue
		}
		n := 2001
		if spec.EqualSizes {
			n = 301 // cubic time
		}
		grid := make([]float64, n)
		for i := range grid {
			grid[i] = distuv.UnitNormal.Quantile((float64(i) + .5) / float64(n))
		}
		for _, d := range spec.dims() {
			if d > 2 && !spec.EqualSizes { // random directions do not average to the closed form
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
					tol = 1. / float64(n)
				}
				near(t, spec.Name, got.Center, spec.Shifted(m, d), tol)
			}
		}
	}
}

// TestMetricsOfDistributions: the interval of an estimate contains the distance of the distributions, equal or shifted.
// Sliced distances do not account for the bias of finite samples.
func TestMetricsOfDistributions(t *testing.T) {
	for _, spec := range Metrics {
		if spec.Name == "sw2" {
			continue
		}
		for _, d := range spec.dims() {
			for k, m := range []float64{0, -.25, 1, 3} {
				r := rand.New(rand.NewPCG(uint64(d), uint64(k)))
				x, y := normals(r, 400, d), normals(r, 400, d).each(func(v float64) float64 { return v + m })
				got, want := must(spec.Measure(x, y)), spec.Equal
				if m != 0 && spec.Shifted == nil {
					if got.Lo < want && math.Abs(m) > .5 {
						t.Errorf("%s in dimension %d: %+v does not see a shift by %g", spec.Name, d, got, m)
					}
					continue
				}
				if m != 0 {
					want = spec.Shifted(m, d)
				}
				if !(got.Lo <= want && want <= got.Hi) {
					t.Errorf("%s in dimension %d, shift %g: %+v does not hold %g", spec.Name, d, m, got, want)
				}
			}
		}
	}
}
