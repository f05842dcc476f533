// Package matching asks how a score is learned without knowing it.
//
// Explicit matching minimizes J(v) = E|v - s|^2/2. By parts, E[tr grad v + |v|^2/2] has the same minimizer (Hyvarinen
// 2005), and so has E|v(x + sigma eps) + eps/sigma|^2/2 for the score of the noised density (Vincent 2011). The Fisher
// divergence J is almost independent of the weights of modes that are far apart.
package matching

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	implicitScoreMatching,
	hutchinson,
	objectivesSideBySide,
	denoisingScoreMatching,
	probing,
	traceCost,
	fisherVersusKL,
}
