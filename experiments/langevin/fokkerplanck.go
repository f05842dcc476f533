package langevin

import (
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var fokkerPlanck = suite.Experiment{
	ID:     "fokker-planck",
	Stream: "E05-fokker-planck",
	Title:  "The density of the particles obeys the Fokker-Planck equation",
	Question: "Is the density of the particles the solution of the Fokker-Planck equation, on the line and in " +
		"the plane?",
	Sources: []string{"000, 2.1", "001, Fokker-Planck Equation and third figure (middle)"},
	Run:     runFokkerPlanck,
}

func runFokkerPlanck(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. Solved on a grid, the equation reproduces the exact density of the noised " +
		"data. The error falls as the square of the cell size, mass is kept to rounding, and the density stays " +
		"positive. Particles that are simulated independently of the equation have the same distribution. The " +
		"equation is a partial differential equation, not an ordinary one as document 001 says. A grid of cell size " +
		"h in d dimensions needs about 1/h^d cells; particles need no grid."}
	line, err := lineOrder(l, r)
	if err != nil {
		return nil, err
	}
	if err := processOrder(l, r); err != nil {
		return nil, err
	}
	plane, err := planeOrder(l, r)
	if err != nil {
		return nil, err
	}
	if err := lineParticles(l, r); err != nil {
		return nil, err
	}
	if err := planeLangevin(l, r); err != nil {
		return nil, err
	}
	return r, orderFigure(r, line, plane)
}

// ouLine is dx = -x dt + sqrt(2) dB on n cells of [-8, 8]. Less than 1e-14 of the mass is outside.
func ouLine(n int) (*fokkerplanck.Generator, error) {
	return fokkerplanck.FromDrift(fokkerplanck.Line{Lo: -8, Hi: 8, N: n}, func(x float64) float64 { return -x }, 1)
}

// marchReport is what a solution did on its way: the largest change of mass, the least density, and how many
// densities were not positive.
type marchReport struct{ leak, least, empty float64 }

// march advances p in place by single steps of s, and reports what happened to it.
func march(g fokkerplanck.Grid, s interface{ Advance([]float64, int) error }, p []float64, steps int) (marchReport,
	error) {
	m := marchReport{least: math.Inf(1)}
	for range steps {
		if err := s.Advance(p, 1); err != nil {
			return m, err
		}
		m.leak = math.Max(m.leak, math.Abs(fokkerplanck.Mass(g, p)-1))
		for _, v := range p {
			m.least = min(m.least, v)
			if !(v > 0) {
				m.empty++
			}
		}
	}
	return m, nil
}

// lineOrder solves the equation from G1 to t = 1 on finer and finer grids.
func lineOrder(l *suite.Lab, r *suite.Report) (o ordered, err error) {
	const claim = claims.D000FokkerPlanck
	table := suite.Table{Name: "order", Caption: "L1 error of the density at t = 1 of the Ornstein-Uhlenbeck " +
		"process from G1, on n cells of size h, by Crank-Nicolson with n - 1 steps",
		Header: []string{"n", "h", "error", "change of mass", "least density"}}
	for i, n := range []int{101, 201, 401, 801, 1601} {
		g, err := ouLine(n)
		if err != nil {
			return o, err
		}
		densities, err := kit.LineDensities(l, density.Bimodal(), diffusion.OU{}, g.Line, 0, 1)
		if err != nil {
			return o, err
		}
		p, exact := densities[0], densities[1]
		step, err := g.Stepper(fokkerplanck.CrankNicolson, 1/float64(n-1))
		if err != nil {
			return o, err
		}
		m, err := march(g, step, p, n-1)
		if err != nil {
			return o, err
		}
		gap, err := fokkerplanck.L1(g, p, exact)
		if err != nil {
			return o, err
		}
		o.h, o.err = append(o.h, g.Cell()), append(o.err, gap)
		table.Rows = append(table.Rows, []any{n, g.Cell(), gap, m.leak, m.least})
		want := []float64{1.27e-3, 3.17e-4, 7.91e-5, 1.98e-5, 4.94e-6}[i]
		why := "measured: smooth densities stay positive; a guarantee would need shorter steps"
		if 1/float64(n-1) <= g.PositiveStep(fokkerplanck.CrankNicolson) {
			why = "guaranteed at this step: its explicit half never takes more mass from a cell than is in it"
		}
		r.Add(
			suite.Equals{Claim: claim, Metric: fmt.Sprintf("L1 error at t = 1 on %d cells", n),
				Got: gap, Want: want, Tol: math.Pow(10, math.Floor(math.Log10(want))-2) / 2,
				Why: "half of the last digit of an independent computation of the same scheme"},
			suite.Below{Claim: claim, Metric: fmt.Sprintf("largest change of mass on %d cells", n),
				Got: m.leak, Bound: 1e-12, Why: "rounding in float64 over the steps"},
			suite.Equals{Claim: claim, Metric: fmt.Sprintf("densities that are not positive, in all steps on %d cells",
				n), Got: m.empty, Want: 0, Tol: 0, Why: why})
	}
	slope, err := metrics.LogSlope(o.h, o.err)
	if err != nil {
		return o, err
	}
	r.Add(suite.Equals{Claim: claims.D001FokkerPlanckODE, Metric: "order of the L1 error in the size of the cells, " +
		"of which an ordinary equation has none", Got: slope.Center, Want: 2, Tol: .05,
		Why: "theory of the scheme: 2; the coarsest grid is 1 % off its leading term", Shows: suite.Qualified})
	r.Tables = append(r.Tables, table)
	return o, l.Progress(.1, "the plane")
}

// particleTimes are the times at which particles are compared with the density.
var particleTimes = []float64{.1, .5, 1, 3}

// linePath is the forward process from G1 at the times of a film to t = 2, and at t = 3: by particles and by the
// equation.
type linePath struct {
	line              fokkerplanck.Line
	times             []float64
	clouds, densities [][]float64
}

// lineParticles runs particles from G1 by exact jumps, and the equation beside them.
func lineParticles(l *suite.Lab, r *suite.Report) error {
	path := &linePath{}
	for k := range 41 {
		path.times = append(path.times, .05*float64(k))
	}
	path.times = append(path.times, 3)
	if err := path.particles(l); err != nil {
		return err
	}
	if err := path.solve(l); err != nil {
		return err
	}
	for _, t := range particleTimes {
		if err := path.compare(r, t); err != nil {
			return err
		}
	}
	if err := l.Progress(.3, "drawing"); err != nil {
		return err
	}
	return path.film(r)
}

// particles draws samples of G1 and moves them by the exact transition from time to time.
func (path *linePath) particles(l *suite.Lab) error {
	start, err := density.Bimodal().Sample(l.Backend, l.Key("particles"), l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	plan := diffusion.Plan{Build: kit.Static(density.Bimodal()), Sampler: diffusion.OneStep(diffusion.Transition),
		Grid: path.times, Noise: l.Key("jumps")}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return err
		}
		path.clouds = append(path.clouds, kit.Points(s.X).Col(0))
	}
	return nil
}

// solve runs the equation from the density of G1, with 2,000 steps per unit of time.
func (path *linePath) solve(l *suite.Lab) error {
	const perTime = 2000 // steps of the equation
	g, err := ouLine(1601)
	if err != nil {
		return err
	}
	step, err := g.Stepper(fokkerplanck.CrankNicolson, 1./perTime)
	if err != nil {
		return err
	}
	path.line = g.Line
	p, err := kit.LineDensity(l, density.Bimodal(), g.Line)
	if err != nil {
		return err
	}
	for k, t := range path.times {
		if k > 0 {
			if err := step.Advance(p, int(math.Round(perTime*(t-path.times[k-1])))); err != nil {
				return err
			}
		}
		path.densities = append(path.densities, append([]float64(nil), p...))
	}
	return nil
}

// compare tests the particles at time t against the exact distribution and against the solution.
func (path *linePath) compare(r *suite.Report, t float64) error {
	k := slices.IndexFunc(path.times, func(s float64) bool { return math.Abs(t-s) < 1e-9 })
	exact, err := density.Bimodal().Noised(math.Exp(-path.times[k]), math.Sqrt(-math.Expm1(-2*path.times[k])))
	if err != nil {
		return err
	}
	ks, err := kit.KSCheck(claims.D000FokkerPlanck, fmt.Sprintf("KS distance of particles to the exact law at "+
		"t = %g", t), path.clouds[k], exact.CDF, 0, "")
	if err != nil {
		return err
	}
	solved, err := kit.KSCheck(claims.D001ParticlesAreTheSolution, fmt.Sprintf("KS distance of particles to the "+
		"equation's solution at t = %g", t), path.clouds[k], cumulative(path.line, path.densities[k]), 1e-5,
		"; the solution's own error is 5e-6")
	if err != nil {
		return err
	}
	r.Add(ks, solved)
	return nil
}

// cumulative is the distribution function of a density on a line, with mass spread evenly over each cell.
func cumulative(line fokkerplanck.Line, p []float64) func(x float64) float64 {
	faces := make([]float64, line.N+1)
	for i, v := range p {
		faces[i+1] = faces[i] + v*line.Cell()
	}
	return func(x float64) float64 {
		u := (x-line.Lo)/line.Cell() + .5 // in cells from the outer face
		u = max(0, min(u, float64(line.N)))
		i := min(int(u), line.N-1)
		return faces[i] + (faces[i+1]-faces[i])*(u-float64(i))
	}
}
