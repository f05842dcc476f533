package diffusion

import (
	"testing"

	"scorelab/lib/backend/backendtest"
)

// TestPredictorCorrectorRecursion checks one step of the predictor and two of the corrector, written out, down a grid.
// On Gaussian data the corrector pulls mean and variance toward those of the level, by 1 - delta/v each time.
func TestPredictorCorrectorRecursion(t *testing.T) {
	b := backendtest.Interpreter(t)
	const snr = .3
	grid := []float64{.8, .6, .45, .3, .2}
	pc := SamplerSpec{Sampler: PredictorCorrector(ReverseEulerMaruyama, 2, snr), Stochastic: true}
	gotM, gotV := affine(t, b, pc, VP{}, grid, .5, 1.2)
	c := coefficients(t, b, VP{}, grid)
	m, v := .5, 1.2
	for i := range len(grid) - 1 {
		em := SamplerSpec{Sampler: OneStep(ReverseEulerMaruyama), Stochastic: true}
		m, v = affine(t, b, em, VP{}, grid[i:i+2], m, v)
		alpha, sigma := c[0][i+1], c[1][i+1]
		mean, variance := alpha*dataMean, alpha*alpha*dataVariance+sigma*sigma
		delta := 2 * snr * snr * sigma * sigma
		for range 2 {
			kept := 1 - delta/variance
			m, v = mean+kept*(m-mean), kept*kept*v+2*delta
		}
	}
	near(t, "mean", snr, gotM, m, 1e-13)
	near(t, "variance", snr, gotV, v, 1e-13)
}

// TestPredictorCorrectorLimit checks that on ever finer grids the scheme does not converge to the distribution of the
// process. It converges to the corrector's own, with order 1.
func TestPredictorCorrectorLimit(t *testing.T) {
	b := backendtest.Interpreter(t)
	const snr, from, to = .4, .9, .3
	c := coefficients(t, b, VP{}, []float64{from, to})
	start, end := c[0][0]*c[0][0]*dataVariance+c[1][0]*c[1][0], c[0][1]*c[0][1]*dataVariance+c[1][1]*c[1][1]
	delta := 2 * snr * snr * c[1][1] * c[1][1]
	limit := end / (1 - delta/(2*end))
	var steps []int
	var errs []float64
	for _, n := range []int{200, 400, 800} {
		grid, err := Uniform(from, to, n)
		if err != nil {
			t.Fatal(err)
		}
		spec := SamplerSpec{Sampler: PredictorCorrector(ReverseEulerMaruyama, 1, snr), Stochastic: true}
		_, v := affine(t, b, spec, VP{}, grid, 0, start)
		steps, errs = append(steps, n), append(errs, v-limit)
		t.Logf("%d steps: variance %.6f, limit %.6f, process %.6f", n, v, limit, end)
	}
	for i := range errs {
		if errs[i] < 0 {
			errs[i] = -errs[i]
		}
	}
	near(t, "order of the approach", snr, -slope(steps, errs), 1, .15)
	if errs[2] > (limit-end)/10 {
		t.Errorf("800 steps are %g from the limit, which is %g from the process", errs[2], limit-end)
	}
}
