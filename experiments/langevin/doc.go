// Package langevin asks whether Langevin dynamics, which follows the score and adds noise, samples the density, and
// how long that takes.
//
// Langevin dynamics is dx = s(x) dt + sqrt(2) dB with the score s = grad log q. Its density obeys the Fokker-Planck
// equation dp/dt = -div(p s) + lap p, for which q is stationary. KL(p_t, q) falls from every start. Its rate is at
// least twice the log-Sobolev constant of q, which is exponentially small in the height of the barrier between two
// modes.
package langevin

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	langevin,
	invariantDistribution,
	fokkerPlanck,
	twoStarts,
	annealing,
}
