package guidance

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// waysScale is the strength of the pictures that document 004 shows of guidance without a classifier.
const waysScale = 3.

// guidingBy follows a guide as it is, whatever the strength.
func guidingBy(g diffusion.Guide) guiding {
	return func(*model.Scope, diffusion.Scale) diffusion.Model {
		return diffusion.Model{Process: guidedProcess,
			Denoise: g(guidedProcess, guidedLaw().Model(guidedProcess).Denoise)}
	}
}

// cleanClassifier is the exact classifier of the data themselves, shown noisy samples.
func cleanClassifier(x, t *Node) *Node {
	return guidedLaw().ClassLogProb(guidedProcess, guidedClass, x, ScalarZero(x.Graph(), x.DType()))
}

// way is one of the ways to follow a guide.
type way struct {
	name  string
	guide diffusion.Guide
}

// bayesWays compares the ways to follow a guide by how far they lead from the class, and a classifier that knows no
// noise.
func bayesWays(l *suite.Lab, r *suite.Report, s guidedSweep) error {
	only, _ := guidedOnly()
	real, err := only.Sample(l.Backend, l.Key("class"), s.start.Shape().Dim(0))
	if err != nil {
		return err
	}
	class := kit.Points(real)
	across, err := only.Marginal([]float64{0, 1}) // the classes lie on either side of x2 = 0
	if err != nil {
		return err
	}
	_, byLabel := exactGuides(guidedProcess)
	ways := []way{{"none, the class itself", byLabel},
		{"clean classifier, scale 1", diffusion.ByClassifier(cleanClassifier)}}
	for _, spec := range diffusion.Guides {
		ways = append(ways, way{fmt.Sprintf("%s, scale %g", spec.Name, waysScale), spec.With(byLabel, waysScale)})
	}
	table := suite.Table{Name: "ways", Caption: "Samples of the flow under the same exact guide, followed in " +
		"different ways, and under the exact classifier of clean data: mean of P(class | x), recall of the class's " +
		"samples, share of the middle mode, and W1 distance of x2 to the class",
		Header: []string{"guidance", "purity", "recall", "middle", "W1 across"}}
	var distances []metrics.Summary // W1 of x2 to the class
	for _, w := range ways {
		clouds, err := s.run(l, guidingBy(w.guide), 0)
		if err != nil {
			return err
		}
		judgements, err := judged(l, clouds)
		if err != nil {
			return err
		}
		apart, err := metrics.W1(clouds[0].Col(1), across.CDF)
		if err != nil {
			return err
		}
		distances = append(distances, apart)
		table.Rows = append(table.Rows, []any{w.name, judgements[0].purity.Center, recallOf(class, clouds[0], 3),
			judgements[0].modes[1], apart.Center})
	}
	r.Tables = append(r.Tables, table)
	waysChecks(r, distances)
	return nil
}

// waysChecks compares the distances of the first four ways.
func waysChecks(r *suite.Report, distances []metrics.Summary) {
	plain, clean, scaled, limited := distances[0], distances[1], distances[2], distances[3]
	r.Add(
		suite.Between{Claim: claims.D004CFGScale, Metric: "W1 distance of x2 to the class, samples at scale 1",
			Got: plain, Lo: 0, Hi: .07, Alpha: 0,
			Why: "samples of the class have 0.012 in the mean, and 5 standard errors of their mean are 0.06"},
		suite.Between{Claim: claims.D004CFGScale, Metric: "the same at scale 3", Got: scaled, Lo: .3, Hi: .6,
			Alpha: 0,
			Why: "what works well is surer of the class, P(class | x) 0.999 where the class has 0.933, but is not " +
				"of it: four times the farthest that scale 1 may be", Shows: suite.Qualified},
		suite.Between{Claim: claims.D004CFGScale, Metric: "the same at scale 3, at the noise levels 0.3 to 3 only, " +
			"over that at all levels", Got: metrics.Exactly(limited.Center / scaled.Center), Lo: .3, Hi: .95,
			Alpha: 0,
			Why:   "leaving the first and the last steps to the class alone must bring samples nearer to it",
			Shows: suite.Qualified},
		suite.Between{Claim: claims.D004NoisyClassifier,
			Metric: "the same at scale 1, guided by the exact classifier of clean data, at all noise levels",
			Got:    clean, Lo: .1, Hi: .4, Alpha: 0,
			Why: "the classifier is exact and still of no use: farther than 5 standard errors allow"})
}
