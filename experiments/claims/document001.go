package claims

import "scorelab/lib/suite"

// The statements of document 001.
const (
	D001ScoreUphill             suite.ClaimID = "001/score-uphill"
	D001Normalizer              suite.ClaimID = "001/normalizer"
	D001ODECollapses            suite.ClaimID = "001/ode-collapses"
	D001LangevinFigure          suite.ClaimID = "001/langevin-figure"
	D001LangevinConverges       suite.ClaimID = "001/langevin-converges"
	D001FokkerPlanckODE         suite.ClaimID = "001/fokker-planck-ode"
	D001ParticlesAreTheSolution suite.ClaimID = "001/particles-are-the-solution"
	D001Stationarity            suite.ClaimID = "001/stationarity"
	D001DiscreteLangevin        suite.ClaimID = "001/discrete-langevin"
	D001AnyStart                suite.ClaimID = "001/any-start"
	D001PathFigure              suite.ClaimID = "001/path-figure"
	D001ImplicitObjective       suite.ClaimID = "001/implicit-objective"
	D001TraceCostly             suite.ClaimID = "001/trace-costly"
	D001Hutchinson              suite.ClaimID = "001/hutchinson"
	D001ScalableDenoising       suite.ClaimID = "001/scalable-denoising"
	D001NoiseKernel             suite.ClaimID = "001/noise-kernel"
	D001DSMUnbiased             suite.ClaimID = "001/dsm-unbiased"
	D001DSMFigure               suite.ClaimID = "001/dsm-figure"
	D001NoiseForm               suite.ClaimID = "001/noise-form"
	D001DataForm                suite.ClaimID = "001/data-form"
	D001TimeDSM                 suite.ClaimID = "001/time-dsm"
	D001ForwardProcess          suite.ClaimID = "001/forward-process"
	D001ForwardFigure           suite.ClaimID = "001/forward-figure"
	D001IsotropicPath           suite.ClaimID = "001/isotropic-path"
	D001TwoSteps                suite.ClaimID = "001/two-steps"
	D001OneJump                 suite.ClaimID = "001/one-jump"
	D001Probing                 suite.ClaimID = "001/probing"
	D001ProbingBall             suite.ClaimID = "001/probing-ball"
	D001ProbingArrows           suite.ClaimID = "001/probing-arrows"
	D001ProbingFigure           suite.ClaimID = "001/probing-figure"
	D001Tweedie                 suite.ClaimID = "001/tweedie"
	D001Reversal                suite.ClaimID = "001/reversal"
	D001FiniteTime              suite.ClaimID = "001/finite-time"
	D001ScheduleFactor          suite.ClaimID = "001/schedule-factor"
	D001OtherSchedules          suite.ClaimID = "001/other-schedules"
	D001SpeedNotPath            suite.ClaimID = "001/speed-not-path"
	D001PathLaw                 suite.ClaimID = "001/path-law"
	D001ReversalNoise           suite.ClaimID = "001/reversal-noise"
)

var document001 = []suite.Claim{
	{ID: D001ScoreUphill, Document: "001", Section: "The 'Score', first figure",
		Statement: "The score is the direction of steepest increase of the log density."},
	{ID: D001Normalizer, Document: "001", Section: "Estimating the Score",
		Statement: "The score does not depend on the normalizer."},
	{ID: D001ODECollapses, Document: "001", Section: "Generative Modeling with Scores, second figure",
		Statement: "Following the score without noise is greedy: all samples end exactly in the modes."},
	{ID: D001LangevinFigure, Document: "001", Section: "Langevin Equation and Brownian Motion, third figure",
		Statement: "The simulated Langevin equation (50 steps of 0.01) shows the samples settling in the target " +
			"density.",
		Exact: "At t = 0.5, where the figure stops, E[x1^2 x2^2] is 1.96; the target has 2.62, and the dynamics " +
			"reaches it by t = 5.",
		Headline: "E[x1^2 x2^2] as drawn (t = 0.5), all samples; the target has 2.62"},
	{ID: D001LangevinConverges, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "Langevin dynamics with the true score converges to the data distribution."},
	{ID: D001FokkerPlanckODE, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The density of the SDE's samples is described by an ODE, the Fokker-Planck equation.",
		Exact:     "The Fokker-Planck equation is a partial differential equation: it has second derivatives in x."},
	{ID: D001ParticlesAreTheSolution, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The solution of the Fokker-Planck equation is what the figure's particles show."},
	{ID: D001Stationarity, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "Putting p = q_data into the Fokker-Planck equation makes its right side vanish, which verifies " +
			"that Langevin dynamics converges to q_data.",
		Exact: "Stationarity is necessary and not sufficient: convergence needs a spectral gap, and two far modes " +
			"exchange mass at a rate that is exponentially small in the barrier."},
	{ID: D001DiscreteLangevin, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The discrete chain x + delta s + sqrt(2 delta) z is a practical proxy of the Langevin equation.",
		Exact:     "A step delta leaves a bias: in a direction of variance v the chain ends in v/(1 - delta/(2v))."},
	{ID: D001AnyStart, Document: "001", Section: "A probability path",
		Statement: "The Fokker-Planck equation makes no demand on the start: every path ends at the data " +
			"distribution."},
	{ID: D001PathFigure, Document: "001", Section: "A probability path, fourth figure",
		Statement: "Two starting distributions are shown traveling to the target within the figure.",
		Exact: "At t = 0.25, where the figure stops, E[x1^2 x2^2] is 1.67 from N(0, I); both starts reach the " +
			"target's 2.62 by t = 5."},
	{ID: D001ImplicitObjective, Document: "001", Section: "Implicit Score Matching",
		Statement: "Minimizing E[tr J + |s|^2/2], which does not contain the true score, is equivalent to minimizing " +
			"the Fisher divergence.",
		Exact: "The equivalence needs p s_net to vanish at the boundary; on exponential data the implicit objective " +
			"prefers a wrong score."},
	{ID: D001TraceCostly, Document: "001", Section: "Implicit Score Matching",
		Statement: "The trace in the implicit objective is costly to compute."},
	{ID: D001Hutchinson, Document: "001", Section: "Implicit Score Matching, note",
		Statement: "E[v.Mv] is the trace of M for many distributions of v, the normal among them."},
	{ID: D001ScalableDenoising, Document: "001", Section: "Denoising Score Matching",
		Statement: "Denoising score matching is the variant that scales: it needs no trace."},
	{ID: D001NoiseKernel, Document: "001", Section: "Probing the learning objective",
		Statement: "The noisy sample has the distribution N(x, sigma I) around the clean one.",
		Exact:     "Read as N(x, sigma^2 I): a slip of notation, since the document draws x + sigma eps."},
	{ID: D001DSMUnbiased, Document: "001", Section: "Denoising Score Matching",
		Statement: "Denoising score matching leads to an unbiased estimate of the true score.",
		Exact: "The minimizer is the score of the noised density, p convolved with N(0, sigma^2 I); it tends to " +
			"the score of p as sigma falls."},
	{ID: D001DSMFigure, Document: "001", Section: "Denoising Score Matching, sixth figure",
		Statement: "The sixth figure shows the estimate of the score as it learns from data.",
		Exact: "After the figure's 200 steps the relative Fisher error is 0.40 to 0.43; 5000 steps bring it to " +
			"0.05."},
	{ID: D001NoiseForm, Document: "001", Section: "Denoising Score Matching",
		Statement: "J_D is 1/(2 sigma^2) times the squared error of a network that estimates the noise, -sigma s."},
	{ID: D001DataForm, Document: "001", Section: "Denoising Score Matching",
		Statement: "J_D is 1/(2 sigma^4) times the squared error of a network that estimates the clean point, x~ + " +
			"sigma^2 s."},
	{ID: D001TimeDSM, Document: "001", Section: "Incorporating time",
		Statement: "Averaging the denoising loss over uniform times suffices to learn the score at every time.",
		Exact: "Without a weight the expected loss is infinite, since E|eps/sigma_t|^2 grows by 2.30 a decade of " +
			"time; weights sigma^2 make all noise levels count alike."},
	{ID: D001ForwardProcess, Document: "001", Section: "The 'forward process', fifth figure",
		Statement: "dx = -x dt + sqrt(2) dB carries any distribution to N(0, I)."},
	{ID: D001ForwardFigure, Document: "001", Section: "The 'forward process', fifth figure",
		Statement: "The fifth figure shows a simulation of the forward process.",
		Exact: "The figure's code runs Langevin dynamics toward the data and saves the frames in reverse order; " +
			"the forward process starts with the data's E[x1^2 x2^2] = 2.62."},
	{ID: D001IsotropicPath, Document: "001", Section: "The 'forward process', note",
		Statement: "The forward path is isotropic: every coordinate evolves in the same way."},
	{ID: D001TwoSteps, Document: "001", Section: "The 'forward process'",
		Statement: "Two steps of dt make one Gaussian jump with mean factor 1 - 2 dt and variance 4 dt.",
		Exact: "Two steps have the mean factor (1 - dt)^2 and the variance 2 dt (1 - dt)^2 + 2 dt; 1 - 2 dt and " +
			"4 dt are their first orders."},
	{ID: D001OneJump, Document: "001", Section: "The 'forward process'",
		Statement: "q(x_t | x_0) is Gaussian, so any time can be reached in one jump."},
	{ID: D001Probing, Document: "001", Section: "Probing the learning objective",
		Statement: "What denoising learns at a noisy point is the mean of the clean points that led to it, E[x | x~]."},
	{ID: D001ProbingBall, Document: "001", Section: "Probing the learning objective",
		Statement: "A little ball stands for the noisy point, which cannot be hit exactly.",
		Exact: "A ball of radius r averages the posterior mean over the ball and so replaces it by a nearby " +
			"value; the point itself is the limit of small balls."},
	{ID: D001ProbingArrows, Document: "001", Section: "Probing the learning objective",
		Statement: "The average noise direction (x~ - E[x | x~])/sigma comes to resemble the score.",
		Exact:     "The sign is the other way: (E[x | x~] - x~)/sigma is sigma times the score."},
	{ID: D001ProbingFigure, Document: "001", Section: "Probing the learning objective, seventh figure",
		Statement: "The figure maintains running averages of the clean points behind three inputs.",
		Exact: "The companion code starts each average from a dummy point that counts as one sample; its share " +
			"falls like 1/n."},
	{ID: D001Tweedie, Document: "001", Section: "Denoising as inverse problem",
		Statement: "The posterior mean of the clean sample is x + sigma^2 times the score at x (Tweedie's formula).",
		Exact: "The formula is exact for the score of the density at hand; with the score of the training set, " +
			"held-out digits at sigma = 0.02 are denoised to the nearest training digit."},
	{ID: D001Reversal, Document: "001", Section: "We took an different approach",
		Statement: "Anderson's reversal gives the reverse process, whose drift holds the score."},
	{ID: D001FiniteTime, Document: "001", Section: "Finite time & the schedule",
		Statement: "In the time t' = 1 - exp(-t) the forward process, which takes forever, reaches its end at t' = 1.",
		Exact:     "The drift is infinite at t' = 1, so a run ends before it; the distributions passed are the same."},
	{ID: D001ScheduleFactor, Document: "001", Section: "Finite time & the schedule",
		Statement: "In the new time dt becomes exp(t) dt', which grows like DDPM's beta: the schedule."},
	{ID: D001OtherSchedules, Document: "001", Section: "Finite time & the schedule",
		Statement: "Other changes of time give the other schedules, linear, cosine and so on."},
	{ID: D001SpeedNotPath, Document: "001", Section: "Finite time & the schedule, note",
		Statement: "Another schedule does not take the process along another path; it only changes its speed."},
	{ID: D001PathLaw, Document: "001", Section: "We took an different approach",
		Statement: "Anderson's theorem reverses the process itself: not only the marginals come back, but the law of " +
			"the path."},
	{ID: D001ReversalNoise, Document: "001", Section: "We took an different approach",
		Statement: "The reversed equation is driven by dB_t, written like the noise of the forward equation.",
		Exact: "The reversed equation needs a Brownian motion that is independent of the later states; the " +
			"forward path's own noise is correlated with them."},
}
