// Package guidance asks what is sampled when a score is steered to a class.
//
// By Bayes' rule grad log p(x | y) = grad log p(x) + grad log p(y | x). Guidance multiplies the second term by a scale
// gamma (document 004; gamma is 1 + w of Ho and Salimans 2022). For gamma other than 0 and 1 the guided field is not
// the score of a noised density p(x) p(y | x)^gamma. So the flow, the reverse SDE and a weighted (Feynman-Kac) sampler
// draw from three distributions.
package guidance

import (
	"scorelab/lib/suite"
)

// Experiments are this chapter's, in reading order.
var Experiments = []suite.Experiment{
	guidedByBayes,
	threeDistributions,
	conditioningDropout,
	guidedDigits,
}
