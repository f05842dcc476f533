package diffusion

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
)

// TestCoefficientsAt checks the coefficients of the Ornstein-Uhlenbeck process, which are known by hand, on each of
// several grids.
func TestCoefficientsAt(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		r, err := CoefficientsAt(b, OU{}, []float64{.5}, []float64{1, 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(r) != 2 || len(r[0].Alpha) != 1 || len(r[1].G2) != 2 {
			t.Fatalf("%+v", r)
		}
		for _, r := range r {
			for k, at := range r.T {
				alpha, variance := math.Exp(-at), -math.Expm1(-2*at)
				near(t, "alpha", at, r.Alpha[k], alpha, 1e-15)
				near(t, "sigma", at, r.Sigma[k], math.Sqrt(variance), 1e-15)
				near(t, "f", at, r.F[k], -1, 1e-15)
				near(t, "g^2", at, r.G2[k], 2, 1e-15)
				near(t, "sigma/alpha", at, r.Ratio()[k], math.Sqrt(variance)/alpha, 1e-14)
				near(t, "speed of log SNR", at, r.LogSNRSpeed(k), -2/variance, 1e-14)
			}
		}
		alpha, sigma, err := PathAt(b, OU{}, 2)
		if err != nil || alpha != r[1].Alpha[1] || sigma != r[1].Sigma[1] {
			t.Errorf("at one time %g, %g, among others %g, %g; %v", alpha, sigma, r[1].Alpha[1], r[1].Sigma[1], err)
		}
	})
}

// TestAtRatios checks that AtRatios inverts sigma/alpha.
func TestAtRatios(t *testing.T) {
	b := backendtest.Default(t)
	levels := []float64{3, 1, .2}
	times, err := AtRatios(b, OU{}, levels)
	if err != nil {
		t.Fatal(err)
	}
	for k, level := range levels { // sigma^2/alpha^2 = exp(2t) - 1
		near(t, "time", level, times[k], math.Log1p(level*level)/2, 1e-12)
	}
	if _, err := AtRatios(b, OU{}, []float64{1, 2}); err == nil {
		t.Error("levels that rise pass")
	}
}

func TestEvaluate(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		got, err := exec.Evaluate(b, func(in []*Node) []*Node { return []*Node{Add(in[0], in[0]), Neg(in[1])} },
			[][]float32{{1.5, 2}, {3, 4}}, int32(7))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{3, 4, 6, 8} {
			near(t, "doubled", float64(i), got[0][i], want, 0)
		}
		near(t, "negative", 0, got[1][0], -7, 0)
		_, err = exec.Evaluate(b, func(in []*Node) []*Node { return []*Node{Add(in[0], in[1])} }, []float64{1, 2},
			[]float64{1, 2, 3})
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("shapes that do not fit: %v", err)
		}
	})
}
