package langevin

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

var annealing = suite.Experiment{
	ID:     "annealed-langevin",
	Stream: "E23-annealed-langevin",
	Title:  "Annealing over noise levels finds the weights of far modes, if it is slow",
	Question: "Does Langevin dynamics find the weights of far modes when the noise falls level by level? How " +
		"slowly must it fall?",
	Sources: []string{"003, Langevin Dynamics", "003, Noise Levels and Multi-Scale Scores",
		"004, Challenges with Learning Score Function (Challenge 1)"},
	Run: runAnnealing,
}

func runAnnealing(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, if it falls slowly. The lighter mode has the weight 0.2. From a start that " +
		"ignores the data, 1,000 steps over 100 noise levels give it the weight 0.212; 1,000 steps at one level " +
		"give 0.49. Samples choose their mode while the noise sigma is between 20 and 2, and 100 steps in all " +
		"are too few: they give 0.29. Longer steps converge faster at each level, but to a biased weight. The " +
		"reverse SDE also moves samples between levels, and reaches 0.204 in 100 steps."}
	ladders, err := measureLadders(l, r)
	if err != nil {
		return nil, err
	}
	entropyChecks(r)
	weightChecks(r, ladders)
	if err := l.Progress(.5, "samples"); err != nil {
		return nil, err
	}
	film, err := annealedSamples(l, r, ladders)
	if err != nil {
		return nil, err
	}
	still, err := annealedFigure(ladders)
	r.Figures = append(r.Figures, film, still)
	return r, err
}

const (
	annealFrom = 20. // at this noise a sample hardly depends on its mode
	annealTo   = .2
)

// annealLevels is the level where samples start, followed by n levels in geometric progression from annealFrom to
// annealTo.
func annealLevels(n int) ([]float64, error) {
	ratio := math.Pow(annealFrom/annealTo, 1/float64(n-1))
	return diffusion.Geometric(annealFrom*ratio, annealTo, n)
}

// annealed is a schedule of noise levels, and what it does along the line of the modes, by quadrature. A step has
// length size sigma^2. Size 0 is the reverse SDE, with one step a level.
type annealed struct {
	size          float64
	levels, steps int

	sigma  []float64
	chosen []float64 // E P(mode (-5, -5) | x) at each level
	weight float64   // of (-5, -5) in the end
}

// The two schedules that samples follow: a slow one and a fast one.
var (
	patient = annealed{size: .1, levels: 100, steps: 10} // the steps of Song and Ermon 2019
	hasty   = annealed{size: .3, levels: 20, steps: 1}
)

// measureLadders runs every schedule, by quadrature.
func measureLadders(l *suite.Lab, r *suite.Report) (all []annealed, err error) {
	table := suite.Table{Name: "ladders", Caption: "Weight of the mode (-5, -5) (data: 0.2), by quadrature. " +
		"Size > 0: annealed Langevin dynamics from the square, with steps of size sigma^2. Size 0: the reverse " +
		"SDE from the noised data",
		Header: []string{"size", "levels", "steps a level", "steps", "weight"}}
	for _, size := range []float64{.1, .3, 1, 0} {
		ladders, err := laddersOfSize(l, size)
		if err != nil {
			return nil, err
		}
		for _, a := range ladders {
			table.Rows = append(table.Rows, []any{size, a.levels, a.steps, a.levels * a.steps, a.weight})
		}
		all = append(all, ladders...)
		if err := l.Progress(.5*float64(len(all))/20, "ladders"); err != nil {
			return nil, err
		}
	}
	r.Tables = append(r.Tables, table)
	return all, nil
}

// laddersOfSize are the schedules with steps of one size, which share a compiled chain.
func laddersOfSize(l *suite.Lab, size float64) (ladders []annealed, err error) {
	line, err := kit.AlongModes()
	if err != nil {
		return nil, err
	}
	sampler, stepsOfLevel := diffusion.OneStep(diffusion.ReverseEulerMaruyama), []int{1}
	if size > 0 {
		sampler, stepsOfLevel = diffusion.AnnealedLangevin(1, size), []int{1, 3, 10}
	}
	chain, err := kit.NewTransfer(l, line.Build(diffusion.EDM{}), sampler)
	if err != nil {
		return nil, err
	}
	defer chain.Finalize()
	for _, steps := range stepsOfLevel {
		for _, levels := range []int{20, 100} {
			a := annealed{size: size, levels: levels, steps: steps}
			if err := a.descend(chain); err != nil {
				return nil, err
			}
			ladders = append(ladders, a)
		}
	}
	return ladders, nil
}

// entropyChecks measures at which noise levels a sample's mode is decidedShare.
func entropyChecks(r *suite.Report) {
	for i, sigma := range []float64{20, 5, 2} {
		r.Add(suite.Equals{Claim: claims.D003MultiScale, Metric: fmt.Sprintf("share of the mode's entropy that x at "+
			"noise sigma = %g decides", sigma), Got: decidedShare(sigma), Want: []float64{.0765619, .6918942,
			.9964676}[i],
			Tol: 6e-8,
			Why: "seven decimals of an independent computation"})
	}
}

// weightChecks compares the final weight with that of the data, and with that of the reverse SDE.
func weightChecks(r *suite.Report, all []annealed) {
	slow, flow := ladderOf(all, annealed{size: .1, levels: 100, steps: 1}),
		ladderOf(all, annealed{levels: 100, steps: 1})
	r.Add(
		suite.Between{Claim: claims.D003MultiScale, Metric: "weight of (-5, -5) after 100 levels of 10 steps of " +
			"Langevin dynamics, by quadrature; the data has 0.2", Got: metrics.Exactly(ladderOf(all, patient).weight),
			Lo: .18, Hi: .22, Alpha: 0,
			Why: "10 % of the weight; one level alone is off by 0.29"},
		suite.Between{Claim: claims.D003GeneralizedLangevin, Metric: "error in the weight of the reverse SDE, over " +
			"that of Langevin dynamics alone with one step on each of the same 100 levels",
			Got: metrics.Exactly((flow.weight - .2) / (slow.weight - .2)), Lo: 0, Hi: .2, Alpha: 0,
			Why: "what the claim leaves out: moving samples between levels must reduce the error by a factor of at " +
				"least 5", Shows: suite.Qualified})
}

// ladderOf finds a schedule among those measured.
func ladderOf(all []annealed, which annealed) annealed {
	for _, a := range all {
		if a.size == which.size && a.levels == which.levels && a.steps == which.steps {
			return a
		}
	}
	panic(fmt.Errorf("no ladder of %d levels and %d steps of size %g was measured", which.levels, which.steps,
		which.size))
}

// descend carries a density down the levels. It starts from the square, or for the reverse SDE from the noised data.
func (a *annealed) descend(chain kit.Transfer) error {
	grid, err := annealLevels(a.levels)
	if err != nil {
		return err
	}
	p := kit.UniformStartOnLine(kit.UniformHalfSide*math.Sqrt2, 1001)
	if a.steps == 1 { // the noise of the last levels is fine, and the density still wide
		p = kit.UniformStartOnLine(kit.UniformHalfSide*math.Sqrt2, 2001)
	}
	if a.size == 0 {
		p = kit.NormalOnGrid(1.3*grid[0]*grid[0], 2001)
		if p.Density, err = chain.DensityAt(p, grid[0]); err != nil {
			return err
		}
	}
	for i, sigma := range grid[1:] {
		for range a.steps {
			if p, err = chain.Advance(p, grid[i], sigma); err != nil {
				return err
			}
		}
		a.sigma = append(a.sigma, sigma)
		a.chosen = append(a.chosen, p.Expect(func(u float64) float64 {
			return kit.LightModePosterior(kit.ModeDistance, u, 1+sigma*sigma)
		}))
	}
	a.weight = p.ProbabilityBelow(0)
	return nil
}

// decidedShare is the share of the mode's entropy that a sample of S2 determines under noise sigma: the mutual
// information of sample and mode, over the entropy of the mode.
func decidedShare(sigma float64) float64 {
	entropy := func(p float64) float64 {
		if p <= 0 || p >= 1 {
			return 0
		}
		return -p*math.Log(p) - (1-p)*math.Log(1-p)
	}
	v := 1 + sigma*sigma
	end := kit.ModeDistance + 10*math.Sqrt(v)
	bell := func(u float64) float64 { return math.Exp(-u*u/(2*v)) / math.Sqrt(2*math.Pi*v) }
	noised := kit.NewGridDensity(-end, end, 4001, func(u float64) float64 {
		return .2*bell(u+kit.ModeDistance) + .8*bell(u-kit.ModeDistance)
	})
	return 1 - noised.Expect(func(u float64) float64 {
		return entropy(kit.LightModePosterior(kit.ModeDistance, u, v))
	})/entropy(.2)
}

// descent is samples on their way down the levels.
type descent struct {
	grid   []float64
	stops  []int // levels passed
	clouds []metrics.Points
}

// sample runs a schedule on n samples of the square. It keeps them after the given numbers of levels, and at the
// end.
func (a annealed) sample(l *suite.Lab, n int, stops ...int) (d descent, err error) {
	if d.grid, err = annealLevels(a.levels); err != nil {
		return d, err
	}
	name := fmt.Sprintf("size %g, %d levels, %d steps", a.size, a.levels, a.steps)
	start, err := kit.UniformStart(l, name+" start", n)
	if err != nil {
		return d, err
	}
	plan := diffusion.Plan{
		Build: density.FarModes().Build(diffusion.EDM{}), Sampler: diffusion.AnnealedLangevin(a.steps, a.size),
		Grid: d.grid, Noise: l.Key(name), Warn: func(string) {}, // the start ignores the data on purpose
	}
	for s, err := range plan.Trace(l.Backend, start, append(slices.Clone(stops), a.levels)...) {
		if err != nil {
			return d, err
		}
		d.stops, d.clouds = append(d.stops, s.Step), append(d.clouds, kit.Points(s.X))
	}
	return d, nil
}

// annealedSamples compares samples in the plane with the quadrature, and returns the film of the slow schedule.
func annealedSamples(l *suite.Lab, r *suite.Report, ladders []annealed) (suite.Figure, error) {
	var stops []int
	for k := 5; k < patient.levels; k += 5 {
		stops = append(stops, k)
	}
	var film descent
	for i, a := range []annealed{hasty, patient} {
		n := l.Size([]int{20_000, 10_000}[i], 100_000)
		d, err := a.sample(l, n, stops[:i*len(stops)]...)
		if err != nil {
			return suite.Figure{}, err
		}
		film = d
		weight, err := kit.ModeWeight(d.clouds[len(d.clouds)-1])
		if err != nil {
			return suite.Figure{}, err
		}
		check := suite.Near{Claim: claims.D003MultiScale,
			Metric: fmt.Sprintf("weight of (-5, -5) in samples after %d levels of steps of %g sigma^2, %d each; the "+
				"data has 0.2", a.levels, a.size, a.steps), Got: weight, Want: ladderOf(ladders, a).weight,
			Why: kit.WhySE + "; the chain's own distribution, by quadrature"}.Check()
		if i == 0 {
			check = check.As(suite.Qualified)
		}
		r.Add(check)
	}
	if err := l.Progress(.85, "drawing"); err != nil {
		return suite.Figure{}, err
	}
	if err := acrossTheLine(l, r, film.clouds[len(film.clouds)-1]); err != nil {
		return suite.Figure{}, err
	}
	return annealedFilm(l, film)
}

// acrossTheLine measures the samples across the line of the modes, where S2 is N(0, 1) and only the last levels
// matter; and as a whole, against exact samples.
func acrossTheLine(l *suite.Lab, r *suite.Report, end metrics.Points) error {
	exact, err := varianceAcross(l)
	if err != nil {
		return err
	}
	variance, err := metrics.Variance(end.Along(1/math.Sqrt2, -1/math.Sqrt2))
	if err != nil {
		return err
	}
	const n = 10_000
	data, err := density.FarModes().Sample(l.Backend, l.Key("exact"), n)
	if err != nil {
		return err
	}
	distance, err := metrics.SlicedW2(metrics.Points{N: n, D: 2, X: end.X[:2*n]}, kit.Points(data), metrics.Projections)
	if err != nil {
		return err
	}
	r.Add(
		suite.Near{Claim: claims.D003MultiScale, Metric: "variance across the line of the modes at the last level; " +
			"the data has 1, and noised by that level's sigma = 0.2 it has 1.04", Got: variance, Want: exact,
			Why:   kit.WhySE + "; exact by the recursion of the chain, which has not fully converged",
			Shows: suite.Qualified},
		suite.Between{Claim: claims.D004NoiseLevels, Metric: "sliced W2 to exact samples, 10,000 of each",
			Got: distance, Lo: .01, Hi: 1.45, Alpha: metrics.Miss,
			Why: "moving a share w of the mass between the modes adds about 47 w to the squared distance. The " +
				"error 0.012 of the weight and 5 standard errors, 0.028, allow 1.4. Two exact samples have 0.35 " +
				"at the median, and at most 0.85 in 300 pairs"})
	return nil
}

// varianceAcross is the variance of the patient chain across the line of the modes, by its recursion.
func varianceAcross(l *suite.Lab) (float64, error) {
	grid, err := annealLevels(patient.levels)
	if err != nil {
		return 0, err
	}
	apart, err := affine.Of(l.Backend, diffusion.AnnealedLangevin(1, patient.size), kit.NormalModel(diffusion.EDM{}, 1))
	if err != nil {
		return 0, err
	}
	defer apart.Finalize()
	whole, at := affine.Map{Gain: 1}, grid[0]
	for _, sigma := range grid[1:] {
		// The first step comes from the level before, the others stay: not a grid, whose times must fall.
		for range patient.steps {
			step, err := apart.Step(at, sigma)
			if err != nil {
				return 0, err
			}
			whole, at = whole.Then(step), sigma
		}
	}
	return whole.Variance(kit.UniformHalfSide * kit.UniformHalfSide / 3), nil
}
