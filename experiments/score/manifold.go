package score

import (
	"scorelab/experiments/claims"
	"scorelab/lib/suite"
)

var manifold = suite.Experiment{
	ID:       "E36-manifold",
	Title:    "The score near a manifold, and the dimension that it gives away",
	Question: "What becomes of the score when the data lies on a curve or a plane and the noise falls?",
	Sources: []string{"002, section 4", "003, Noise Levels and Multi-Scale Scores", "003, Geometric Interpretation, " +
		"table", "004, Why is this viewpoint useful?"},
	Run: runManifold,
}

func runManifold(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It splits. Across the manifold it grows like 1/sigma and points to the nearest " +
		"point; along it, it settles at the score of the density on the manifold. sigma^2 E|score|^2 counts the " +
		"directions across, and what the one-step denoiser leaves, E|D - x0|^2/sigma^2, those along: the dimension " +
		"of the data at the scale sigma. The denoiser itself tends to the projection. Two sentences need a " +
		"condition: an edge makes the score along the manifold grow too, and only the clean points themselves are " +
		"near equilibrium, their noisy neighbours are not."}
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
