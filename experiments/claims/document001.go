package claims

import "scorelab/lib/suite"

// The statements of document 001.
const (
	D001ScoreUphill             suite.ClaimID = "001/score-uphill"
	D001Normaliser              suite.ClaimID = "001/normaliser"
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
	{ID: D001Normaliser, Document: "001", Section: "Estimating the Score",
		Statement: "The score does not depend on the normalising constant."},
	{ID: D001ODECollapses, Document: "001", Section: "Generative Modeling with Scores, second figure",
		Statement: "Following the score without noise is greedy: all samples end exactly in the modes."},
	{ID: D001LangevinFigure, Document: "001", Section: "Langevin Equation and Brownian Motion, third figure",
		Statement: "The simulated Langevin equation (50 steps of 0.01) shows the samples settling in the target " +
			"density."},
	{ID: D001LangevinConverges, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "Langevin dynamics with the true score converges to the data distribution."},
	{ID: D001FokkerPlanckODE, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The density of the SDE's samples is described by an ODE, the Fokker-Planck equation."},
	{ID: D001ParticlesAreTheSolution, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The solution of the Fokker-Planck equation is what the figure's particles show."},
	{ID: D001Stationarity, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "Putting p = q_data into the Fokker-Planck equation makes its right side vanish, which verifies " +
			"that Langevin dynamics converges to q_data."},
	{ID: D001DiscreteLangevin, Document: "001", Section: "Fokker-Planck Equation",
		Statement: "The discrete chain x + delta s + sqrt(2 delta) z is a practical proxy of the Langevin equation."},
	{ID: D001AnyStart, Document: "001", Section: "A probability path",
		Statement: "The Fokker-Planck equation makes no demand on the start: every path ends at the data " +
			"distribution."},
	{ID: D001PathFigure, Document: "001", Section: "A probability path, fourth figure",
		Statement: "Two starting distributions are shown travelling to the target within the figure."},
	{ID: D001ImplicitObjective, Document: "001", Section: "Implicit Score Matching",
		Statement: "Minimising E[tr J + |s|^2/2], which holds no true score, is equivalent to minimising the Fisher " +
			"divergence."},
	{ID: D001TraceCostly, Document: "001", Section: "Implicit Score Matching",
		Statement: "The trace in the implicit objective is costly to compute."},
	{ID: D001Hutchinson, Document: "001", Section: "Implicit Score Matching, note",
		Statement: "E[v.Mv] is the trace of M for many laws of v, the normal among them."},
	{ID: D001ScalableDenoising, Document: "001", Section: "Denoising Score Matching",
		Statement: "Denoising score matching is the variant that scales: it needs no trace."},
	{ID: D001NoiseKernel, Document: "001", Section: "Probing the learning objective",
		Statement: "The noisy sample has the law N(x, sigma I) around the clean one."},
	{ID: D001DSMUnbiased, Document: "001", Section: "Denoising Score Matching",
		Statement: "Denoising score matching leads to an unbiased estimate of the true score."},
	{ID: D001DSMFigure, Document: "001", Section: "Denoising Score Matching, sixth figure",
		Statement: "The sixth figure shows the estimate of the score as it learns from data."},
	{ID: D001NoiseForm, Document: "001", Section: "Denoising Score Matching",
		Statement: "J_D is 1/(2 sigma^2) times the squared error of a network that estimates the noise, -sigma s."},
	{ID: D001DataForm, Document: "001", Section: "Denoising Score Matching",
		Statement: "J_D is 1/(2 sigma^4) times the squared error of a network that estimates the clean point, x~ + " +
			"sigma^2 s."},
	{ID: D001TimeDSM, Document: "001", Section: "Incorporating time",
		Statement: "Averaging the denoising loss over uniform times suffices to learn the score at every time."},
	{ID: D001ForwardProcess, Document: "001", Section: "The 'forward process', fifth figure",
		Statement: "dx = -x dt + sqrt(2) dB carries any distribution to N(0, I)."},
	{ID: D001ForwardFigure, Document: "001", Section: "The 'forward process', fifth figure",
		Statement: "The fifth figure shows a simulation of the forward process."},
	{ID: D001IsotropicPath, Document: "001", Section: "The 'forward process', note",
		Statement: "The forward path is isotropic: every coordinate evolves in the same way."},
	{ID: D001TwoSteps, Document: "001", Section: "The 'forward process'",
		Statement: "Two steps of dt make one Gaussian jump with mean factor 1 - 2 dt and variance 4 dt."},
	{ID: D001OneJump, Document: "001", Section: "The 'forward process'",
		Statement: "q(x_t | x_0) is Gaussian, so any time can be reached in one jump."},
	{ID: D001Probing, Document: "001", Section: "Probing the learning objective",
		Statement: "What denoising learns at a noisy point is the mean of the clean points that led to it, E[x | x~]."},
	{ID: D001ProbingBall, Document: "001", Section: "Probing the learning objective",
		Statement: "A little ball stands for the noisy point, which cannot be hit exactly."},
	{ID: D001ProbingArrows, Document: "001", Section: "Probing the learning objective",
		Statement: "The average noise direction (x~ - E[x | x~])/sigma comes to resemble the score."},
	{ID: D001ProbingFigure, Document: "001", Section: "Probing the learning objective, seventh figure",
		Statement: "The figure maintains running averages of the clean points behind three inputs."},
	{ID: D001Tweedie, Document: "001", Section: "Denoising as inverse problem",
		Statement: "The posterior mean of the clean sample is x + sigma^2 times the score at x (Tweedie's formula)."},
	{ID: D001Reversal, Document: "001", Section: "We took an different approach",
		Statement: "Anderson's reversal gives the reverse process, whose drift holds the score."},
	{ID: D001FiniteTime, Document: "001", Section: "Finite time & the schedule",
		Statement: "In the time t' = 1 - exp(-t) the forward process, which takes forever, reaches its end at t' = 1."},
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
		Statement: "The reversed equation is driven by dB_t, written like the noise of the forward equation."},
}
