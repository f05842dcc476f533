// Package learning asks how well networks learn scores, and what that costs their samples.
//
// The denoising loss of a network v is its squared error to the true score plus a floor that no network can remove, the
// variance of its target given x. Samplers, likelihoods and modes are measured with the learned score in place of the
// exact one.
package learning

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	timeDSM,
	learnedSampler,
	trainedDDPM,
	multiNoise,
	thinData,
	ganVersusDiffusion,
	energyModels,
	blindToTime,
}
