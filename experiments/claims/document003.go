package claims

import "scorelab/lib/suite"

// The statements of document 003.
const (
	D003ScoreDefinition           suite.ClaimID = "003/score-definition"
	D003GaussianScore             suite.ClaimID = "003/gaussian-score"
	D003Regions                   suite.ClaimID = "003/regions"
	D003BetweenModes              suite.ClaimID = "003/between-modes"
	D003NoiseExplores             suite.ClaimID = "003/noise-explores"
	D003FisherAndKL               suite.ClaimID = "003/fisher-and-kl"
	D003GradientsNotProbabilities suite.ClaimID = "003/gradients-not-probabilities"
	D003MultiScale                suite.ClaimID = "003/multi-scale"
	D003NearManifold              suite.ClaimID = "003/near-manifold"
	D003RealisticEquilibrium      suite.ClaimID = "003/realistic-equilibrium"
	D003EnergyLandscape           suite.ClaimID = "003/energy-landscape"
	D003DaeScore                  suite.ClaimID = "003/dae-score"
	D003DaeLevels                 suite.ClaimID = "003/dae-levels"
	D003SameNoise                 suite.ClaimID = "003/same-noise"
	D003FasterSolvers             suite.ClaimID = "003/faster-solvers"
	D003IntegrationAccuracy       suite.ClaimID = "003/integration-accuracy"
	D003NoisePrediction           suite.ClaimID = "003/noise-prediction"
	D003TimeConditioning          suite.ClaimID = "003/time-conditioning"
	D003GeneralizedLangevin       suite.ClaimID = "003/generalized-langevin"
	D003DenoisingIsScore          suite.ClaimID = "003/denoising-is-score"
	D003NoiseTarget               suite.ClaimID = "003/noise-target"
	D003ExactLikelihood           suite.ClaimID = "003/exact-likelihood"
	D003FlowCounterpart           suite.ClaimID = "003/flow-counterpart"
)

var document003 = []suite.Claim{
	{ID: D003ScoreDefinition, Document: "003", Section: "Probability Densities and Scores",
		Statement: "The score is the gradient of the log density; it describes the geometry of the distribution."},
	{ID: D003GaussianScore, Document: "003", Section: "Probability Densities and Scores",
		Statement: "The score of a Gaussian is a straight line through its mean, -(x - mu)/sigma^2."},
	{ID: D003Regions, Document: "003", Section: "Probability Densities and Scores, table",
		Statement: "Far from the data the score points to likely samples; near the maxima it is small."},
	{ID: D003BetweenModes, Document: "003", Section: "Probability Densities and Scores, table",
		Statement: "Between modes, the gradients guide toward the data.",
		Exact:     "Between two modes the score vanishes at the saddle and guides nowhere there."},
	{ID: D003NoiseExplores, Document: "003", Section: "Langevin Dynamics, table",
		Statement: "Noise injection preserves exploration where gradient steps alone would not."},
	{ID: D003FisherAndKL, Document: "003", Section: "Fisher Divergence and Score Matching",
		Statement: "Maximum likelihood minimizes the KL divergence; score matching minimizes the Fisher divergence " +
			"instead.",
		Exact: "The two are linked: the KL divergence is the integral of the Fisher divergences over all noise " +
			"levels, along any of the processes."},
	{ID: D003GradientsNotProbabilities, Document: "003", Section: "Fisher Divergence and Score Matching",
		Statement: "Score matching compares gradients of log densities instead of probabilities, and gains that " +
			"normalizers vanish.",
		Exact: "The price is that gradients hardly depend on the weights of far modes: the Fisher divergence falls " +
			"exponentially in their distance."},
	{ID: D003MultiScale, Document: "003", Section: "Noise Levels and Multi-Scale Scores",
		Statement: "A single score is usually insufficient; scores at large noise capture the coarse global " +
			"structure, at small noise the fine details.",
		Exact: "Many levels help when enough steps are spent on each; with one step a level the weight is 0.35 " +
			"for 0.2."},
	{ID: D003NearManifold, Document: "003", Section: "Noise Levels and Multi-Scale Scores",
		Statement: "Near the data manifold densities are concentrated; the score changes rapidly and becomes hard to " +
			"estimate.",
		Exact: "Across the manifold the score grows like 1/sigma; along a smooth closed one it stays bounded, and " +
			"only ends and corners make it grow there."},
	{ID: D003RealisticEquilibrium, Document: "003", Section: "Geometric Interpretation, table",
		Statement: "Random noise feels strong gradients toward the manifold; realistic images are near equilibrium.",
		Exact: "A clean point feels a score of order 1, from curvature alone; a sample at noise sigma feels one " +
			"of size 1/sigma."},
	{ID: D003EnergyLandscape, Document: "003", Section: "Energy-Based Interpretation",
		Statement: "Learning the score is learning the gradient of an energy; diffusion models are implicit " +
			"energy-based models.",
		Exact: "A network with free outputs has some curl and is then the gradient of no energy; one that " +
			"differentiates an energy has none."},
	{ID: D003DaeScore, Document: "003", Section: "Relationship to Denoising Autoencoders",
		Statement: "Denoising autoencoders learn score functions implicitly.",
		Exact: "The residual over sigma^2 is the score at the noise level of the training alone, with a relative " +
			"squared error of 0.23 here."},
	{ID: D003DaeLevels, Document: "003", Section: "Relationship to Denoising Autoencoders, table",
		Statement: "Autoencoders have one noise level and a limited ability to sample; diffusion models have many."},
	{ID: D003SameNoise, Document: "003", Section: "Probability Flow ODEs, table",
		Statement: "The probability flow is deterministic: the same initial noise gives the same sample."},
	{ID: D003FasterSolvers, Document: "003", Section: "Probability Flow ODEs, table",
		Statement: "ODE methods can use large steps, which makes for faster solvers."},
	{ID: D003IntegrationAccuracy, Document: "003", Section: "Practical Implications for Diffusion Training",
		Statement: "Sampling quality depends heavily on the accuracy of the numerical integration.",
		Exact:     "It does until another error dominates: with a learned score, four times the steps change nothing."},
	{ID: D003NoisePrediction, Document: "003", Section: "PyTorch Perspective",
		Statement: "A network trained to predict the noise by mean squared error learns, implicitly, the scores at " +
			"many noise levels."},
	{ID: D003TimeConditioning, Document: "003", Section: "Practical Implications for Diffusion Training",
		Statement: "The network must be told the time, since each time has its own noisy distribution and its own " +
			"score field."},
	{ID: D003GeneralizedLangevin, Document: "003", Section: "Langevin Dynamics",
		Statement: "Reverse diffusion is Langevin dynamics, generalized to many noise scales.",
		Exact: "The reverse SDE is not Langevin dynamics at falling noise: its drift also carries samples from " +
			"level to level, and its error in the weights is a twentieth of that of one Langevin step a level."},
	{ID: D003DenoisingIsScore, Document: "003", Section: "Denoising as Score Estimation",
		Statement: "The denoising direction is the score of the noisy distribution."},
	{ID: D003NoiseTarget, Document: "003", Section: "Denoising Score Matching",
		Statement: "The target of the network is the true score of the Gaussian corruption."},
	{ID: D003ExactLikelihood, Document: "003", Section: "Probability Flow ODEs, table",
		Statement: "The probability flow makes exact likelihoods possible, by change of variables.",
		Exact: "Exact up to three limits: the prior in place of p_T, the time at which the flow stops, and the " +
			"tolerance of the solver."},
	{ID: D003FlowCounterpart, Document: "003", Section: "Probability Flow ODEs",
		Statement: "The stochastic reverse process has a deterministic counterpart, the probability flow.",
		Exact: "It shares the marginals and not the paths: start and end have the correlation 1 along the flow " +
			"of a Gaussian and 0.068 along the SDE."},
}
