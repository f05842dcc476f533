// Package langevin asks whether following the score with noise samples the density, and how fast.
//
// Langevin dynamics is dx = s(x) dt + sqrt(2) dB with s = grad log q. Its density obeys the Fokker-Planck equation
// dp/dt = -div(p s) + lap p, for which q is stationary. From any start KL(p_t, q) falls; its rate is at least twice the
// log-Sobolev constant of q, which is exponentially small in the height of the barrier between two modes.
package langevin

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	langevin,
	invariantLaw,
	fokkerPlanck,
	twoStarts,
	annealing,
}
