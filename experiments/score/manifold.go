package score

import (
	"scorelab/experiments/claims"
	"scorelab/lib/suite"
)

var manifold = suite.Experiment{
	ID:       "manifold",
	Stream:   "E36-manifold",
	Title:    "Near a manifold, the score shows the dimension of the data",
	Question: "How does the score behave when the data lie on a curve or a plane and the noise sigma falls?",
	Sources: []string{"002, section 4", "003, Noise Levels and Multi-Scale Scores", "003, Geometric Interpretation, " +
		"table", "004, Why is this viewpoint useful?"},
	Run: runManifold,
}

func runManifold(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It splits in two. Across the manifold it grows like 1/sigma and points to the " +
		"nearest point. Along the manifold it converges to the score of the density there. So sigma^2 E|score|^2 " +
		"tends to the codimension, the number of directions across. The error that the one-step denoiser D leaves, " +
		"E|D - x0|^2/sigma^2, tends to the number of directions along: the dimension of the data at scale sigma. The " +
		"denoiser itself converges to the projection on the manifold. Two statements need a condition. Edges make " +
		"the score along the manifold grow too. And the clean points are near equilibrium, but their noisy neighbors " +
		"are not."}
	circles, err := onCircles(l, r)
	if err != nil {
		return nil, err
	}
	defer circles.uniform.finalize()
	defer circles.weighted.finalize()
	edge := onSegment(r)
	if err := l.Progress(.3, "a plane in eight dimensions"); err != nil {
		return nil, err
	}
	plane, err := onPlane(l, r)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.6, "drawing"); err != nil {
		return nil, err
	}
	return r, manifoldFigures(l, r, circles, edge, plane)
}

const (
	supportClaim     = claims.D002ScoreOnManifold
	noisedClaim      = claims.D002NoiseGivesSupport
	nearClaim        = claims.D003NearManifold
	equilibriumClaim = claims.D003RealisticEquilibrium
	oneStepClaim     = claims.D004OneStepDenoising
)
