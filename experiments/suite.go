package experiments

import (
	"slices"

	"scorelab/experiments/claims"

	"scorelab/experiments/errata"
	"scorelab/experiments/flow"
	"scorelab/experiments/forward"
	"scorelab/experiments/guidance"
	"scorelab/experiments/langevin"
	"scorelab/experiments/learning"
	"scorelab/experiments/matching"
	"scorelab/experiments/reverse"
	"scorelab/experiments/score"
	"scorelab/experiments/tweedie"
	"scorelab/lib/suite"
)

// Experiments is the suite: its chapters in the order of the story. A line in a chapter's list enrolls an experiment
// everywhere.
var Experiments = slices.Concat(
	score.Experiments,
	langevin.Experiments,
	forward.Experiments,
	matching.Experiments,
	tweedie.Experiments,
	learning.Experiments,
	reverse.Experiments,
	flow.Experiments,
	guidance.Experiments,
	errata.Experiments,
)

// Catalogue is the suite with the statements that it checks.
var Catalogue = suite.Catalogue{Experiments: Experiments, Claims: claims.Claims, Documents: claims.Documents}
