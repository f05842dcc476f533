package guidance

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
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var guidedByBayes = suite.Experiment{
	ID:     "classifier-guidance",
	Stream: "E18-bayes",
	Title:  "Bayes' rule for scores, and classifier guidance",
	Question: "Does adding a classifier's gradient turn the unconditional score into that of a class, and what do " +
		"guidance scales above 1 do?",
	Sources: []string{"004, Conditional Diffusion Models - Guidance", "004, Classifier Free Guidance"},
	Run:     runGuidedByBayes,
}

const (
	bayesClaim = claims.D004BayesScore
	scaleClaim = claims.D004ClassifierGuidance
)

func runGuidedByBayes(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, to rounding, at every noise level of every process tested. With scale 1 the " +
		"guided samples are those of the class, with scale 0 those of all data. Larger scales raise P(class | x) for " +
		"every single sample, but the samples no longer follow the class. At scale 10 only 8 % lie at the mode " +
		"nearest to the other class, whose weight is 40 %, and the others have half (0.47) of their mode's spread. " +
		"With exact scores, guidance by a classifier and by a label are the same."}
	return kit.InTurn(l, r, bayesIdentity, bayesSweep)
}

// bayesIdentity compares the two sides of Bayes' rule for scores on a grid, with the classifier's gradient by
// automatic differentiation.
func bayesIdentity(l *suite.Lab, r *suite.Report) error {
	nodes, _, err := density.Grid(-4, 4, 33, 2)
	if err != nil {
		return err
	}
	m, worst, worstClose, only := twoClasses(), 0., 0., make(map[int]*density.Mixture)
	for _, class := range m.Classes() {
		if only[class], _, err = m.Conditional(class); err != nil {
			return err
		}
	}
	table := suite.Table{Name: "identity", Caption: "Largest difference on [-4, 4]^2 between the two sides of Bayes' " +
		"rule for scores, and between the guided denoiser and that of the class; both are rounding",
		Header: []string{"process", "t", "scores", "denoisers"}}
	for _, spec := range diffusion.Processes {
		p := spec.Process
		exec, err := exec.New(l.Backend, func(x, t *Node) []*Node {
			var scores, denoisers []*Node
			for _, class := range m.Classes() {
				log := func(x, t *Node) *Node { return m.ClassLogProb(p, class, x, t) }
				sum := Add(m.Model(p).Score(x, t), Gradient(ReduceAllSum(log(x, t)), x)[0])
				scores = append(scores, ReduceAllMax(Abs(Sub(sum, only[class].Model(p).Score(x, t)))))
				guided := diffusion.ByClassifier(log)(p, m.Model(p).Denoise)(x, t)
				denoisers = append(denoisers, ReduceAllMax(Abs(Sub(guided, only[class].Model(p).Denoise(x, t)))))
			}
			return []*Node{ReduceAllMax(Stack(scores, 0)), ReduceAllMax(Stack(denoisers, 0))}
		})
		if err != nil {
			return err
		}
		lo, hi := p.Horizon()
		for _, share := range []float64{0, .1, .4, .9} {
			t := lo + share*(hi-lo)
			out, err := exec.Call(nodes, t)
			if err != nil {
				exec.Finalize()
				return err
			}
			gaps := kit.Flatten(out)
			worst, worstClose = math.Max(worst, gaps[0][0]), math.Max(worstClose, gaps[1][0])
			table.Rows = append(table.Rows, []any{spec.Name, t, gaps[0][0], gaps[1][0]})
		}
		exec.Finalize()
	}
	const why = "rounding of scores up to 25, and of denoisers; the required accuracy is 1e-10"
	r.Add(
		suite.Below{Claim: bayesClaim, Metric: "largest error of score(x | y) = score(x) + grad log p(y | x_t), by " +
			"autodiff, on a lattice, all processes and noise levels", Got: worst, Bound: 1e-10, Why: why},
		suite.Below{Claim: bayesClaim, Metric: "largest distance of the denoiser guided by the exact classifier to " +
			"that of the class", Got: worstClose, Bound: 1e-10, Why: why})
	r.Tables = append(r.Tables, table)
	return nil
}

// bayesSweep samples at every scale from the same initial noise.
func bayesSweep(l *suite.Lab, r *suite.Report) error {
	n := l.Size(1500, 20_000)
	s, err := newGuidedSweep(l, diffusion.Flow(diffusion.HeunMethod), "flow", n, 60)
	if err != nil {
		return err
	}
	byClassifier, byLabel := exactGuides(guidedProcess)
	film, err := s.trace(l, guidingExactly(byClassifier), bayesFilmSteps(s), guidedStrengths...)
	if err != nil {
		return err
	}
	clouds := film[len(film)-1]
	if err := l.Progress(.4, "by label"); err != nil {
		return err
	}
	byLabelClouds, err := s.run(l, guidingExactly(byLabel), guidedStrengths...)
	if err != nil {
		return err
	}
	assessments, err := assess(l, clouds)
	if err != nil {
		return err
	}
	if err := exactScales(l, r, s, clouds, assessments); err != nil {
		return err
	}
	bayesChecks(r, clouds, byLabelClouds, assessments)
	if err := bayesTable(r, clouds, assessments); err != nil {
		return err
	}
	if err := bayesWays(l, r, s); err != nil {
		return err
	}
	figures, err := bayesFigures(l, s, film, assessments)
	r.Figures = append(r.Figures, figures...)
	return err
}

// bayesChecks checks that P(class | x) rises with the scale, and that classifier and label give the same samples.
func bayesChecks(r *suite.Report, clouds, byLabelClouds []metrics.Points, assessments []assessment) {
	least, apart := math.Inf(1), 0.
	for k := range clouds {
		apart = math.Max(apart, kit.LargestDifference(clouds[k].X, byLabelClouds[k].X))
		if k > 0 {
			for i, v := range assessments[k].tilt {
				least = math.Min(least, v-assessments[k-1].tilt[i])
			}
		}
	}
	r.Add(
		suite.Between{Claim: scaleClaim, Metric: "least gain in log p(class | x) of any sample, from one scale to " +
			"the next of 0, .5, 1, 1.5, 2, 3, 5, 10, same start", Got: metrics.Exactly(least), Lo: -1e-9, Hi: 100,
			Alpha: 0,
			Why:   "P(class | x) must not fall; near 1, differences of logarithms are rounding"},
		suite.Below{Claim: claims.D004CFGIdentity, Metric: "largest distance of samples guided by the exact " +
			"classifier to those guided by the label, all scales", Got: apart, Bound: 1e-10,
			Why: "rounding of the guided denoisers, which the flow may amplify"},
		suite.Between{Claim: scaleClaim, Metric: "mean of P(class | x) at scale 10",
			Got: assessments[len(assessments)-1].purity, Lo: .999, Hi: 1, Alpha: 0,
			Why: "the class itself has 0.933; at scale 10 hardly a sample is undecided"})
}

// bayesTable tabulates the sweep, and checks the spread at the largest scale.
func bayesTable(r *suite.Report, clouds []metrics.Points, assessments []assessment) error {
	only, _ := classOnly()
	table := suite.Table{Name: "strengths", Caption: "Samples of the probability flow at each scale: mean of P(class " +
		"| x), share assigned to the class by the exact classifier, share at each of the class's modes, and standard " +
		"deviation of x2 in the right mode over the mode's own. Larger scales empty the middle mode",
		Header: []string{"scale", "purity", "chosen", "left", "middle", "right", "spread"}}
	var ten metrics.Summary
	for k, gamma := range guidedStrengths {
		j := assessments[k]
		spread, err := modeSpread(only, clouds[k])
		if err != nil {
			return err
		}
		if gamma == 10 {
			ten = spread
		}
		table.Rows = append(table.Rows, []any{gamma, j.purity.Center, j.chosen.Center, j.modes[0], j.modes[1],
			j.modes[2], spread.Center})
	}
	r.Tables = append(r.Tables, table)
	r.Add(
		suite.Between{Claim: scaleClaim, Metric: "spread of samples at scale 10 across the classes, within the right " +
			"mode, over the mode's own", Got: ten, Lo: .1, Hi: .65, Alpha: 0,
			Why:   "what the claim leaves out: a scale above 1 samples another distribution than the class",
			Shows: suite.Qualified})
	return nil
}

// modeSpread is the standard deviation of x2 among the samples near the right mode of the class, over that mode's.
func modeSpread(only *density.Mixture, cloud metrics.Points) (metrics.Summary, error) {
	c := only.Components()[2]
	var ys []float64
	for i := range cloud.N {
		if x, y := cloud.X[2*i], cloud.X[2*i+1]; x > c.Mean[0]/2 && y > 0 {
			ys = append(ys, y)
		}
	}
	v, err := metrics.Variance(ys)
	root := func(v float64) float64 { return math.Sqrt(max(v, 0) / c.Cov[1][1]) }
	return metrics.Summary{Center: root(v.Center), Lo: root(v.Lo), Hi: root(v.Hi), N: v.N}, err
}

// exactScales compares the samples of scales 0 and 1 with the distributions that they must follow.
func exactScales(l *suite.Lab, r *suite.Report, s guidedSweep, clouds []metrics.Points,
	assessments []assessment) error {
	m := twoClasses()
	only, _ := classOnly()
	inClass, err := purityOf(l, only)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		name   string
		scale  float64
		target *density.Mixture
		purity float64
	}{{"all data", 0, m, .5}, {"the class", 1, only, inClass}} {
		k := slices.Index(guidedStrengths, side.scale)
		unguided, err := s.run(l, func(*model.Scope, diffusion.Scale) diffusion.Model {
			return side.target.Model(guidedProcess)
		}, 0)
		if err != nil {
			return err
		}
		r.Add(suite.Below{Claim: bayesClaim, Metric: fmt.Sprintf("largest distance of samples guided with scale %g "+
			"to samples of the model of %s", side.scale, side.name),
			Got: kit.LargestDifference(clouds[k].X, unguided[0].X), Bound: 1e-9,
			Why: "rounding of the denoisers in 120 evaluations"})
		for i, direction := range [][]float64{{1, 0}, {0, 1}} {
			marginal, err := side.target.Marginal(direction)
			if err != nil {
				return err
			}
			check, err := kit.KSCheck(bayesClaim, fmt.Sprintf("KS distance of samples at scale %g to %s, x%d",
				side.scale, side.name, i+1), clouds[k].Along(direction...), marginal.CDF, .002,
				", plus 0.002 for the noise left at the end and the 0.25 % of the data left at the start")
			if err != nil {
				return err
			}
			r.Add(check)
		}
		r.Add(suite.Near{Claim: bayesClaim, Metric: fmt.Sprintf("mean of P(class | x) at scale %g", side.scale),
			Got: assessments[k].purity, Want: side.purity, Why: kit.WhySE + "; exact by quadrature for " +
				side.name})
	}
	return nil
}

// purityOf is E P(class | x) over a mixture, by the trapezoidal rule.
func purityOf(l *suite.Lab, m *density.Mixture) (float64, error) {
	nodes, cell, err := density.Grid(-6, 6, 241, 2)
	if err != nil {
		return 0, err
	}
	if err := density.CheckOnGrid(l.Backend, m, guidedProcess, nodes, cell, 0); err != nil {
		return 0, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x, t := in[0], kit.ScalarLike(in[0], 0)
		log := Add(m.Model(guidedProcess).LogDensity(x, t), twoClasses().ClassLogProb(guidedProcess, guidedClass, x,
			t))
		return []*Node{MulScalar(ReduceAllSum(Exp(log)), cell)}
	}, nodes)
	if err != nil {
		return 0, err
	}
	return out[0][0], nil
}
