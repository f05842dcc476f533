// Package forward asks what adding noise does to data.
//
// A Gaussian probability path is x_t = alpha(t) x0 + sigma(t) eps, with x0 a data point and eps standard normal. It
// solves dx = f x dt + g dB with f = alpha'/alpha and g^2 = alpha^2 d(sigma^2/alpha^2)/dt, for any path whose ratio
// sigma/alpha does not decrease. One draw at t therefore equals any number of steps to t. A schedule changes when the
// path reaches a ratio sigma/alpha, not which distributions it passes.
package forward

import (
	"scorelab/lib/suite"
)

// Experiments are this chapter's, in reading order.
var Experiments = []suite.Experiment{
	forward,
	schedules,
	digitsForward,
}
