// Package matching asks how a score is learned without knowing it.
//
// Explicit matching minimizes J(v) = E|v - s|^2/2. Integration by parts shows that J_I(v) = E[div v + |v|^2/2], which
// is free of the score s, has the same minimizer (Hyvarinen 2005). J_D(v) = E|v(x + sigma eps) + eps/sigma|^2/2 is
// minimized by the score of the noised density (Vincent 2011). The Fisher divergence J is almost independent of the
// weights of modes that are far apart.
package matching

import (
	"scorelab/lib/suite"
)

// Experiments lists the experiments of the chapter in the order of the story.
var Experiments = []suite.Experiment{
	implicitScoreMatching,
	hutchinson,
	objectivesSideBySide,
	denoisingScoreMatching,
	probing,
	traceCost,
	fisherVersusKL,
}
