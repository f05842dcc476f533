// Package reverse asks whether the reverse SDE turns noise into data.
//
// If dx = f x dt + g dB carries p_0 to p_T, then dx = (f x - g^2 s(x, t)) dt + g dB', run from T to 0 with
// reverse-time noise B', has the same path distribution (Anderson 1982). The sampling loop of DDPM is a
// discretization of it. An error budget separates what a sampler loses by its start, its end, its steps and its
// score.
package reverse

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	reverseSDE,
	ddpm,
	predictorCorrector,
	errorBudget,
}
