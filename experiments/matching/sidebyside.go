package matching

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var objectivesSideBySide = suite.Experiment{
	ID:       "objectives-compared",
	Stream:   "E09-side-by-side",
	Title:    "Nine objectives for learning one score",
	Question: "Which objective comes closest to the score after the same number of steps, and after the same work?",
	Sources:  []string{"001, Implicit Score Matching", "001, Denoising Score Matching", "002, sections 3 and 4"},
	Run:      runObjectivesSideBySide,
}

// candidate is an objective in the comparison. Its minimizer is the score of the cross with noise sigma.
type candidate struct {
	name  string
	sigma float64
	loss  diffusion.Objective
	color figure.Color // in the figure of errors against work; 0: not drawn there
	most  float64      // largest accepted relative Fisher error at the end
	seen  string       // range of that error in other seeds
}

func candidates() []candidate {
	denoise := func(sigma float64) diffusion.Objective {
		return diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(sigma))
	}
	return []candidate{
		{"explicit", 0, diffusion.Explicit(onData, crossScore), figure.Ink, .005, "0.0007 to 0.0013"},
		{"implicit", 0, diffusion.Implicit(onData), figure.Blue, .03, "0.005 to 0.007"},
		{"sliced, normal", 0, diffusion.Sliced(onData, (*random.Source).Normal), 0, .05,
			"0.010 to 0.014"},
		{"sliced, Rademacher", 0, diffusion.Sliced(onData, (*random.Source).Rademacher), 0, .03,
			"0.007 to 0.009"},
		{"sliced, variance reduced", 0, diffusion.SlicedVR(onData, (*random.Source).Rademacher), figure.Green, .03,
			"0.005 to 0.008"},
		{"finite differences", 0, diffusion.SlicedFD(onData, (*random.Source).Sphere, .01), 0, .03,
			"0.005 to 0.008"},
		{"denoising, σ = 0.1", .1, denoise(.1), figure.Sky, .06, "0.018 to 0.023"},
		{"denoising in pairs, σ = 0.1", .1, kit.InPairs(denoise(.1)), 0, .03, "0.006 to 0.007, in 6 of them"},
		{"denoising, σ = 0.3", .3, denoise(.3), figure.Purple, .03, "0.005 to 0.008"},
	}
}

const (
	comparisonBatch = 512
	comparisonEvery = 20
)

// candidateLearners are networks with the same initial weights, one for each objective.
func candidateLearners(l *suite.Lab) []kit.Learner {
	net := network.MLP{Hidden: []int{64, 64}, Init: "lecun", Key: l.Key("network")}
	return kit.Map(candidates(), func(c candidate) kit.Learner {
		name := fmt.Sprintf("%d", slices.IndexFunc(candidates(), func(other candidate) bool {
			return other.name == c.name
		}))
		return kit.Learner{Name: name, Net: net, Path: diffusion.EDM{}, Loss: c.loss, Scorer: diffusion.ScoreNet(0)}
	})
}

func runObjectivesSideBySide(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Explicit matching, which uses the true score, comes closest: its relative squared " +
		"error is 0.0008. After the same number of steps, the implicit objective, its estimates by Rademacher probes " +
		"and finite differences, and denoising at sigma = 0.3 end at 0.005 to 0.007. Sliced matching with two normal " +
		"probes ends at 0.010. Denoising at 0.1 ends at 0.020, since its target is ten times as noisy; using each " +
		"sample with both signs of the noise brings it to 0.007. A denoising step needs 3 evaluations of the " +
		"network, an implicit step 9, even in two dimensions. So for the same work, denoising at 0.3 leads all " +
		"objectives that do not use the score. But it learns the score of the noised data, which is 22 % off that of " +
		"the data."}
	steps := l.Size(2500, 10_000)
	var work []float64 // of a step
	for _, p := range candidateLearners(l) {
		w, err := kit.StepWork(l, p, comparisonBatch, 2)
		if err != nil {
			return nil, err
		}
		work = append(work, w)
	}
	c, err := trainCandidates(l, r, steps)
	if err != nil {
		return nil, err
	}
	c.check(r)
	r.Tables = append(r.Tables, c.tables(work)...)
	return r, comparisonFigure(r, c, work)
}

// comparison records the training of all networks.
type comparison struct {
	steps []int
	// relative Fisher errors by candidate and step: to the minimizer of its objective, and to the score of the data
	own, clean [][]float64
	bias       []float64 // the limit of clean
	noise      []float64 // standard deviation over samples of the loss minus the Fisher divergence
}

// trainCandidates trains all networks on the same batches, with the same probes or noise where two objectives draw the
// same.
func trainCandidates(l *suite.Lab, r *suite.Report, steps int) (*comparison, error) {
	all := candidates()
	plan := train.Plan{Data: kit.FreshBatches(density.Cross(), comparisonBatch, false), Key: l.Key("training"),
		Every: comparisonEvery, EMA: train.EMA{Decay: .99},
		Step: kit.TrainJointly(train.Adam{Rate: 2e-3}, candidateLearners(l))}
	trainer, err := plan.Begin(l.Backend)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	c := &comparison{own: make([][]float64, len(all)), clean: make([][]float64, len(all))}
	if err := c.follow(l, trainer, steps); err != nil {
		return nil, err
	}
	if c.bias, err = cleanLimits(l, all); err != nil {
		return nil, err
	}
	weights, err := trainer.EMA()
	if err != nil {
		return nil, err
	}
	c.noise, err = sameUpToConstants(l, r, weights)
	return c, err
}

// follow runs the training and evaluates its networks at steps that grow by a factor, and at the last.
func (c *comparison) follow(l *suite.Lab, trainer *train.Trainer, steps int) error {
	evaluate, finalize, err := candidateErrors(l, trainer)
	if err != nil {
		return err
	}
	defer finalize()
	evaluated := map[int]bool{steps: true}
	for s := float64(comparisonEvery); s < float64(steps); s *= 1.3 {
		evaluated[int(math.Round(s/comparisonEvery))*comparisonEvery] = true
	}
	for report, err := range trainer.Run(l.Context, steps) {
		if err != nil {
			return err
		}
		if !evaluated[report.Step] {
			continue
		}
		out, err := evaluate()
		if err != nil {
			return err
		}
		c.steps = append(c.steps, report.Step)
		for i := range c.own {
			c.own[i], c.clean[i] = append(c.own[i], out[2*i][0]), append(c.clean[i], out[2*i+1][0])
		}
		if err := l.Progress(.9*float64(report.Step)/float64(steps), "training"); err != nil {
			return err
		}
	}
	return nil
}

// candidateErrors returns a function that evaluates, for each network, the relative Fisher errors to the minimizer of
// its objective and to the score of the data, by quadrature. Callers run finalize at the end.
func candidateErrors(l *suite.Lab, trainer *train.Trainer) (evaluate func() ([][]float64, error), finalize func(),
	err error) {
	all, learners := candidates(), candidateLearners(l)
	const side, nodes = 7., 176
	lattice, cell, err := density.Grid(-side, side, nodes, 2)
	if err != nil {
		return nil, nil, err
	}
	levels := append(sigmasOf(all), 0)
	if err := density.CheckOnGrid(l.Backend, density.Cross(), diffusion.EDM{}, lattice, cell, levels...); err != nil {
		return nil, nil, err
	}
	evaluator, err := kit.NewEvaluator(l, trainer, func(scope *model.Scope, in []*Node) []*Node {
		x, m := in[0], density.Cross().Model(diffusion.EDM{})
		var out []*Node
		for i, p := range learners {
			for _, sigma := range []float64{all[i].sigma, 0} {
				exact, weights := m.Score(x, kit.ScalarLike(x, sigma)), onCross(x, sigma, cell)
				size := ReduceAllSum(Mul(weights, ReduceSum(Square(exact), 1)))
				out = append(out, Div(kit.SquaredScoreError(p.Score(scope, x, kit.ScalarLike(x, all[i].sigma)), exact,
					weights), size))
			}
		}
		return out
	})
	if err != nil {
		return nil, nil, err
	}
	evaluator.Averaged = true
	return func() ([][]float64, error) { return evaluator.Evaluate(trainer, lattice) }, evaluator.Exec.Finalize, nil
}

func sigmasOf(all []candidate) []float64 {
	return kit.Map(all, func(c candidate) float64 { return c.sigma })
}

// cleanLimits are the relative squared distances between the score of the data and the minimizer of each objective.
func cleanLimits(l *suite.Lab, all []candidate) ([]float64, error) {
	bias, err := kit.FisherDistancesOfCross(l, sigmasOf(all))
	if err != nil {
		return nil, err
	}
	for i := range bias {
		bias[i] /= 2 * halfFisher
		if all[i].sigma == 0 {
			bias[i] = 0 // exactly, without rounding
		}
	}
	return bias, nil
}

// sameUpToConstants checks that, at the trained weights, every objective minus its Fisher divergence is the constant of
// the theory. It returns the standard deviation of that difference over samples.
func sameUpToConstants(l *suite.Lab, r *suite.Report, weights *model.Store) (noise []float64, err error) {
	all, learners := candidates(), candidateLearners(l)
	n := l.Size(20_000, 200_000)
	x0, err := density.Cross().Sample(l.Backend, l.Key("constants"), n)
	if err != nil {
		return nil, err
	}
	out, err := exec.ModelOnceN(l.Backend, weights, func(scope *model.Scope, x0 *Node) []*Node {
		var gaps []*Node
		for i, p := range learners {
			noise := func() *random.Source { return random.New(x0.Graph(), l.Key("constants noise")) }
			net := network.InFloat32(p.Bound(scope))
			exactly := diffusion.Explicit(diffusion.Matching{Score: diffusion.ScoreNet(0), Times: diffusion.FixedTime(
				all[i].sigma)}, crossScore)
			batch := diffusion.Batch{X0: x0}
			gaps = append(gaps, Sub(all[i].loss(diffusion.EDM{}, net, batch, noise()),
				exactly(diffusion.EDM{}, net, batch, noise())))
		}
		return gaps
	}, x0)
	if err != nil {
		return nil, err
	}
	sigmas := []float64{.1, .3}
	fisher, err := kit.FisherInformationOfCross(l, sigmas)
	if err != nil {
		return nil, err
	}
	for i, gap := range kit.Flatten(out) {
		c := all[i]
		variance, err := metrics.Variance(gap)
		if err != nil {
			return nil, err
		}
		noise = append(noise, math.Sqrt(variance.Center))
		if c.name == "explicit" {
			continue
		}
		claim, want := claims.D001ImplicitObjective, -halfFisher
		switch {
		case c.sigma > 0:
			k := slices.Index(sigmas, c.sigma)
			claim, want = claims.D002MatchNoisyScore, 1/(c.sigma*c.sigma)-fisher[k]/2
		case c.name != "implicit":
			claim = claims.D001Hutchinson
		}
		mean, err := metrics.Mean(gap)
		if err != nil {
			return nil, err
		}
		r.Add(suite.Near{Claim: claim, Metric: "loss less E|s_net - s|^2/2 at the end of the training: " + c.name,
			Got: mean, Want: want, Why: kit.WhySE + "; exact by quadrature"})
	}
	return noise, nil
}

// check compares the errors at the end with their range in other seeds.
func (c *comparison) check(r *suite.Report) {
	last := len(c.steps) - 1
	for i, k := range candidates() {
		claim := claims.D001ImplicitObjective
		switch {
		case k.sigma > 0:
			claim = claims.D002DenoisingObjective
		case k.name == "explicit" || k.name == "implicit":
		default:
			claim = claims.D002Hutchinson
		}
		r.Add(suite.Between{Claim: claim, Metric: "relative Fisher error of the network at the end: " + k.name,
			Got: metrics.Exactly(c.own[i][last]), Lo: 0, Hi: k.most, Alpha: 1e-7,
			Why: "calibrated on trainings from 11 seeds: " + k.seen, OfTraining: true})
		if k.sigma == .3 {
			r.Add(suite.Between{Claim: claims.D001DSMUnbiased, Metric: "E|s_net - s|^2 over the data of the network " +
				"that denoised at 0.3, over its limit E|s_0.3 - s|^2: it does not learn the score of the data",
				Got: metrics.Exactly(c.clean[i][last] / c.bias[i]), Lo: .85, Hi: 1.15, Alpha: 1e-7,
				Why: "calibrated on trainings from 9 seeds: 0.96 to 1.00; the network's own error adds " +
					"0.006",
				OfTraining: true, Shows: suite.Qualified})
		}
	}
}

// tables list the errors at the end, at equal work, and at every step.
func (c *comparison) tables(work []float64) []suite.Table {
	all, last := candidates(), len(c.steps)-1
	ranking := suite.Table{Name: "ranking", Caption: "Relative Fisher errors at the end, to the minimizer of the " +
		"objective and to the score of the data; noise of the loss is its standard deviation over samples after the " +
		"Fisher divergence is subtracted; work of a step is in evaluations of the network, counted in the graph of " +
		"the gradient. Pairs leave the noise of the loss but reduce that of the gradient",
		Header: []string{"objective", "steps", "error to its own minimiser", "error to the score of the data",
			"limit of that", "noise of the loss", "work of a step"}}
	for i, k := range all {
		ranking.Rows = append(ranking.Rows, []any{k.name, c.steps[last], c.own[i][last], c.clean[i][last], c.bias[i],
			c.noise[i], work[i]})
	}
	curves := suite.Table{Name: "steps", Caption: "Relative Fisher error to the minimizer of the objective, by step",
		Header: append([]string{"step"}, kit.Map(all, func(k candidate) string { return k.name })...)}
	for t, s := range c.steps {
		row := []any{s}
		for i := range all {
			row = append(row, c.own[i][t])
		}
		curves.Rows = append(curves.Rows, row)
	}
	equal := suite.Table{Name: "equal-work", Caption: "Relative Fisher error to the minimizer of the objective after " +
		"the same work, in evaluations of the network on a batch",
		Header: append([]string{"work"}, curves.Header[1:]...)}
	for _, share := range []float64{.1, .25, .5, 1} {
		budget := math.Floor(share * work[len(all)-1] * float64(c.steps[last]))
		row := []any{budget}
		for i := range all {
			row = append(row, c.own[i][c.within(budget/work[i])])
		}
		equal.Rows = append(equal.Rows, row)
	}
	return []suite.Table{ranking, equal, curves}
}

// within is the index of the last evaluation after at most so many steps.
func (c *comparison) within(steps float64) int {
	k := 0
	for k+1 < len(c.steps) && float64(c.steps[k+1]) <= steps {
		k++
	}
	return k
}
