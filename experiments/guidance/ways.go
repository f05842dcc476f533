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

// waysScale is the scale of document 004's pictures of classifier-free guidance.
const waysScale = 3.

// guidingBy applies a guide as it is, whatever the scale.
func guidingBy(g diffusion.Guide) guiding {
	return func(*model.Scope, diffusion.Scale) diffusion.Model {
		return diffusion.Model{Process: guidedProcess,
			Denoise: g(guidedProcess, twoClasses().Model(guidedProcess).Denoise)}
	}
}

// cleanClassifier is the exact classifier of clean data, applied to noisy samples.
func cleanClassifier(x, t *Node) *Node {
	return twoClasses().ClassLogProb(guidedProcess, guidedClass, x, ScalarZero(x.Graph(), x.DType()))
}

// way is one of the ways to apply a guide.
type way struct {
	name  string
	guide diffusion.Guide
}

// bayesWays compares ways to apply a guide, and a classifier of clean data, by the distance of their samples from the
// class.
func bayesWays(l *suite.Lab, r *suite.Report, s guidedSweep) error {
	only, _ := classOnly()
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
	table := suite.Table{Name: "ways", Caption: "Samples of the flow with one exact guide applied in different ways, " +
		"and with the exact classifier of clean data: mean of P(class | x), recall of the class, share of the middle " +
		"mode (weight 0.4), and W1 distance of x2 to the class. All ways at scale 3 leave the class",
		Header: []string{"guidance", "purity", "recall", "middle", "W1 across"}}
	var distances []metrics.Summary // W1 of x2 to the class
	for _, w := range ways {
		clouds, err := s.run(l, guidingBy(w.guide), 0)
		if err != nil {
			return err
		}
		assessments, err := assess(l, clouds)
		if err != nil {
			return err
		}
		apart, err := metrics.W1(clouds[0].Col(1), across.CDF)
		if err != nil {
			return err
		}
		distances = append(distances, apart)
		table.Rows = append(table.Rows, []any{w.name, assessments[0].purity.Center, recallOf(class, clouds[0], 3),
			assessments[0].modes[1], apart.Center})
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
			Why: "samples of the class have 0.012 on average; 5 standard errors of their mean are 0.06"},
		suite.Between{Claim: claims.D004CFGScale, Metric: "the same at scale 3", Got: scaled, Lo: .3, Hi: .6,
			Alpha: 0,
			Why: "samples at scale 3 have a higher P(class | x), 0.999 against 0.933, but do not follow the class: " +
				"at least four times the largest distance allowed at scale 1", Shows: suite.Qualified},
		suite.Between{Claim: claims.D004CFGScale, Metric: "the same at scale 3, at the noise levels 0.3 to 3 only, " +
			"over that at all levels", Got: metrics.Exactly(limited.Center / scaled.Center), Lo: .3, Hi: .95,
			Alpha: 0,
			Why:   "using the class score alone in the first and the last steps must bring samples nearer to the class",
			Shows: suite.Qualified},
		suite.Between{Claim: claims.D004NoisyClassifier,
			Metric: "the same at scale 1, guided by the exact classifier of clean data, at all noise levels",
			Got:    clean, Lo: .1, Hi: .4, Alpha: 0,
			Why: "this classifier is exact for clean data, yet its samples are farther from the class than 5 " +
				"standard errors"})
}
