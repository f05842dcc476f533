// Package flow asks what an equation without noise gives: samples, likelihoods, bounds.
//
// The probability flow dx/dt = f x - g^2 s(x, t)/2, with s the score, has the same marginals p_t as the SDE. Along it
// log p changes by minus the divergence of the velocity, so the flow gives the log density of data. The evidence lower
// bound (ELBO) of a DDPM chain lies below the log density by a sum of KL divergences, one for each step and one for
// the prior.
package flow

import (
	"scorelab/lib/suite"
)

// Experiments are this chapter's, in reading order.
var Experiments = []suite.Experiment{
	probabilityFlow,
	likelihood,
	elbo,
}
