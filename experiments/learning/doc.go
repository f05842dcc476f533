// Package learning asks how well networks learn scores, and how their errors change samples.
//
// The denoising loss of a network is its squared error to the exact score plus a floor that no network can remove: the
// variance of its target given x. So each training here is measured against an exact score. Samplers, likelihoods and
// mode weights are then measured with the learned score in place of the exact one.
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
	lowDensity,
	ganVersusDiffusion,
	energyModels,
	noiseBlind,
}
