package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

const (
	planeCells = 161
	planeStep  = .0025 // below the step up to which Crank-Nicolson is positive here
	chainStep  = .005
	planeLook  = .05 // between two comparisons of equation and particles
	planeEnd   = 1.5
)

// planeRun is Langevin dynamics on the cross from N(0, I), at times planeLook apart: by the equation and by
// particles.
type planeRun struct {
	plane     fokkerplanck.Plane
	target    []float64
	times     []float64
	densities [][]float64
	clouds    []metrics.Points
	solved    []float64 // E[x1^2 x2^2] of the equation
	sampled   []metrics.Summary
}

// planeLangevin repeats the middle of 001's third figure: particles, and the equation that their density obeys.
func planeLangevin(l *suite.Lab, r *suite.Report) error {
	run := planeRun{plane: kit.SquareGrid(planeCells)}
	if err := run.particles(l); err != nil {
		return err
	}
	if err := run.solve(l, r); err != nil {
		return err
	}
	claim := claims.D001ParticlesAreTheSolution
	n := run.clouds[0].N
	for _, t := range []float64{.1, .5, planeEnd} {
		k := int(math.Round(t / planeLook))
		diagonal, err := diagonalMarginal(run.plane, run.densities[k])
		if err != nil {
			return err
		}
		ks, err := kit.KSCheck(claim, fmt.Sprintf("Langevin dynamics on the cross: KS distance of particles to the "+
			"solution along the diagonal at t = %g", t),
			run.clouds[k].Along(1/math.Sqrt2, 1/math.Sqrt2), diagonal, .003,
			"; slack 0.003: the step makes the narrow component 1.25 % too wide, which moves KS by 0.0015, and the "+
				"cells as much")
		if err != nil {
			return err
		}
		half := metrics.Width * math.Sqrt(76.202/float64(n))
		r.Add(ks,
			suite.Between{Claim: claim, Metric: fmt.Sprintf("Langevin dynamics on the cross: E[x1^2 x2^2] of "+
				"particles at t = %g", t), Got: run.sampled[k], Lo: run.solved[k] - half, Hi: run.solved[k] + half,
				Alpha: metrics.Miss,
				Why: "5 standard errors of x1^2 x2^2, whose variance under the cross is 76.2, about the equation's " +
					"value"})
	}
	table := suite.Table{Name: "langevin", Caption: "E[x1^2 x2^2] under Langevin dynamics on the cross (target " +
		"2.62): by the equation, and of particles", Header: []string{"t", "equation", "particles", "lo", "hi"},
		Rows: kit.Rows(run.times, run.solved, kit.Centers(run.sampled), kit.Lows(run.sampled), kit.Highs(run.sampled))}
	r.Tables = append(r.Tables, table)
	return run.draw(l, r)
}

// particles runs the unadjusted chain.
func (run *planeRun) particles(l *suite.Lab) error {
	start, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("plane"), l.Size(10_000, 100_000))
	if err != nil {
		return err
	}
	grid, err := diffusion.Uniform(0, planeEnd, int(math.Round(planeEnd/chainStep)))
	if err != nil {
		return err
	}
	var stops []int
	for t := planeLook; t < planeEnd+planeLook/2; t += planeLook {
		stops = append(stops, int(math.Round(t/chainStep)))
	}
	plan := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.Langevin),
		Grid:  grid,
		Noise: l.Key("chain")}
	for s, err := range plan.Trace(l.Backend, start, stops...) {
		if err != nil {
			return err
		}
		p := kit.Points(s.X)
		m22, err := metrics.M22(p)
		if err != nil {
			return err
		}
		run.times, run.clouds, run.sampled = append(run.times, s.Time), append(run.clouds, p), append(run.sampled, m22)
		if err := l.Progress(.4+.2*s.Time/planeEnd, "particles in the plane"); err != nil {
			return err
		}
	}
	return nil
}

// solve runs the equation to the particles' times, and checks what it must keep.
func (run *planeRun) solve(l *suite.Lab, r *suite.Report) error {
	targets, err := kit.PlaneDensities(l, density.Cross(), run.plane, 0)
	if err != nil {
		return err
	}
	run.target = targets[0]
	g, err := fokkerplanck.PlaneFromPotential(run.plane, kit.Map(run.target, func(q float64) float64 {
		return -math.Log(q)
	}), 1)
	if err != nil {
		return err
	}
	change, err := g.Apply(run.target)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D004UniqueInvariantLaw, Metric: "largest |dp/dt| at p = the cross",
		Got: kit.LargestAbs(change), Bound: 1e-11,
		Why: "rounding in float64: a density of 0.4 exchanged 700 times per unit of time, with room"})
	step, err := g.Stepper(fokkerplanck.CrankNicolson, planeStep)
	if err != nil {
		return err
	}
	return run.relax(step, r)
}

// relax takes the equation from N(0, I) to every one of the times.
func (run *planeRun) relax(step interface{ Advance([]float64, int) error }, r *suite.Report) error {
	p, err := fokkerplanck.Normalise(run.plane, run.plane.Values(func(x, y float64) float64 {
		return math.Exp(-(x*x + y*y) / 2)
	}))
	if err != nil {
		return err
	}
	worst, rises, last := marchReport{}, 0, math.Inf(1)
	for k := range run.times {
		if k > 0 {
			m, err := march(run.plane, step, p, int(math.Round(planeLook/planeStep)))
			if err != nil {
				return err
			}
			worst.leak, worst.empty = math.Max(worst.leak, m.leak), worst.empty+m.empty
		}
		kl, err := fokkerplanck.KL(run.plane, p, run.target)
		if err != nil {
			return err
		}
		if kl >= last {
			rises++
		}
		last = kl
		run.densities = append(run.densities, append([]float64(nil), p...))
		run.solved = append(run.solved, run.plane.Mean(p, func(x, y float64) float64 { return x * x * y * y }))
	}
	const claim = claims.D004LangevinConvergence
	r.Add(
		suite.Equals{Claim: claim, Metric: "looks, 0.05 apart, at which KL(p_t, p) has not fallen on the cross",
			Got: float64(rises), Want: 0, Tol: 0,
			Why: "a theorem where steps are positive: each is a Markov chain with the target as its stationary " +
				"distribution"},
		suite.Equals{Claim: claim, Metric: "densities that are not positive, in all steps on the cross",
			Got: worst.empty, Want: 0, Tol: 0,
			Why: "guaranteed at this step, which is shorter than the longest that keeps every density positive"},
		suite.Below{Claim: claim, Metric: "largest change of mass on the cross", Got: worst.leak, Bound: 1e-12,
			Why: "rounding in float64 over 600 steps"})
	return nil
}

// diagonalMarginal is the distribution function of (x1 + x2)/sqrt 2 for a density on a square: cells with the same i +
// j project onto one point.
func diagonalMarginal(plane fokkerplanck.Plane, p []float64) (func(u float64) float64, error) {
	n := plane.X.N
	line := fokkerplanck.Line{Lo: plane.X.Lo * math.Sqrt2, Hi: plane.X.Hi * math.Sqrt2, N: 2*n - 1}
	marginal := make([]float64, line.N)
	for k, v := range p {
		marginal[k%n+k/n] += v * plane.Cell() / line.Cell()
	}
	marginal, err := fokkerplanck.Normalise(line, marginal)
	return cumulative(line, marginal), err
}
