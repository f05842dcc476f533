package experiments

import "scorelab/lib/suite"

// Surprises stand on top of the index of results. Their numbers are filled in from what was measured.
var Surprises = []suite.Surprise{
	{Experiment: "langevin", Figure: "langevin.png", Title: "The best-known picture of Langevin dynamics stops " +
		"half way",
		Text: "At t = 0.5, where it ends, E[x_1² x_2²] is %s; the target has 2.62. Mean and covariance cannot " +
			"show it: the target has those of the start.",
		Metrics: []string{"E[x1^2 x2^2] as drawn (t = 0.5), all samples; the target has 2.62"}},
	{Experiment: "invariant-distribution", Figure: "separated.png", Title: "Two far modes, and convergence takes " +
		"forever",
		Text: "With modes at ±6 the relaxation time is %s. The target is stationary, and so, for all practical " +
			"times, is one mode alone.",
		Metrics: []string{"relaxation time 1/gap, modes at +-6"}},
	{Experiment: "fisher-vs-kl", Figure: "blind.png", Title: "Scores hardly depend on the weights of far modes",
		Text: "Swap weights 0.2 and 0.8 for 0.5 and 0.5, with modes at ±6: the KL divergence is %s, the Fisher " +
			"divergence that score matching minimizes is %s.",
		Metrics: []string{"KL divergence at m = 6; far apart it is ln 1.25", "Fisher divergence at m = 6"}},
	{Experiment: "noise-blind", Figure: "errors.png", Title: "A network must be told the noise level",
		Text: "Without it, the squared error of the learned score is at least %s times as large at every level from " +
			"0.1 to 10.",
		Metrics: []string{"Fisher error of the blind network over that of the same network told the level, the least " +
			"at sigma = 0.1 .. 10"}},
	{Experiment: "digits-tweedie", Figure: "memorised.png", Title: "The exact score of a data set generates the " +
		"data set",
		Text: "Of the samples that the flow of 9,000 digits generates, a share of %s are copies of training " +
			"digits. New pictures come from what a network gets wrong.",
		Metrics: []string{
			"share of flow samples that are copies of a training digit (within 1/256 of a pixel's range)"}},
	{Experiment: "reverse-sde", Figure: "path-law.png", Title: "One score, two ways back that share nothing but " +
		"marginals",
		Text: "Along the probability flow of a Gaussian, the correlation of start and end is %s; along the " +
			"reverse SDE it is 0.068.",
		Metrics: []string{"correlation of start and end along the probability flow, OU"}},
	{Experiment: "likelihood", Figure: "divergences.png", Title: "The flow pays more for a wrong score than " +
		"the SDE",
		Text: "With a score that is 20 %% off, KL(data, samples) is %s for the reverse SDE and %s for the " +
			"probability flow.",
		Metrics: []string{"KL(data || reverse SDE), score off by 20 %", "KL(data || flow) by its likelihood, score " +
			"off by 20 %"}},
	{Experiment: "guided-distributions", Figure: "laws.png", Title: "One guided score, three distributions",
		Text: "At scale 3 the tilted distribution has variance 0.1. The probability flow samples %s, the reverse SDE " +
			"%s; only weighted samples have %s.",
		Metrics: []string{"variance, flow at scale 3, numerically", "variance, SDE at scale 3, numerically",
			"variance, tilted at scale 3, numerically"}},
	{Experiment: "elbo", Figure: "gaps.png", Title: "More steps can make the ELBO worse",
		Text: "With the posterior variance and steps even in t, the gap to the likelihood at 100 steps is %s times " +
			"that at 10. Its limit is half of Euler's constant, %s nats.",
		Metrics: []string{"gap at 100 steps even in t over that at 10, N(0, 0.25), posterior variance: more steps " +
			"make it worse",
			"gap in the limit of many steps even in t, N(0, 0.25), posterior variance"}},
	{Experiment: "multi-noise", Figure: "weights.png", Title: "Starting from N(0, σ²) instead of p_T biases the " +
		"modes",
		Text: "Before any error of steps, a mode of weight 0.2 comes out as %s at σ_max = 20 and as %s at 50.",
		Metrics: []string{"E[P(mode | x_T)], sigma_max = 20, from N(0, sigma_max^2 I); the data has 0.2",
			"E[P(mode | x_T)], sigma_max = 50, from N(0, sigma_max^2 I); the data has 0.2"}},
}
