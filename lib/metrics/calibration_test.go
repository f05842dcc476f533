package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// These tests compare the error estimates with repeated sampling, and the estimators with Monte Carlo values for exact
// samples. Seeds are fixed. Tolerances are 5 standard errors of the repetition.

// cross draws from Cross: half N(0, [[1, .9], [.9, 1]]), half the same with -.9.
func cross(r *rand.Rand, n int) Points {
	p := normals(r, n, 2)
	for i := range n {
		rho := .9
		if r.Uint64()&1 == 0 {
			rho = -rho
		}
		x := p.Row(i)
		x[1] = rho*x[0] + math.Sqrt(1-rho*rho)*x[1]
	}
	return p
}

// mixture draws from Bimodal.
func mixture(r *rand.Rand, n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		if xs[i] = 1 + .6*r.NormFloat64(); r.Float64() < .3 {
			xs[i] = -2 + .4*r.NormFloat64()
		}
	}
	return xs
}

// repeated summarizes many runs of one estimator: the mean and the standard deviation of its centers, and the mean of
// its estimated standard errors.
func repeated(t *testing.T, runs int, run func(r *rand.Rand) (Summary, error)) (mean, sd, claimed float64) {
	t.Helper()
	centers := make([]float64, runs)
	for i := range centers {
		s, err := run(rand.New(rand.NewPCG(7, uint64(i))))
		if err != nil {
			t.Fatal(err)
		}
		centers[i] = s.Center
		claimed += (s.Hi - s.Center) / Width / float64(runs)
	}
	mean, sd = stat.MeanStdDev(centers, nil)
	return mean, sd, claimed
}

func TestErrorsAreCalibrated(t *testing.T) {
	for _, c := range []struct {
		name string
		want float64 // exact
		run  func(r *rand.Rand) (Summary, error)
	}{
		{"mean", 0, func(r *rand.Rand) (Summary, error) { return Mean(normals(r, 50, 1).X) }},
		{"variance", .3*.16 + .7*.36 + .3*.7*9, func(r *rand.Rand) (Summary, error) {
			return Variance(mixture(r, 400))
		}},
		{"m22", 2.62, func(r *rand.Rand) (Summary, error) { return M22(cross(r, 4000)) }},
		{"trace", 2, func(r *rand.Rand) (Summary, error) { return TraceCovariance(cross(r, 100)) }},
		{"covariance", 0, func(r *rand.Rand) (Summary, error) {
			c, err := Covariance(cross(r, 100))
			return c[0][1], err
		}},
		{"slope", 2, func(r *rand.Rand) (Summary, error) {
			x, y := make([]float64, 30), make([]float64, 30)
			for i := range x {
				x[i] = float64(i)
				y[i] = 2*x[i] + r.NormFloat64()
			}
			return Slope(x, y)
		}},
		{"psnr", 10 * math.Log10(4/.01), func(r *rand.Rand) (Summary, error) {
			mse, err := MSE(normals(r, 500, 9).each(func(v float64) float64 { return v / 10 }),
				Points{500, 9, make([]float64, 4500)})
			if err != nil {
				return mse, err
			}
			return PSNR(mse, 2)
		}},
	} {
		const runs = 400
		mean, sd, claimed := repeated(t, runs, c.run)
		if math.Abs(mean-c.want) > 5*sd/math.Sqrt(runs)+1e-3*sd {
			t.Errorf("%s: mean %g, want %g", c.name, mean, c.want)
		}
		if ratio := claimed / sd; math.Abs(ratio-1) > .2 { // 5 standard errors of an sd from 400 runs: 0.18
			t.Errorf("%s: claims standard error %g, repetition shows %g", c.name, claimed, sd)
		}
	}
}

// TestKnownFloors: figures.md, section 2, Monte Carlo floors.
func TestKnownFloors(t *testing.T) {
	for _, c := range []struct {
		name      string
		runs      int
		want, q99 float64
		run       func(r *rand.Rand) (Summary, error)
	}{
		{"sw2 cross 1000", 60, .0907, .1206, func(r *rand.Rand) (Summary, error) {
			return SlicedW2(cross(r, 1000), cross(r, 1000), 64)
		}},
		{"sw2 cross 10000", 6, .0321, .0439, func(r *rand.Rand) (Summary, error) {
			return SlicedW2(cross(r, 10000), cross(r, 10000), 64)
		}},
		{"ks G1 20000", 60, .0060, .0104, func(r *rand.Rand) (Summary, error) {
			return KS(mixture(r, 20000), mixtureCDF)
		}},
		{"w1 G1 20000", 30, .0111, .0237, func(r *rand.Rand) (Summary, error) {
			return W1(mixture(r, 20000), mixtureCDF)
		}},
	} {
		if testing.Short() {
			c.runs = (c.runs + 2) / 3
		}
		mean, sd, claimed := repeated(t, c.runs, c.run)
		if math.Abs(mean-c.want) > 5*sd/math.Sqrt(float64(c.runs))+1e-4 {
			t.Errorf("%s: mean %g, want %g", c.name, mean, c.want)
		}
		if guess := c.want + 2.6*sd; guess > 1.5*c.q99 || guess < .7*c.q99 {
			t.Errorf("%s: mean + 2.6 sd = %g, far from the 99 %% quantile %g", c.name, guess, c.q99)
		}
		t.Logf("%s: mean %.4f sd %.4f claimed %.4f", c.name, mean, sd, claimed)
		if claimed < .8*sd {
			t.Errorf("%s: claims standard error %g, repetition shows %g", c.name, claimed, sd)
		}
	}
}
