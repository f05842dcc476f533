// Package score asks what a score is and what following it does.
//
// The score of a density p is s(x) = grad log p(x). It is independent of the normalizer, since grad log Z = 0, and it
// points uphill on log p. Following it alone, dx/dt = s(x), ends in the modes of p and not in samples of p. Where the
// data lie on a curve, the score of the noised density points to the curve, and its typical length there grows like
// 1/sigma as the noise sigma falls.
package score

import (
	"scorelab/lib/suite"
)

// Experiments lists the experiments of the chapter in the order of the story.
var Experiments = []suite.Experiment{
	scoreField,
	odeCollapse,
	manifold,
}
