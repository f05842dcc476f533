// Package forward asks what adding noise does to data.
//
// A Gaussian probability path is x_t = alpha(t) x0 + sigma(t) eps. It solves dx = f x dt + g dB with f = alpha'/alpha
// and g^2 = alpha^2 d(sigma^2/alpha^2)/dt, so one draw at t equals any number of steps to t. A schedule changes when
// the path passes a ratio sigma/alpha, and not which distributions it passes.
package forward

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	forward,
	schedules,
	dissolve,
}
