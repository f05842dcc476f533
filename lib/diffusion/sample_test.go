package diffusion

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/stat"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestSample checks that samples begin as N(0, sigma^2 I) and end with the mean and variance of the data. Samples
// depend on their index alone: parts drawn separately equal the whole. Images and a single sample are drawn too.
func TestSample(t *testing.T) {
	const n = 4000
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid, err := Uniform(1, 1e-3, 60)
		if err != nil {
			t.Fatal(err)
		}
		plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DDIM(0), Grid: grid,
			Noise: random.NewKey(4, "own")}
		whole, err := plan.Sample(b, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean, variance := stat.MeanVariance(numbers(whole), nil)
		if se := math.Sqrt(dataVariance / n); math.Abs(mean-dataMean) > 5*se+.01 { // .01: 60 steps of order 1
			t.Errorf("mean %g, want %g", mean, dataMean)
		}
		if se := dataVariance * math.Sqrt(2./n); math.Abs(variance-dataVariance) > 5*se+.02 {
			t.Errorf("variance %g, want %g", variance, dataVariance)
		}
		plan.First = n - 3
		tail, err := plan.Sample(b, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range numbers(tail) {
			if want := numbers(whole)[n-3+i]; math.Abs(v-want) > 1e-12 {
				t.Errorf("sample %d is %g alone and %g in the whole", n-3+i, v, want)
			}
		}
		plan.First, plan.Build = 0, gaussian(VE{SigmaMin: .01, SigmaMax: 50}, dataMean, dataVariance)
		start, err := plan.Start(b, 500, 2, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if sd := stat.StdDev(numbers(start), nil); math.Abs(sd-50) > 5*50/math.Sqrt(2*3000) {
			t.Errorf("starts of VE have the standard deviation %g, want 50", sd)
		}
	})
}

func TestSampleRefuses(t *testing.T) {
	b := backendtest.Interpreter(t)
	good := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DDIM(0), Grid: []float64{1, .5, .1}}
	for want, c := range map[string]struct {
		change func(p *Plan)
		n      int
		shape  []int
	}{
		"0 samples of shape [2]; give one or more":   {func(*Plan) {}, 0, []int{2}},
		"3 samples of shape []; give one or more":    {func(*Plan) {}, 3, nil},
		"3 samples of shape [2 0]":                   {func(*Plan) {}, 3, []int{2, 0}},
		"a plan needs Build":                         {func(p *Plan) { p.Build = nil }, 3, []int{2}},
		"the grid must fall, not rise from 0.1 to 1": {func(p *Plan) { p.Grid = []float64{.1, 1} }, 3, []int{2}},
		"the start at t = 1: linear schedule: beta runs from -1 to 20": {func(p *Plan) {
			p.Build = gaussian(VP{LinearBeta{-1, 20}}, 0, 1)
		}, 3, []int{2}},
	} {
		plan := good
		c.change(&plan)
		if _, err := plan.Sample(b, c.n, c.shape...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
