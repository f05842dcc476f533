// Package tweedie asks how the score is related to denoising.
//
// Tweedie's formula: if x = x0 + sigma eps, then E[x0 | x] = x + sigma^2 s(x), and Cov[x0 | x] = sigma^2 (I +
// sigma^2 grad s). The posterior mean has the least squared error of all denoisers: sigma^2 - sigma^4 E|s|^2/d per
// coordinate.
package tweedie

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	tweedie,
	denoisingAutoencoder,
	idealDenoiser,
}
