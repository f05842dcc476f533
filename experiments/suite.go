// Package experiments is the suite: every figure and claim of the theory documents as an experiment, in chapters.
package experiments

import (
	"scorelab/experiments/claims"
	"scorelab/experiments/errata"
	"scorelab/experiments/flow"
	"scorelab/experiments/forward"
	"scorelab/experiments/guidance"
	"scorelab/experiments/langevin"
	"scorelab/experiments/learning"
	"scorelab/experiments/matching"
	"scorelab/experiments/reverse"
	"scorelab/experiments/score"
	"scorelab/experiments/tweedie"
	"scorelab/lib/suite"
)

// Chapters are the suite in the order of the story. A line in a chapter's list enrolls an experiment everywhere.
var Chapters = []suite.Chapter{
	{Title: "What a score is", Experiments: score.Experiments,
		Theorem: "The score of a density p is s(x) = ∇ log p(x). It is independent of the normalizer of p. Following " +
			"it uphill ends in the modes of p, not in samples of p."},
	{Title: "Langevin dynamics and Fokker-Planck", Experiments: langevin.Experiments,
		Theorem: "dx = s(x) dt + √2 dB samples p: its density obeys the Fokker-Planck equation and converges to p, " +
			"at a rate set by the barriers between modes."},
	{Title: "The forward process and its schedules", Experiments: forward.Experiments,
		Theorem: "A Gaussian probability path x_t = α x_0 + σ ε turns data into noise. One draw equals any number of " +
			"steps. The schedule sets when a noise level is reached, not which distributions are passed."},
	{Title: "Score matching", Experiments: matching.Experiments,
		Theorem: "A score can be learned without knowing it: from its divergence (Hyvärinen 2005), from random " +
			"projections of that, or by denoising (Vincent 2011)."},
	{Title: "Tweedie's formula: the score is a denoiser", Experiments: tweedie.Experiments,
		Theorem: "E[x_0 | x] = x + σ² s(x): the score at noise σ is the best denoiser, and the best denoiser is the " +
			"score."},
	{Title: "Learned scores", Experiments: learning.Experiments,
		Theorem: "What a network of a few thousand weights learns, where it errs, and what the errors do to samples."},
	{Title: "Back from noise: the reverse SDE and DDPM", Experiments: reverse.Experiments,
		Theorem: "dx = (f x - g² s) dt + g dB, run backward, has the distribution over paths of the forward process " +
			"(Anderson 1982). DDPM's loop is one of its discretizations."},
	{Title: "The probability flow: solvers, likelihood, bounds", Experiments: flow.Experiments,
		Theorem: "dx/dt = f x - g² s/2 passes the same distributions without noise. It gives log densities, and " +
			"solvers of high order."},
	{Title: "Guidance", Experiments: guidance.Experiments,
		Theorem: "Adding γ times the gradient of a classifier's log probability steers samples to a class. For γ " +
			"other than 0 and 1 the sampler decides which distribution is sampled."},
	{Title: "Where the documents are loose", Experiments: errata.Experiments,
		Theorem: "Each statement beside what is exact."},
}

// Catalogue is the suite with the statements that it checks.
var Catalogue = suite.Catalogue{
	Experiments: allOf(Chapters), Chapters: Chapters, Surprises: Surprises, Claims: claims.Claims,
	Documents: claims.Documents,
}

func allOf(chapters []suite.Chapter) (all []suite.Experiment) {
	for _, c := range chapters {
		all = append(all, c.Experiments...)
	}
	return all
}
