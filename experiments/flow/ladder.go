package flow

import (
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// simulated is W1 against the number of steps from a simulation independent of this code, with 20,000 samples.
var simulated = []struct {
	steps      int
	ddim, ddpm float64
}{{1, 1.27, 1.27}, {2, 1.27, 1.27}, {5, .349, .435}, {10, .154, .238}, {20, .072, .137}, {50, .025, .068},
	{100, .0116, .048}, {1000, math.NaN(), math.NaN()}}

const whyLadder = "the error of the reference: W1 between 20,000 samples and the exact distribution"

// ladderGrids are grids on the noise levels of a DDPM table, for each of the simulated numbers of steps.
type ladderGrids struct {
	process          diffusion.Process
	steps            []float64
	inTime, inLogSNR [][]float64 // with the table's usual spacing; with steps uniform in log SNR
}

func newLadderGrids(l *suite.Lab) (g ladderGrids, err error) {
	if g.process, _, err = kit.DDPMChain(); err != nil {
		return g, err
	}
	for _, rung := range simulated {
		inTime, err := diffusion.Linspace(1000, rung.steps)
		if err != nil {
			return g, err
		}
		inLogSNR := inTime // a single step has a single grid
		if rung.steps > 1 {
			inLogSNR, err = diffusion.InRatio(l.Backend, g.process, 1000, 1, rung.steps-1, diffusion.Geometric)
			if err != nil {
				return g, err
			}
			inLogSNR = append(inLogSNR, 0)
		}
		g.steps = append(g.steps, float64(rung.steps))
		g.inTime, g.inLogSNR = append(g.inTime, inTime), append(g.inLogSNR, inLogSNR)
	}
	return g, nil
}

// ladderSolver is a solver of the flow on one of the kinds of grids.
type ladderSolver struct {
	name    string
	sampler diffusion.Sampler
	grids   [][]float64
}

func (g ladderGrids) solvers() []ladderSolver {
	return []ladderSolver{
		{"DDIM", diffusion.DDIM(0), g.inTime},
		{"DPM-Solver++ 2M", diffusion.DPMSolverPP(2), g.inTime},
		{"DDIM, log SNR", diffusion.DDIM(0), g.inLogSNR},
		{"DPM-Solver++ 2M, log SNR", diffusion.DPMSolverPP(2), g.inLogSNR},
		{"UniPC-3, log SNR", diffusion.NewUniPC(3), g.inLogSNR},
	}
}

// stepLadder measures W1 against the number of steps on the noise levels of DDPM's table, with its usual spacing and
// with steps uniform in log SNR.
func stepLadder(l *suite.Lab, r *suite.Report) error {
	g, err := newLadderGrids(l)
	if err != nil {
		return err
	}
	columns, header := [][]float64{g.steps}, []string{"steps"}
	w1 := map[string][]float64{}
	for _, solver := range g.solvers() {
		if w1[solver.name], err = flowLadder(l, density.Bimodal(), g.process, solver); err != nil {
			return fmt.Errorf("%s: %w", solver.name, err)
		}
		columns, header = append(columns, w1[solver.name]), append(header, solver.name)
	}
	ancestral, err := ancestralLadder(l, density.Bimodal(), g.process, g.inTime)
	if err != nil {
		return err
	}
	ladderChecks(r, w1, ancestral)
	columns = append(columns, kit.Centers(ancestral), kit.Lows(ancestral), kit.Highs(ancestral))
	r.Tables = append(r.Tables, suite.Table{Name: "ladder", Caption: "W1 to G1 against the number of steps, with the " +
		"exact score and DDPM's 1000 noise levels; the flow's solvers by quantiles, without samples, DDPM's with " +
		"20,000 samples and 5 s.e.",
		Header: append(header, "DDPM", "lo", "hi"), Rows: kit.Rows(columns...)})
	floor := .0111 * math.Sqrt(20_000/float64(l.Size(20_000, 200_000)))
	f, err := ladderFigure(g, w1, ancestral, floor)
	r.Figures = append(r.Figures, f)
	return err
}

// ladderChecks compares the distances with those of the simulation, and with each other.
func ladderChecks(r *suite.Report, w1 map[string][]float64, ancestral []metrics.Summary) {
	for i, rung := range simulated {
		if math.IsNaN(rung.ddim) {
			continue
		}
		r.Add(
			suite.Equals{Claim: claims.D003IntegrationAccuracy,
				Metric: fmt.Sprintf("W1 to G1 of DDIM with %d of 1000 steps", rung.steps),
				Got:    w1["DDIM"][i], Want: rung.ddim, Tol: .02, Why: whyLadder},
			kit.NearReference{Claim: claims.D003IntegrationAccuracy,
				Metric: fmt.Sprintf("W1 to G1 of DDPM's sampler with %d of 1000 steps", rung.steps),
				Got:    ancestral[i], Want: rung.ddpm, SE: .02 / metrics.Width, Why: whyLadder})
	}
	const ten, twenty, fifty, thousand = 3, 4, 5, 7 // steps, by index
	r.Add(
		suite.Between{Claim: claims.D002FewSteps, Metric: "W1 to G1 of DDIM with 10 steps over that with 1000",
			Got: metrics.Exactly(w1["DDIM"][ten] / w1["DDIM"][thousand]), Lo: 50, Hi: 200, Alpha: metrics.Miss,
			Why: "preserved quality would be a ratio near 1; DDIM has order 1, so 100 times the steps give 100 times " +
				"the accuracy", Shows: suite.Qualified},
		suite.Below{Claim: claims.D003FasterSolvers, Metric: "W1 to G1 of DPM-Solver++ 2M with 20 steps over that of " +
			"DDIM with 50, both uniform in log SNR", Got: w1["DPM-Solver++ 2M, log SNR"][twenty] /
			w1["DDIM, log SNR"][fifty], Bound: 1, Why: "the claim"},
		suite.Below{Claim: claims.D003FasterSolvers, Metric: "W1 to G1 of DDIM with 20 steps over that of DDPM's " +
			"sampler with 20", Got: w1["DDIM"][twenty] / ancestral[twenty].Center, Bound: 1, Why: "the claim"})
	for _, name := range []string{"DDIM", "DDIM, log SNR"} {
		r.Add(suite.Below{Claim: claims.D003IntegrationAccuracy, Metric: "W1 to G1 of " + name + ": largest rise " +
			"from one number of steps to the next, from 5 on", Got: largestRise(w1[name][2:]), Bound: 0,
			Why: "the claim"})
	}
}

// flowLadder is W1 after each of the grids, without samples: a solver carries 4096 quantiles of N(0, 1), and W1 on a
// line is the mean distance of quantiles.
func flowLadder(l *suite.Lab, target *density.Mixture, p diffusion.Process, s ladderSolver) ([]float64, error) {
	const n = 4096
	start, exact := kit.Normal([]float64{0}, 1).Quantiles(n), target.Quantiles(n)
	solver, err := diffusion.Plan{Build: target.Build(p), Sampler: s.sampler}.Compile(l.Backend)
	if err != nil {
		return nil, err
	}
	defer solver.Finalize()
	w1 := make([]float64, len(s.grids))
	for k, grid := range s.grids {
		end, err := solver.Run(grid, view.Tensor(metrics.Line(start)))
		if err != nil {
			return nil, err
		}
		x := kit.Points(end).X
		slices.Sort(x)
		for i := range x {
			w1[k] += math.Abs(x[i]-exact[i]) / n
		}
	}
	return w1, nil
}

// ancestralLadder is W1 of the samples of DDPM's sampler after each of the grids.
func ancestralLadder(l *suite.Lab, target *density.Mixture, p diffusion.Process, grids [][]float64) ([]metrics.Summary,
	error) {
	start, err := kit.Normal([]float64{0}, 1).Sample(l.Backend, l.Key("ladder"), l.Size(20_000, 200_000))
	if err != nil {
		return nil, err
	}
	w1 := make([]metrics.Summary, len(grids))
	for k, grid := range grids {
		end, err := diffusion.Plan{Build: target.Build(p), Sampler: diffusion.Ancestral(diffusion.PosteriorVariance),
			Grid: grid, Noise: l.Key(fmt.Sprint("ladder ", len(grid)-1))}.Run(l.Backend, start)
		if err != nil {
			return nil, err
		}
		if w1[k], err = metrics.W1(kit.Points(end).X, target.CDF); err != nil {
			return nil, err
		}
		if err := l.Progress(.8+.2*float64(k+1)/float64(len(grids)), "quality against steps"); err != nil {
			return nil, err
		}
	}
	return w1, nil
}

// largestRise is the largest increase from one number to the next; 0 if all decrease.
func largestRise(xs []float64) float64 {
	worst := 0.0
	for i := 1; i < len(xs); i++ {
		worst = math.Max(worst, xs[i]-xs[i-1])
	}
	return worst
}
