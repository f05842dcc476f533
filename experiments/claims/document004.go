package claims

import "scorelab/lib/suite"

// The statements of document 004.
const (
	D004ScoreField          suite.ClaimID = "004/score-field"
	D004ODEOnlyModes        suite.ClaimID = "004/ode-only-modes"
	D004BrownianTerm        suite.ClaimID = "004/brownian-term"
	D004UniqueInvariantLaw  suite.ClaimID = "004/unique-invariant-law"
	D004LangevinConvergence suite.ClaimID = "004/langevin-convergence"
	D004LangevinSamples     suite.ClaimID = "004/langevin-samples"
	D004ThinData            suite.ClaimID = "004/thin-data"
	D004NoiseLevels         suite.ClaimID = "004/noise-levels"
	D004EulerMaruyama       suite.ClaimID = "004/euler-maruyama"
	D004BackAndForth        suite.ClaimID = "004/back-and-forth"
	D004ELBO                suite.ClaimID = "004/elbo"
	D004ELBOIsScore         suite.ClaimID = "004/elbo-is-score"
	D004ThreeForms          suite.ClaimID = "004/three-forms"
	D004SpeedOfTransition   suite.ClaimID = "004/speed-of-transition"
	D004TimeObjective       suite.ClaimID = "004/time-objective"
	D004OneStepDenoising    suite.ClaimID = "004/one-step-denoising"
	D004BayesScore          suite.ClaimID = "004/bayes-score"
	D004ClassifierGuidance  suite.ClaimID = "004/classifier-guidance"
	D004NoisyClassifier     suite.ClaimID = "004/noisy-classifier"
	D004CFGIdentity         suite.ClaimID = "004/cfg-identity"
	D004CFGLaw              suite.ClaimID = "004/cfg-law"
	D004CFGScale            suite.ClaimID = "004/cfg-scale"
	D004ConditioningDropout suite.ClaimID = "004/conditioning-dropout"
	D004CFGBetter           suite.ClaimID = "004/cfg-better"
)

var document004 = []suite.Claim{
	{ID: D004ScoreField, Document: "004", Section: "Sampling: Intuition for Score Function",
		Statement: "The score is a vector field of gradients whose arrows point to the modes."},
	{ID: D004ODEOnlyModes, Document: "004", Section: "Sampling: Naive Idea",
		Statement: "The trajectories of dx = score dt end in samples of the modes alone and leave the rest " +
			"unexplored."},
	{ID: D004BrownianTerm, Document: "004", Section: "Sampling: Insights from Physics",
		Statement: "The Langevin equation reads dx = score dt + sqrt(2) B_t.",
		Exact: "Read as sqrt(2) dB_t, a slip of notation: with the values B_t in each step the variance grows " +
			"without bound as the step falls."},
	{ID: D004UniqueInvariantLaw, Document: "004", Section: "Langevin Dynamics Convergence Theorem",
		Statement: "Langevin dynamics has the target p as its unique invariant distribution."},
	{ID: D004LangevinConvergence, Document: "004", Section: "Langevin Dynamics Convergence Theorem",
		Statement: "The distribution p_t of Langevin dynamics converges to the target p as t grows.",
		Exact: "It converges at a rate, twice the spectral gap for KL near the target, which is exponentially " +
			"small when modes are far apart: a time of 2e7 at +-6."},
	{ID: D004LangevinSamples, Document: "004", Section: "Summary so Far",
		Statement: "With the score given, the Langevin equation draws samples from the data distribution.",
		Exact: "In a time that is exponentially large in the barrier between modes; after 1,000 steps from a " +
			"square, the weight of a far mode is 0.49 for 0.2."},
	{ID: D004ThinData, Document: "004", Section: "Challenges with Learning Score Function",
		Statement: "Where the data has low density, the score is estimated inaccurately (Challenge 1).",
		Exact: "Absolute errors are larger where data are rare, and so is the score; relative to it they differ " +
			"by a factor of 4."},
	{ID: D004NoiseLevels, Document: "004", Section: "Challenges with Learning Score Function",
		Statement: "Noise of several levels fills the regions of low density, which a score of the data alone leaves " +
			"open.",
		Exact: "Other levels give other scores: training at all levels does not reduce the error at sigma = 0.2 " +
			"where data are rare, it gives samplers a way around."},
	{ID: D004EulerMaruyama, Document: "004", Section: "Perturbing Data: Forward Process",
		Statement: "x + dt(-x) + sqrt(2 dt) z is the forward process after discretizing.",
		Exact:     "It is a discretization of order 1, weak and strong, whose stationary variance is 1/(1 - dt/2)."},
	{ID: D004BackAndForth, Document: "004", Section: "Back and forth from GMM to Normal distribution",
		Statement: "The reverse process takes the normal distribution back to the mixture."},
	{ID: D004ELBO, Document: "004", Section: "Diffusion Models",
		Statement: "Diffusion models are variational autoencoders with a linear Gaussian chain of latent variables, " +
			"and their ELBO is that of such an autoencoder.",
		Exact: "The ELBO of the chain stays below the likelihood: with the posterior variance and ever more even " +
			"steps, the gap on Gaussian data tends to half of Euler's constant, 0.2886 nats.",
		Headline: "gap in the limit of many steps even in t, N(0, 0.25), posterior variance"},
	{ID: D004ELBOIsScore, Document: "004", Section: "Denoising Score Matching",
		Statement: "Maximizing the ELBO is equivalent to learning the score at x_t: it is exactly the denoising " +
			"objective.",
		Exact: "The ELBO is the denoising objective with weights: relative to 004's objective, step 1000 weighs 204 " +
			"times as much as step 1, with the variance beta."},
	{ID: D004ThreeForms, Document: "004", Section: "Denoising Score Matching",
		Statement: "The score objective at time t is 1/(2(1 - alpha-bar)) times the squared error of the noise " +
			"prediction."},
	{ID: D004SpeedOfTransition, Document: "004", Section: "Why is this viewpoint useful?",
		Statement: "Different noise schedules just correspond to how fast the transition from data to noise is.",
		Exact: "True of the distributions. The schedule also places the steps of a sampler: after 20 DDIM steps " +
			"the error ranges from 5 % to 26 % of the standard deviation."},
	{ID: D004TimeObjective, Document: "004", Section: "Summary so Far",
		Statement: "The learning objective for all t is the mean over x ~ p(x) of |s(x, t) - grad log p(x_t)|^2 / 2.",
		Exact: "The expectation belongs over x_t, not over x_0: with the network at x_0 the minimizer is another " +
			"function."},
	{ID: D004OneStepDenoising, Document: "004", Section: "Why is this viewpoint useful?",
		Statement: "Given the score, Tweedie's formula gives E[x_0 | x_t]: denoising in one step.",
		Exact: "The mean of the clean points that x_t may come from is no sample of them: what noise hides along " +
			"the data stays hidden."},
	{ID: D004BayesScore, Document: "004", Section: "Conditional Diffusion Models - Guidance",
		Statement: "By Bayes' rule the conditional score is the unconditional one plus the gradient of log " +
			"p(y | x_t)."},
	{ID: D004ClassifierGuidance, Document: "004", Section: "Conditional Diffusion Models - Guidance",
		Statement: "A classifier's gradient, scaled by a factor, guides an unconditional model to samples of p(x | y).",
		Exact:     "At scale 1. Larger scales give samples of a narrower distribution than p(x | y)."},
	{ID: D004NoisyClassifier, Document: "004", Section: "Classifier Free Guidance",
		Statement: "Guidance by a classifier needs one that can handle noisy inputs."},
	{ID: D004CFGIdentity, Document: "004", Section: "Classifier Free Guidance",
		Statement: "The score guided with the factor gamma is (1 - gamma) times the unconditional one plus gamma " +
			"times the conditional one: no classifier is needed."},
	{ID: D004CFGLaw, Document: "004", Section: "Classifier Free Guidance",
		Statement: "The guided score is that of p_gamma(x_t | y), which sampling with it then draws from.",
		Exact: "At each noise level the guided score is that of p(x_t)^(1-gamma) p(x_t|y)^gamma. These are not one " +
			"distribution under noise, so the flow and the reverse SDE draw from others: variance 0.0156 and 0.0666 " +
			"for 0.1 at scale 3.",
		Headline: "variance, flow at scale 3, closed form for T to infinity"},
	{ID: D004CFGScale, Document: "004", Section: "Classifier Free Guidance",
		Statement: "Scales above 1 are what works well.",
		Exact: "Scales above 1 trade diversity for typicality; with exact scores there is no error that they " +
			"could repair.",
		Headline: "mean squared distance to the mean of the class, scale 10, over that of the class"},
	{ID: D004ConditioningDropout, Document: "004", Section: "Classifier Free Guidance",
		Statement: "A model whose conditioning is removed 10 to 20 % of the time learns to be a conditional and an " +
			"unconditional model.",
		Exact: "With no dropout the unconditional score has a relative error of 0.91; from 10 % to 50 % both scores " +
			"are learned."},
	{ID: D004CFGBetter, Document: "004", Section: "Classifier Free Guidance Results",
		Statement: "Guidance without a classifier seems to work better, because its classifier is made of the " +
			"generative model itself.",
		Exact: "In this training it is closer to exact guidance at scale 1 and farther at scale 10; at scale 3 and " +
			"equal purity it covers less of the class.",
		Headline: "recall of the class by the label at scale 3, less that by the classifier at the same purity"},
}
