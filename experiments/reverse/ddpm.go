package reverse

import (
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var ddpm = suite.Experiment{
	ID:     "ddpm",
	Stream: "E15-ddpm",
	Title:  "The DDPM sampling loop, exactly as printed",
	Question: "Does the sampling loop of document 000, run with the exact noise prediction, sample the data? " +
		"Which variance is right, and should the last step add noise?",
	Sources: []string{"000, section 3.2"},
	Run:     runDdpm,
}

func runDdpm(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes: after 1000 steps, samples of G1 are indistinguishable from exact ones. But " +
		"no variance that depends on t alone is exact for all data. Variance beta is exact for data N(0, I), " +
		"too large for narrower data and too small for wider. The posterior variance is exact for a single " +
		"point and too small for all other data. It is closer than beta only for data with a standard deviation " +
		"below 0.012. Both errors fall like 1/T: data N(0, 0.25) come back with 0.3 % too much variance, or 1.5 " +
		"% too little. The noise of the last step is 0 with the posterior variance. With beta it adds exactly " +
		"beta_1 = 0.0001, and this makes the chain exact for N(0, I)."}
	return kit.InTurn(l, r, ddpmFilm, ddpmRecursion, ddpmLastNoise, ddpmCurves, ddpmSamples)
}

// ddpmFilm samples G1 with the posterior variance, tests the end of the chain, and draws it.
func ddpmFilm(l *suite.Lab, r *suite.Report) error {
	vp, grid, err := kit.DDPMChain()
	if err != nil {
		return err
	}
	g1 := density.Bimodal()
	start, err := kit.FromPrior(l, g1, "film start", l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	const between = 5 // steps between two points of a path
	var stops []int
	for i := between; i <= kit.DDPMSteps; i += between {
		stops = append(stops, i)
	}
	plan := diffusion.Plan{Build: g1.Build(vp), Sampler: diffusion.Ancestral(diffusion.PosteriorVariance), Grid: grid,
		Noise: l.Key("film")}
	var times []float64
	var clouds [][]float64
	for s, err := range plan.Trace(l.Backend, start, stops...) {
		if err != nil {
			return err
		}
		times, clouds = append(times, s.Time), append(clouds, kit.Points(s.X).X)
	}
	if err := g1Checks(r, clouds[len(clouds)-1], "posterior variance"); err != nil {
		return err
	}
	densities, err := kit.LineDensities(l, g1, vp, filmLine, times...)
	if err != nil {
		return err
	}
	film, err := kit.GIF("sampling", "The sampling loop of document 000 with the exact noise prediction of G1 "+
		"and the posterior variance. Left: the histogram of the samples follows the exact density of each step. "+
		"Right: the exact density at every step (shaded), and six of the samples.", ancestralFrames(times, clouds,
		densities))
	r.Figures = append(r.Figures, film)
	if err != nil {
		return err
	}
	return l.Progress(.4, "recursions")
}

// ddpmRecursion compares the steps of the sampler, each and composed, with the formulas of the document.
func ddpmRecursion(l *suite.Lab, r *suite.Report) error {
	var worst recursionError
	for _, c := range []struct {
		name     string
		variance diffusion.ReverseVariance
		ends     map[float64]float64 // catalogue, row 30
	}{
		{"posterior variance", diffusion.PosteriorVariance, map[float64]float64{.25: .24612521, 4: 3.97477657}},
		{"variance beta, no noise in the last step", diffusion.KernelVarianceQuietEnd,
			map[float64]float64{.25: .25075208, 4: 3.99056929}},
		{"variance beta", diffusion.KernelVariance, map[float64]float64{.25: .25075208 + kit.DDPMLow, 4: 3.99056929 +
			kit.DDPMLow}},
	} {
		for _, variance := range []float64{.25, 4} {
			end, err := worst.compare(l, c.variance, variance)
			if err != nil {
				return err
			}
			r.Add(suite.Equals{Claim: claims.D000ReverseVariance, Metric: fmt.Sprintf("variance after 1000 steps, "+
				"N(0, %g) data, %s", variance, c.name), Got: end, Want: c.ends[variance], Tol: 1e-8,
				Why: "eight decimals of an independent computation, testdata/ddpm.py", Shows: suite.Qualified})
		}
	}
	r.Add(
		suite.Below{Claim: claims.D000DDPMStep, Metric: "largest difference of the sampler's mu and sigma from Ho's " +
			"formulas, over all steps", Got: worst.step, Bound: 1e-12, Why: kit.WhyRounding},
		suite.Below{Claim: claims.D000DDPMStep, Metric: "largest difference of the variance after 1000 steps, " +
			"composed of the sampler's own, from the recursion by hand", Got: worst.end, Bound: 1e-12,
			Why: kit.WhyRounding})
	return nil
}

// recursionError is the largest difference between sampler and formulas: in a step, and in the variance at the end.
type recursionError struct{ step, end float64 }

// compare takes data N(0, variance) through the steps of the sampler and through the formulas. It returns the
// variance at the end.
func (worst *recursionError) compare(l *suite.Lab, v diffusion.ReverseVariance, variance float64) (float64, error) {
	vp, grid, err := kit.DDPMChain()
	if err != nil {
		return 0, err
	}
	var spans [][]float64 // every step a grid of its own
	for i := range kit.DDPMSteps {
		spans = append(spans, grid[i:i+2])
	}
	steps, err := affine.Over(l.Backend, diffusion.Ancestral(v), kit.NormalModel(vp, variance), spans...)
	if err != nil {
		return 0, err
	}
	path, end := kit.DDPMPath(), 1.
	for i, step := range steps {
		want := kit.ReverseStep(variance, path[i], path[i+1], v)
		worst.step = max(worst.step, math.Abs(step.Gain-want.Gain), math.Abs(step.Noise-want.Noise),
			math.Abs(step.Shift))
		end = step.Variance(end)
	}
	worst.end = max(worst.end, math.Abs(end-kit.AncestralVariance(variance, path, v)))
	return end, nil
}

// ddpmLastNoise measures the variance that the noise of the last step adds.
func ddpmLastNoise(l *suite.Lab, r *suite.Report) error {
	path := kit.DDPMPath()
	end := func(data float64, v diffusion.ReverseVariance) float64 { return kit.AncestralVariance(data, path, v) }
	last := kit.ReverseStep(.25, path[kit.DDPMSteps-1], path[kit.DDPMSteps], diffusion.PosteriorVariance)
	r.Add(
		suite.Equals{Claim: claims.D000LastNoise, Metric: "variance that the last step's noise adds, posterior " +
			"variance", Got: last.Noise * last.Noise, Want: 0, Tol: 0, Why: "sigma_1 = 0 exactly"},
		suite.Equals{Claim: claims.D000LastNoise, Metric: "variance that the last step's noise adds, variance beta, " +
			"N(0, 0.25) data", Got: end(.25, diffusion.KernelVariance) - end(.25, diffusion.KernelVarianceQuietEnd),
			Want: kit.DDPMLow, Tol: 1e-15, Why: "beta_1; " + kit.WhyRounding, Shows: suite.Qualified},
		suite.Equals{Claim: claims.D000LastNoise, Metric: "variance after 1000 steps, variance beta, N(0, 1) data: " +
			"exact with the last noise", Got: end(1, diffusion.KernelVariance), Want: 1, Tol: 1e-12,
			Why: "in closed form; " + kit.WhyRounding},
		suite.Equals{Claim: claims.D000LastNoise, Metric: "variance after 1000 steps, variance beta, no noise in the " +
			"last step, N(0, 1) data", Got: end(1, diffusion.KernelVarianceQuietEnd), Want: 1 - kit.DDPMLow, Tol: 1e-12,
			Why: "1 - beta_1; " + kit.WhyRounding})
	return l.Progress(.5, "which variance for which data")
}

// ddpmCurves measures the variance of the samples against that of the data, and against the number of steps.
func ddpmCurves(_ *suite.Lab, r *suite.Report) error {
	var spectrum []float64
	for u := -6.; u <= 1.0001; u += .02 {
		spectrum = append(spectrum, math.Pow(10, u))
	}
	curves := make([]varianceCurve, len(kit.DDPMVariances))
	for k, kind := range kit.DDPMVariances {
		c := varianceCurve{kind: k, data: spectrum, bias: kit.Map(spectrum, func(s float64) float64 {
			return kit.AncestralVariance(s, kit.DDPMPath(), kind.Variance) - s
		})}
		if err := c.againstSteps(r); err != nil {
			return err
		}
		curves[k] = c
	}
	varianceLimits(r, slices.Max(curves[1].bias))
	f, err := varianceFigure(curves)
	r.Figures = append(r.Figures, f)
	r.Tables = append(r.Tables, suite.Table{Name: "variances", Caption: "Variance of the samples after 1000 " +
		"steps, minus the variance s^2 of the data N(0, s^2), for the two reverse variances",
		Header: []string{"s^2", kit.DDPMVariances[0].Name, kit.DDPMVariances[1].Name},
		Rows:   kit.Rows(spectrum, curves[0].bias, curves[1].bias)})
	return err
}

// varianceCurve is the error in the variance of the samples by one of kit.DDPMVariances. It is bias against the
// variance of the data after 1000 steps, and error against the number of steps for N(0, 0.25).
type varianceCurve struct {
	kind         int
	data, bias   []float64
	steps, error []float64
}

// againstSteps measures shorter chains, and the order of the error in their steps.
func (c *varianceCurve) againstSteps(r *suite.Report) error {
	path, kind := kit.DDPMPath(), kit.DDPMVariances[c.kind]
	for _, n := range []int{10, 20, 50, 100, 200, 500, 1000} {
		grid, err := diffusion.Trailing(kit.DDPMSteps, n)
		if err != nil {
			return err
		}
		strided := kit.Map(grid, func(t float64) kit.NoiseAt { return path[kit.DDPMSteps-int(t)] })
		c.steps = append(c.steps, float64(n))
		c.error = append(c.error, math.Abs(kit.AncestralVariance(.25, strided, kind.Variance)-.25))
	}
	slope, err := metrics.LogSlope(c.steps[4:], c.error[4:])
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D000ReverseVariance, Metric: "power of 1/T in the error of the variance of " +
		"N(0, 0.25) from 200 to 1000 of the steps, " + kind.Name, Got: -slope.Center, Want: 1, Tol: .1,
		Why:   "order 1; the next order bends it by as much as the relative error, 0.07 at 200 steps",
		Shows: suite.Qualified})
	return nil
}

// varianceLimits finds the data for which the posterior variance is right, and those for which it is closer than
// beta.
func varianceLimits(r *suite.Report, largest float64) {
	path := kit.DDPMPath()
	// A point is data of no variance; its chain ends with less than it has.
	const point = 1e-12
	r.Add(
		suite.Below{Claim: claims.D000ReverseVariance, Metric: "variance of the samples of a single point, posterior " +
			"variance", Got: kit.AncestralVariance(point, path, diffusion.PosteriorVariance), Bound: point,
			Why: "the point has variance 1e-12, and the chain less", Shows: suite.Qualified},
		suite.Below{Claim: claims.D000ReverseVariance, Metric: "largest excess of the samples' variance, posterior " +
			"variance, s^2 from 1e-6 to 10", Got: max(0, largest), Bound: 0,
			Why: "every step has less variance than the process's own reversal", Shows: suite.Qualified})
	// Bisection for the data where both errors are equal.
	narrow, wide := 1e-5, 1e-3
	off := func(s float64, v diffusion.ReverseVariance) float64 {
		return math.Abs(kit.AncestralVariance(s, path, v) - s)
	}
	for wide-narrow > 1e-12 {
		middle := (narrow + wide) / 2
		if off(middle, diffusion.PosteriorVariance) < off(middle, diffusion.KernelVariance) {
			narrow = middle
		} else {
			wide = middle
		}
	}
	r.Add(suite.Equals{Claim: claims.D000ReverseVariance, Metric: "s^2 below which the posterior variance comes " +
		"closer to it than beta", Got: narrow, Want: .0001365021, Tol: 1e-9,
		Why: "seven digits of an independent computation, testdata/ddpm.py", Shows: suite.Qualified})
}

// ddpmSamples runs the chain on two Gaussians at once, and on G1 with variance beta; ddpmFilm runs G1 with the
// posterior variance.
func ddpmSamples(l *suite.Lab, r *suite.Report) error {
	vp, grid, err := kit.DDPMChain()
	if err != nil {
		return err
	}
	spectrum := []float64{.25, 4}
	both, err := density.NewMixture("two Gaussians", density.Component{Weight: 1, Mean: []float64{0, 0},
		Cov: [][]float64{{spectrum[0], 0}, {0, spectrum[1]}}})
	if err != nil {
		return err
	}
	run := func(m *density.Mixture, v diffusion.ReverseVariance, n int, purpose string) (metrics.Points, error) {
		start, err := kit.FromPrior(l, m, purpose+" start", n)
		if err != nil {
			return metrics.Points{}, err
		}
		end, err := diffusion.Plan{Build: m.Build(vp), Sampler: diffusion.Ancestral(v), Grid: grid,
			Noise: l.Key(purpose)}.Run(l.Backend, start)
		if err != nil {
			return metrics.Points{}, err
		}
		return kit.Points(end), nil
	}
	for k, kind := range kit.DDPMVariances {
		end, err := run(both, kind.Variance, l.Size(5_000, 200_000), kind.Name+", Gaussians")
		if err != nil {
			return err
		}
		for i, variance := range spectrum {
			got, err := metrics.Variance(end.Col(i))
			if err != nil {
				return err
			}
			r.Add(suite.Near{Claim: claims.D000DDPMSampling,
				Metric: fmt.Sprintf("variance of samples of N(0, %g), %s", variance, kind.Name),
				Got:    got, Want: kit.AncestralVariance(variance, kit.DDPMPath(), kind.Variance),
				Why: kit.WhySE + "; exact by recursion"})
		}
		if err := l.Progress(.6+.15*float64(k), "samples"); err != nil {
			return err
		}
	}
	end, err := run(density.Bimodal(), diffusion.KernelVariance, l.Size(20_000, 200_000), "variance beta, G1")
	if err != nil {
		return err
	}
	return g1Checks(r, end.X, "variance beta")
}

// g1Checks compares samples of the whole chain with G1. The bias of the chain, by the recursion in each of the two
// Gaussians, is at most 1.2 % of their standard deviations of 0.6 and 0.4.
func g1Checks(r *suite.Report, xs []float64, kind string) error {
	g1 := density.Bimodal()
	ks, err := kit.KSCheck(claims.D000DDPMSampling, "KS distance of the samples to G1, "+kind, xs, g1.CDF, .003,
		"; the chain's bias, 1.2 % of a standard deviation, moves a distribution function by up to 0.003")
	if err != nil {
		return err
	}
	w1, err := metrics.W1(xs, g1.CDF)
	if err != nil {
		return err
	}
	n := float64(len(xs))
	limit := .0111*math.Sqrt(2e4/n) + metrics.Width*math.Sqrt(g1.Covariance()[0][0]/n) + .012*.8*.6
	r.Add(ks, suite.Between{Claim: claims.D000DDPMSampling, Metric: "W1 distance of the samples to G1, " + kind,
		Got: w1, Lo: 0, Hi: limit, Alpha: metrics.Miss,
		Why: "mean of as many exact samples, plus 5 standard errors and the bias of the chain, 1.2 % of E|x| in a " +
			"Gaussian"})
	return nil
}
