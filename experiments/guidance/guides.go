package guidance

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/suite"
)

// droppedPair binds the network of a rate.
func droppedPair(l *suite.Lab, scope *model.Scope, rate float64) (network.Pair, error) {
	return network.NewPair(scope.In("dropped%g", 100*rate), droppedNet(l), droppedHead, guidedProcess, guidedClass)
}

// guideResult is the result of a guide at every scale.
type guideResult struct {
	name        string
	clouds      []metrics.Points
	film        [][]metrics.Points // the clouds on their way, by step
	assessments []assessment
	recall      []float64 // of the class, by its samples
	off         []float64 // root mean square distance to the samples of exact guidance from the same starts
}

// droppedGuides compares guidance by label and by classifier, both learned, with exact guidance.
func droppedGuides(l *suite.Lab, r *suite.Report, store *model.Store) error {
	if err := refusedPair(l, r, store); err != nil {
		return err
	}
	n := l.Size(1000, 5000)
	s, err := newGuidedSweep(l, diffusion.Flow(diffusion.HeunMethod), "guides", n, 50)
	if err != nil {
		return err
	}
	// From the largest trained noise level to where the noise is small beside the modes.
	if s.grid, err = diffusion.InRatio(l.Backend, guidedProcess, timeOfLevel(20), timeOfLevel(.03), 50,
		diffusion.Geometric); err != nil {
		return err
	}
	only, _ := classOnly()
	real, err := only.Sample(l.Backend, l.Key("class"), n)
	if err != nil {
		return err
	}
	var results []guideResult
	for _, guide := range comparedGuides(l) {
		s.store, s.single = store, guide.name != "exact"
		res, err := guide.measure(l, s, kit.Points(real))
		if err != nil {
			return err
		}
		results = append(results, res)
		results[len(results)-1].compare(results[0])
	}
	r.Tables = append(r.Tables, guideTable(results))
	if err := l.Progress(.9, "drawing"); err != nil {
		return err
	}
	guideChecks(r, results)
	figures, err := guideFigures(l, s, results)
	r.Figures = append(figures, r.Figures...)
	return err
}

// refusedPair checks that a network that always had a label is refused as a guide, and that the one used is accepted.
func refusedPair(l *suite.Lab, r *suite.Report, store *model.Store) error {
	_, err := droppedPair(l, store.RootScope(), 0)
	refused := indicator(err != nil)
	if _, err = droppedPair(l, store.RootScope(), droppedUsed); err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: dropoutClaim, Metric: "networks that guidance refuses for want of an unconditional " +
		"head: that with no label dropped", Got: refused, Want: 1, Tol: 0, Why: "exact: the weights show it"})
	return nil
}

// comparedGuide is a guide by its name.
type comparedGuide struct {
	name string
	g    guiding
}

// comparedGuides are the exact guide and the learned ones.
func comparedGuides(l *suite.Lab) []comparedGuide {
	_, byLabel := exactGuides(guidedProcess)
	pairIn := func(scope *model.Scope) network.Pair {
		pair, err := droppedPair(l, scope, droppedUsed)
		if err != nil {
			panic(err)
		}
		return pair
	}
	return []comparedGuide{
		{"exact", guidingExactly(byLabel)},
		{"label", func(scope *model.Scope, scale diffusion.Scale) diffusion.Model {
			return diffusion.Model{Process: guidedProcess, Denoise: pairIn(scope).Guided(guidedProcess,
				func(g diffusion.Guide) diffusion.Guide {
					return g.Scaled(scale)
				})}
		}},
		{"classifier", func(scope *model.Scope, scale diffusion.Scale) diffusion.Model {
			pair := pairIn(scope)
			g := diffusion.ByClassifier(noisyClassifier(l).LogProb(scope.In("classifier"), guidedProcess, guidedClass))
			return diffusion.Model{Process: guidedProcess, Denoise: g.Scaled(scale)(guidedProcess, pair.Unconditional)}
		}},
	}
}

// measure samples with the guide at every scale; real are samples of the class.
func (c comparedGuide) measure(l *suite.Lab, s guidedSweep, real metrics.Points) (res guideResult, err error) {
	if res.film, err = s.trace(l, c.g, droppedFilmSteps(s), guidedStrengths...); err != nil {
		return res, err
	}
	res.name, res.clouds = c.name, res.film[len(res.film)-1]
	if res.assessments, err = assess(l, res.clouds); err != nil {
		return res, err
	}
	for _, cloud := range res.clouds {
		res.recall = append(res.recall, recallOf(real, cloud, 3))
	}
	return res, nil
}

// compare fills in the distances to exact guidance.
func (g *guideResult) compare(exact guideResult) {
	for k, cloud := range g.clouds {
		g.off = append(g.off, rmsDistance(cloud, exact.clouds[k]))
	}
}

// guideTable tabulates what the guides do.
func guideTable(results []guideResult) suite.Table {
	table := suite.Table{Name: "guides", Caption: "Guidance by a learned label network, by a learned classifier, and " +
		"by exact scores: mean of P(class | x), recall (share of the class's samples that lie among the guided " +
		"ones), share of the middle mode (weight 0.4), and root mean square distance to samples of exact guidance " +
		"from the same noise. Near scale 1 the label is nearer to exact guidance, from scale 5 on the classifier",
		Header: []string{"guide", "scale", "purity", "recall", "middle", "off"}}
	for _, res := range results {
		for k, gamma := range guidedStrengths {
			j := res.assessments[k]
			table.Rows = append(table.Rows, []any{res.name, gamma, j.purity.Center, res.recall[k], j.modes[1],
				res.off[k]})
		}
	}
	return table
}

// guideChecks compares the learned guides with each other; results are those of the exact guide, the label and the
// classifier.
func guideChecks(r *suite.Report, results []guideResult) {
	label, classifier := results[1], results[2]
	at := func(gamma float64) int { return slices.Index(guidedStrengths, gamma) }
	for _, res := range []guideResult{label, classifier} {
		fall := 0.
		for k := range res.assessments[1:] {
			fall = math.Max(fall, res.assessments[k].purity.Center-res.assessments[k+1].purity.Center)
		}
		r.Add(suite.Below{Claim: scaleClaim, Metric: "largest fall of purity from one scale to the next, guided by " +
			"the learned " + res.name, Got: fall, Bound: .002,
			Why:        "purity must not fall; near 1, a few samples at scales 5 and 10 may cost a thousandth",
			OfTraining: true})
	}
	table := suite.Table{Name: "equal-purity", Caption: "Recall of the class with guidance by the label, and with " +
		"the classifier at the scale of the same purity. At equal purity the classifier covers more of the class",
		Header: []string{"scale of the label", "purity", "recall, label", "recall, classifier"}}
	lead := map[float64]float64{}
	for _, gamma := range []float64{1, 1.5, 2, 3} {
		k := at(gamma)
		other := classifier.recallAt(label.assessments[k].purity.Center)
		lead[gamma] = label.recall[k] - other
		table.Rows = append(table.Rows, []any{gamma, label.assessments[k].purity.Center, label.recall[k], other})
	}
	r.Tables = append(r.Tables, table)
	r.Add(
		suite.Between{Claim: betterClaim, Metric: "distance of samples to those of exact guidance, scale 1: guided " +
			"by the label, over by the classifier", Got: metrics.Exactly(label.off[at(1)] / classifier.off[at(1)]),
			Lo: 0, Hi: .8, Alpha: 0, Why: whyGuides("0.15 to 0.4"), OfTraining: true},
		suite.Between{Claim: betterClaim, Metric: "the same at scale 10",
			Got: metrics.Exactly(label.off[at(10)] / classifier.off[at(10)]), Lo: .7, Hi: 8, Alpha: 0,
			Why: whyGuides("1.4 to 2.9: here the classifier is better"), OfTraining: true, Shows: suite.Qualified},
		suite.Between{Claim: betterClaim, Metric: "recall of the class by the label at scale 3, less that by the " +
			"classifier at the same purity", Got: metrics.Exactly(lead[3]), Lo: -.8, Hi: -.1, Alpha: 0,
			Why: whyGuides("-0.45 to -0.25"), OfTraining: true, Shows: suite.Qualified})
}

// whyGuides says where the bounds of a comparison of learned guides come from.
func whyGuides(seen string) string {
	return "the range of seeds 1 to 6, " + seen + ", with a margin"
}

// recallAt is the recall at the scale with a purity, interpolated between the measured scales along the log of 1 -
// purity.
func (g guideResult) recallAt(purity float64) float64 {
	unsure := func(k int) float64 { return math.Log(1 - g.assessments[k].purity.Center) }
	target := math.Log(1 - purity)
	for k := 1; k < len(g.recall); k++ {
		if unsure(k) <= target {
			share := (target - unsure(k-1)) / (unsure(k) - unsure(k-1))
			return g.recall[k-1] + share*(g.recall[k]-g.recall[k-1])
		}
	}
	return g.recall[len(g.recall)-1]
}

// rmsDistance is the root mean square distance of samples to those of the same index.
func rmsDistance(a, b metrics.Points) float64 {
	sum := 0.
	for _, d := range kit.Differences(a.X, b.X) {
		sum += d * d
	}
	return math.Sqrt(sum / float64(a.N))
}

// recallOf is the share of real samples that lie within the distance of some generated sample to its k-th nearest
// neighbor among the generated ones (Kynkaanniemi et al. 2019, equation 1).
func recallOf(real, generated metrics.Points, k int) float64 {
	squared := func(a, b []float64) float64 { return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) }
	radius := make([]float64, generated.N)
	for i := range radius {
		nearest := make([]float64, 0, k+2) // itself first
		for j := range generated.N {
			d := squared(generated.Row(i), generated.Row(j))
			if len(nearest) <= k || d < nearest[k] {
				at, _ := slices.BinarySearch(nearest, d)
				nearest = slices.Insert(nearest, at, d)[:min(len(nearest)+1, k+1)]
			}
		}
		radius[i] = nearest[k]
	}
	found := 0
	for i := range real.N {
		for j := range generated.N {
			if squared(real.Row(i), generated.Row(j)) <= radius[j] {
				found++
				break
			}
		}
	}
	return float64(found) / float64(real.N)
}
