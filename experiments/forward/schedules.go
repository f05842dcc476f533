package forward

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var schedules = suite.Experiment{
	ID:     "schedules",
	Stream: "E08-schedules",
	Title:  "One probability path at many speeds",
	Question: "Does a noise schedule change which distributions the data passes through, or only when, and what does " +
		"that change for sampling?",
	Sources: []string{"001, Finite time & the schedule", "000, section 3.1", "002, section 5",
		"004, Why is this viewpoint useful?"},
	Run: runSchedules,
}

func runSchedules(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Only when. At an equal ratio sigma/alpha of noise to signal, all variance-preserving " +
		"schedules give the same distribution and, per unit of log SNR, the same SDE, to rounding. Sub-VP, VE and " +
		"the linear flow follow other paths, but these differ by a rescaling of x only. A schedule decides where a " +
		"finite number of steps falls, and so their error: 20 DDIM steps equal in time make the standard deviation " +
		"of N(0, 0.25) 5 % to 26 % too small. In steps equal in log SNR all schedules agree, at 6 %."}
	clocks, err := readClocks(l)
	if err != nil {
		return nil, err
	}
	for i, part := range []func(*suite.Lab, *suite.Report, []clock) error{onePath, finiteTime, otherPaths,
		compareParticles, goldenTables, tableLimits, ddimErrors, scheduleFigures} {
		if err := part(l, r, clocks); err != nil {
			return nil, err
		}
		if err := l.Progress(float64(i+1)/8, "schedules"); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// cdfPoints are where distribution functions are compared.
var cdfPoints = func() (xs []float64) {
	for i := -800; i <= 800; i++ {
		xs = append(xs, float64(i)/100)
	}
	return xs
}()

// cdfGap is the largest difference between two distribution functions on cdfPoints, with the argument of the first
// scaled by a factor.
func cdfGap(p *density.Mixture, stretch float64, q *density.Mixture) float64 {
	return kit.LargestAbs(kit.Map(cdfPoints, func(x float64) float64 { return p.CDF(stretch*x) - q.CDF(x) }))
}

// onePath checks that all schedules give the same distribution and the same SDE at equal noise.
func onePath(_ *suite.Lab, r *suite.Report, clocks []clock) error {
	const whyInverse = "rounding in float64: a time is found to one unit in its last place, and near the end of a " +
		"schedule the path moves 200 times as fast as the time"
	g1 := density.Bimodal()
	table := suite.Table{Name: "clocks", Caption: "Time at which each schedule reaches a noise level sigma/alpha",
		Header: []string{"schedule"}}
	const every = 5
	for k := 0; k <= evenSteps; k += every {
		table.Header = append(table.Header, fmt.Sprintf("%.3g", noiseToSignal[k]))
	}
	for i, c := range clocks {
		var coefficients, drifts, marginals, ou []float64
		row := []any{c.name}
		for k, level := range noiseToSignal {
			at := c.even
			alpha := 1 / math.Hypot(1, level)
			sigma := level * alpha
			coefficients = append(coefficients, at.Alpha[k]/alpha-1, at.Sigma[k]/sigma-1)
			drifts = append(drifts, at.F[k]/at.LogSNRSpeed(k)/(sigma*sigma/2)-1)
			ou = append(ou, -math.Log(at.Alpha[k])-clocks[ouClock].even.T[k])
			noised, err := g1.Noised(at.Alpha[k], at.Sigma[k])
			if err != nil {
				return err
			}
			reference, err := g1.Noised(alpha, sigma)
			if err != nil {
				return err
			}
			marginals = append(marginals, cdfGap(noised, 1, reference))
			if k%every == 0 {
				row = append(row, at.T[k])
			}
		}
		r.Add(
			suite.Below{Claim: claims.D001SpeedNotPath, Metric: "distance of G1's distribution functions at equal " +
				"noise, " + c.name, Got: kit.LargestAbs(marginals), Bound: 1e-12, Why: whyInverse},
			suite.Below{Claim: claims.D001SpeedNotPath, Metric: "relative error of alpha and sigma at equal noise, " +
				c.name, Got: kit.LargestAbs(coefficients), Bound: 1e-12, Why: whyInverse},
			suite.Below{Claim: claims.D001SpeedNotPath, Metric: "relative error of the SDE's drift for a unit of log " +
				"SNR, " + c.name, Got: kit.LargestAbs(drifts), Bound: 1e-12,
				Why: whyInverse + "; sigma^2/2, by hand; the squared diffusion per unit of log SNR is sigma^2 on " +
					"any path"})
		if i != ouClock {
			r.Add(suite.Below{Claim: claims.D001OtherSchedules, Metric: "half the integral of the rate minus the " +
				"Ornstein-Uhlenbeck process's time, " + c.name, Got: kit.LargestAbs(ou), Bound: 1e-12, Why: whyInverse})
		}
		table.Rows = append(table.Rows, row)
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// finiteTime compares the time t' = 1 - exp(-t) of document 001 with the process in t.
func finiteTime(l *suite.Lab, r *suite.Report, _ []clock) error {
	news := []float64{.01, .1, .3, .5, .7, .9, .99}
	olds := kit.Map(news, func(t float64) float64 { return -math.Log1p(-t) })
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		slow, fast := diffusion.OU{}.At(in[0]), diffusion.VP{Schedule: diffusion.Exponential{}}.At(in[1])
		f, g2 := slow.Rates()
		quickF, quickG2 := fast.Rates()
		stretch := Exp(in[0]) // dt/dt'
		return []*Node{
			Sub(fast.Alpha, OneMinus(in[1])), Sub(Square(fast.Sigma), OneMinus(Square(OneMinus(in[1])))),
			Sub(fast.Alpha, slow.Alpha), Sub(fast.Sigma, slow.Sigma),
			Sub(Div(quickF, Mul(f, stretch)), OnesLike(f)), Sub(Div(quickG2, Mul(g2, stretch)), OnesLike(f)),
			Mul(quickF, OneMinus(in[1])),
		}
	}, olds, news)
	if err != nil {
		return err
	}
	const claim = claims.D001FiniteTime
	rate := kit.Map(out[6], func(v float64) float64 { return v + 1 })
	r.Add(
		suite.Below{Claim: claim, Metric: "mean factor minus 1 - t'", Got: kit.LargestAbs(out[0]), Bound: 1e-15,
			Why: kit.WhyRounding},
		suite.Below{Claim: claim, Metric: "variance of the noise minus 1 - (1 - t')^2",
			Got: kit.LargestAbs(out[1]), Bound: 1e-15, Why: kit.WhyRounding},
		suite.Below{Claim: claim, Metric: "alpha and sigma in t' minus those in t",
			Got: math.Max(kit.LargestAbs(out[2]), kit.LargestAbs(out[3])), Bound: 1e-15, Why: kit.WhyRounding},
		suite.Below{Claim: claim, Metric: "drift in t' times 1 - t', plus 1: the rate is infinite at t' = 1, so that " +
			"a run has to end before", Got: kit.LargestAbs(rate), Bound: 1e-14,
			Why: kit.WhyRounding, Shows: suite.Qualified},
		suite.Below{Claim: claims.D001ScheduleFactor, Metric: "rates in t' over exp(t) times the rates in t, minus 1",
			Got: math.Max(kit.LargestAbs(out[4]), kit.LargestAbs(out[5])), Bound: 1e-13,
			Why: kit.WhyRounding + "; 1 - t' has lost two digits at t' = 0.99"})
	return nil
}

// otherPaths checks that sub-VP, VE and the flow pass through other distributions, which agree after rescaling.
func otherPaths(l *suite.Lab, r *suite.Report, clocks []clock) error {
	const why = "an independent computation at the same points; the noise levels are met to rounding"
	g1 := density.Bimodal()
	for _, path := range []struct {
		name    string
		process diffusion.Process
		apart   float64
	}{{"sub-VP", diffusion.SubVP{}, .059069674754}, {"VE", diffusion.VE{}, .426851263647},
		{"flow", diffusion.Linear{}, .129064558611}} {
		times, err := diffusion.AtRatios(l.Backend, path.process, noiseToSignal)
		if err != nil {
			return err
		}
		read, err := diffusion.CoefficientsAt(l.Backend, path.process, times)
		if err != nil {
			return err
		}
		at := read[0]
		var apart, rescaled []float64
		for k := range noiseToSignal {
			here, err := g1.Noised(at.Alpha[k], at.Sigma[k])
			if err != nil {
				return err
			}
			ou := clocks[ouClock].even
			vp, err := g1.Noised(ou.Alpha[k], ou.Sigma[k])
			if err != nil {
				return err
			}
			apart = append(apart, cdfGap(here, 1, vp))
			rescaled = append(rescaled, cdfGap(here, at.Alpha[k]/ou.Alpha[k], vp))
		}
		r.Add(
			suite.Equals{Claim: claims.D001SpeedNotPath, Metric: "largest distance of G1's distribution functions at " +
				"equal sigma/alpha, " + path.name + " to VP: another path",
				Got: kit.LargestAbs(apart), Want: path.apart, Tol: 1e-10, Why: why},
			suite.Below{Claim: claims.D001SpeedNotPath, Metric: "distance of the distribution functions of x/alpha " +
				"at equal sigma/alpha, " + path.name + " to VP", Got: kit.LargestAbs(rescaled), Bound: 1e-12,
				Why: kit.WhyRounding})
	}
	return nil
}

// compareParticles simulates the forward SDE of G1 under every schedule until sigma = alpha, and compares the samples.
func compareParticles(l *suite.Lab, r *suite.Report, clocks []clock) error {
	n, g1 := l.Size(20_000, 200_000), density.Bimodal()
	critical, err := metrics.KSBetweenCritical(n, n, 1e-6)
	if err != nil {
		return err
	}
	data, err := g1.Sample(l.Backend, l.Key("race data"), n*len(clocks))
	if err != nil {
		return err
	}
	all := kit.Points(data).X
	var first []float64
	var firstChain *density.Mixture
	for i, c := range clocks {
		start := tensors.FromFlatDataAndDimensions(all[i*n:(i+1)*n], n, 1)
		end, err := diffusion.Plan{Build: g1.Build(c.process), Sampler: diffusion.OneStep(diffusion.EulerMaruyama),
			Grid: c.race.T, Noise: l.Key("race, " + c.name)}.Run(l.Backend, start)
		if err != nil {
			return err
		}
		xs, chain := kit.Points(end).X, affine.Map{Gain: 1}
		for k := range compareSteps {
			h := c.race.T[k+1] - c.race.T[k]
			chain = chain.Then(affine.Map{Gain: 1 + c.race.F[k]*h, Noise: math.Sqrt(c.race.G2[k] * h)})
		}
		reached, err := g1.Noised(chain.Gain, chain.Noise)
		if err != nil {
			return err
		}
		if i == ouClock {
			first, firstChain = xs, reached
			continue
		}
		ks, err := metrics.KSBetween(first, xs)
		if err != nil {
			return err
		}
		r.Add(suite.Between{Claim: claims.D001SpeedNotPath, Metric: "two-sample KS distance at sigma = alpha, 200 " +
			"steps of Euler-Maruyama, " + c.name + " to Ornstein-Uhlenbeck", Got: ks,
			Lo: .27 * math.Sqrt(2/float64(n)), Hi: critical + cdfGap(reached, 1, firstChain), Alpha: 2e-6,
			Why: "Kolmogorov distribution at alpha = 1e-6 on either side, plus the exact distance of the two " +
				"discrete chains after 200 steps"})
	}
	return nil
}
