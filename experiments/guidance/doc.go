// Package guidance asks what is sampled when a score is steered to a class.
//
// By Bayes' formula grad log p(x | y) = grad log p(x) + grad log p(y | x). Guidance multiplies the second term by a
// scale gamma. For gamma other than 0 and 1 the guided field is not the score of the noised density p(x) p(y |
// x)^gamma, so the flow, the reverse SDE and a weighted (Feynman-Kac) sampler draw from three distributions.
package guidance

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	guidedByBayes,
	threeLaws,
	conditioningDropout,
	guidedDigits,
}
