package diffusion_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

// TestAdaptiveErrorOnAMixture checks the error against an exact solution, at tolerances of 1e-3 .. 1e-10. In one
// dimension the probability flow keeps every sample at its quantile, whatever the data.
func TestAdaptiveErrorOnAMixture(t *testing.T) {
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	g1 := density.Bimodal()
	at := func(t float64) *density.Mixture {
		alpha2 := math.Exp(-(.1*t + 19.9*t*t/2))
		dist, err := g1.Noised(math.Sqrt(alpha2), math.Sqrt(1-alpha2))
		if err != nil {
			panic(err)
		}
		return dist
	}
	const from, to = 1, .001
	start := make([]float64, 13)
	for i := range start {
		start[i] = -3 + .5*float64(i)
	}
	for _, tol := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10} {
		plan := diffusion.Plan{Build: g1.Build(diffusion.VP{}), Sampler: diffusion.DormandPrince{RTol: tol},
			Grid: []float64{from, to}}
		end, err := plan.Run(b, tensors.FromFlatDataAndDimensions(start, len(start), 1))
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.
		for i, x := range tensors.MustCopyFlatData[float64](end) {
			worst = math.Max(worst, math.Abs(at(to).CDF(x)-at(from).CDF(start[i])))
		}
		t.Logf("tolerance %.0e: quantiles off by %.1e", tol, worst)
		// Between the modes the flow separates neighbors, and with them errors, by the ratio of the densities, about
		// 30.
		if !(worst < 100*tol) {
			t.Errorf("tolerance %.0e: quantiles off by %.1e", tol, worst)
		}
	}
}
