package learning

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var learnedSampler = suite.Experiment{
	ID:       "learned-sampler",
	Long:     true,
	Stream:   "E13-learned-sampler",
	Title:    "Sampling and likelihood with a learned score",
	Question: "Can a network trained on samples alone replace the exact score, in sampling and in the likelihood?",
	Sources: []string{"000, section 5", "001, Incorporating time", "002, section 5 and section 6, table",
		"003, Probability Flow ODEs"},
	Run: runLearnedSampler,
}

func runLearnedSampler(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, in the plane and within seconds of training. A perceptron is trained by " +
		"denoising at all noise levels from 0.02 to 10. Fifty thousand of its samples, at 20 evaluations each, are " +
		"almost indistinguishable from fresh data of the cross. The mean of its log density at held-out points is " +
		"within a hundredth of a nat of the exact mean. It covers the ring of eight Gaussians with equal weights. " +
		"Its relative error is largest at the lowest noise, where it changes samples least."}
	return kit.InTurn(l, r, learnedCross, learnedRing)
}

// crossSamples is how many samples sliced Wasserstein distances compare, in every profile.
const crossSamples, crossTrainings = 50_000, 3

// heldOut are points of the cross that no training sees, and their exact log density.
type heldOut struct {
	points *tensors.Tensor
	exact  []float64
}

// crossTraining holds the results of one training on the cross.
type crossTraining struct {
	samples, data metrics.Points
	evaluations   int               // of the network, for each sample
	squared       float64           // SW2^2 of the two
	errors        []metrics.Summary // of the score, by noise level
	nats          []float64         // log density of the held-out points
	gap, absolute metrics.Summary   // mean of nats less the exact ones, and of its absolute value
}

// learnedCross trains three samplers of the cross and measures their samples, likelihoods and scores.
func learnedCross(l *suite.Lab, r *suite.Report) error {
	floor, err := floorOfPairs(l)
	if err != nil {
		return err
	}
	held, err := holdOut(l, r)
	if err != nil {
		return err
	}
	times, err := diffusion.InRatio(l.Backend, kit.LearnedPath, 1, 0, 12, diffusion.Geometric)
	if err != nil {
		return err
	}
	var runs []crossTraining
	for k := range crossTrainings {
		if err := l.Progress(.05+.22*float64(k), fmt.Sprint("training ", k+1)); err != nil {
			return err
		}
		run, err := trainCross(l, fmt.Sprint("cross ", k+1), held, times)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	crossChecks(r, runs, floor)
	r.Tables = append(r.Tables, crossTable(runs, floor), learnedLevels(times, runs))
	return learnedFigures(l, r, runs, times, held.exact)
}

// freshCross are exact samples.
func freshCross(l *suite.Lab, purpose string) (metrics.Points, error) {
	x, err := density.Cross().Sample(l.Backend, l.Key(purpose), crossSamples)
	if err != nil {
		return metrics.Points{}, err
	}
	return kit.Points(x), nil
}

// floorOfPairs is SW2^2 of pairs of exact samples.
func floorOfPairs(l *suite.Lab) (metrics.Summary, error) {
	pairs := make([]float64, l.Size(8, 200))
	for i := range pairs {
		a, err := freshCross(l, fmt.Sprint("floor a ", i))
		if err != nil {
			return metrics.Summary{}, err
		}
		b, err := freshCross(l, fmt.Sprint("floor b ", i))
		if err != nil {
			return metrics.Summary{}, err
		}
		sw, err := metrics.SlicedW2(a, b, metrics.Projections)
		if err != nil {
			return metrics.Summary{}, err
		}
		pairs[i] = sw.Center * sw.Center
	}
	return metrics.Mean(pairs)
}

// holdOut draws the held-out points, and checks that the mean of -log p over them is the entropy.
func holdOut(l *suite.Lab, r *suite.Report) (heldOut, error) {
	x2 := density.Cross()
	points, err := x2.Sample(l.Backend, l.Key("held out"), l.Size(2_000, 20_000))
	if err != nil {
		return heldOut{}, err
	}
	exact, err := kit.LogDensity(l, x2, diffusion.EDM{}, 0, points)
	if err != nil {
		return heldOut{}, err
	}
	entropy, err := metrics.Mean(kit.Map(exact, func(v float64) float64 { return -v }))
	if err != nil {
		return heldOut{}, err
	}
	r.Add(suite.Near{Claim: claims.D002MaximumLikelihood, Metric: "mean of -log p over the held-out points",
		Got: entropy, Want: kit.CrossEntropy,
		Why: kit.WhySE + "; exact: the entropy of the cross, 2.429435 nats, by quadrature"})
	return heldOut{points, exact}, nil
}

// trainCross trains one sampler and measures its samples, its likelihood and its score.
func trainCross(l *suite.Lab, name string, held heldOut, times []float64) (crossTraining, error) {
	var run crossTraining
	x2 := density.Cross()
	m, err := kit.TrainOnPath(l, x2, kit.Keyed(kit.LearnedNet, l, name), kit.LearnedSteps, name)
	if err != nil {
		return run, err
	}
	if run.samples, err = m.Sample(l, crossSamples, name+" start"); err != nil {
		return run, err
	}
	if run.data, err = freshCross(l, name+" data"); err != nil {
		return run, err
	}
	sw, err := metrics.SlicedW2(run.samples, run.data, metrics.Projections)
	if err != nil {
		return run, err
	}
	run.squared = sw.Center * sw.Center
	if run.nats, err = m.LogLikelihood(l, held.points); err != nil {
		return run, err
	}
	gaps := kit.Differences(run.nats, held.exact)
	if run.gap, err = metrics.Mean(gaps); err != nil {
		return run, err
	}
	if run.absolute, err = metrics.Mean(kit.Map(gaps, math.Abs)); err != nil {
		return run, err
	}
	if run.evaluations, err = m.Evaluations(l); err != nil {
		return run, err
	}
	run.errors, err = kit.ScoreErrors(l, x2, m.Build, m.Weights, 10_000, times...)
	return run, err
}

// crossChecks checks the likelihood of each training and the mean distance of the samples.
func crossChecks(r *suite.Report, runs []crossTraining, floor metrics.Summary) {
	mean := 0.
	for k, run := range runs {
		r.Add(suite.Between{Claim: claims.D002MaximumLikelihood, Metric: fmt.Sprint("log p of the learnt model less "+
			"the exact one, mean over held-out points, training ", k+1), Got: run.gap, Lo: -.02, Hi: run.gap.Half(),
			Alpha: metrics.Miss,
			Why: "the model may lose 0.02 nats; on average it cannot exceed the exact value, so above 0 only 5 " +
				"standard errors are allowed", OfTraining: true})
		mean += (run.squared - floor.Center) / crossTrainings
	}
	r.Add(
		suite.Between{Claim: claims.D000LearnedScore, Metric: "SW2^2 of 50,000 samples to data less that of data to " +
			"data, mean of three trainings", Got: metrics.Exactly(mean), Lo: -crossNoise, Hi: .0006,
			Alpha: metrics.Miss, Why: crossWhy, OfTraining: true},
		suite.Equals{Claim: claims.D002ThousandSteps, Metric: "evaluations of the network for each sample",
			Got: float64(runs[0].evaluations), Want: 20, Tol: 0, Why: "one for each step of exponential Adams",
			Shows: suite.Qualified})
}

func crossTable(runs []crossTraining, floor metrics.Summary) suite.Table {
	table := suite.Table{Name: "trainings", Caption: "Three samplers of the cross, each with its own initial weights " +
		"and data. SW2^2: squared sliced Wasserstein distance of 50,000 samples to data; floor: the same between two " +
		"sets of data. Then log p of the model minus the exact log p at held-out points, in nats: mean with " +
		"five-standard-error limits, and mean absolute value",
		Header: []string{"training", "SW2^2", "floor", "SW2^2 - floor", "log p, model - exact", "lo", "hi",
			"mean absolute difference"}}
	for k, run := range runs {
		table.Rows = append(table.Rows, []any{k + 1, run.squared, floor.Center, run.squared - floor.Center,
			run.gap.Center, run.gap.Lo, run.gap.Hi, run.absolute.Center})
	}
	return table
}

// Among 200 pairs of 50,000 exact samples, apart from this code, SW2^2 had the mean 0.000206, the standard deviation
// 0.000070 and the range 0.000084 to 0.000498; so exact samplers leave the mean of three less a floor of eight pairs
// with 0.000047.
const (
	crossNoise = .0003
	crossWhy   = "0.0006 is a scale off by 2.4 %; below 0 only chance remains, with standard deviation 0.000047 for " +
		"exact samples (200 pairs)"
)

// levelOf is sigma at a time of kit.LearnedPath.
func levelOf(t float64) float64 {
	return kit.LearnedPath.SigmaMin * math.Pow(kit.LearnedPath.SigmaMax/kit.LearnedPath.SigmaMin, t)
}

func learnedLevels(times []float64, runs []crossTraining) suite.Table {
	table := suite.Table{Name: "levels", Caption: "Relative squared error E|s_net - s|^2/E|s|^2 of the learned score " +
		"by noise level, for three trainings. It is largest at the lowest noise", Header: []string{"sigma"}}
	columns := [][]float64{kit.Map(times, levelOf)}
	for k, run := range runs {
		table.Header = append(table.Header, fmt.Sprint("training ", k+1))
		columns = append(columns, kit.Centers(run.errors))
	}
	table.Rows = kit.Rows(columns...)
	return table
}
