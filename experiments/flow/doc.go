// Package flow asks what an equation without noise does: samples, likelihoods, bounds.
//
// The probability flow dx/dt = f x - g^2 s(x, t)/2 has the marginals p_t of the SDE. Along it log p changes by minus
// the divergence of the velocity, so that the flow gives the log density of data. The ELBO of a DDPM chain is below it
// by a sum of KL divergences between posteriors.
package flow

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	probabilityFlow,
	likelihood,
	elbo,
}
