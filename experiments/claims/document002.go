package claims

import "scorelab/lib/suite"

// The statements of document 002.
const (
	D002Normalizer         suite.ClaimID = "002/normalizer"
	D002EnergyDensity      suite.ClaimID = "002/energy-density"
	D002ZDropsOut          suite.ClaimID = "002/z-drops-out"
	D002Langevin           suite.ClaimID = "002/langevin"
	D002ByParts            suite.ClaimID = "002/by-parts"
	D002NoDensity          suite.ClaimID = "002/no-density"
	D002Hutchinson         suite.ClaimID = "002/hutchinson"
	D002ClosedFormMarginal suite.ClaimID = "002/closed-form-marginal"
	D002AlphaBarIntegral   suite.ClaimID = "002/alpha-bar-integral"
	D002PureNoise          suite.ClaimID = "002/pure-noise"
	D002ScoreOnManifold    suite.ClaimID = "002/score-on-manifold"
	D002NoiseGivesSupport  suite.ClaimID = "002/noise-gives-support"
	D002MatchNoisyScore    suite.ClaimID = "002/match-noisy-score"
	D002DenoisingObjective suite.ClaimID = "002/denoising-objective"
	D002SingleSigma        suite.ClaimID = "002/single-sigma"
	D002Tweedie            suite.ClaimID = "002/tweedie"
	D002MMSE               suite.ClaimID = "002/mmse"
	D002MaximumLikelihood  suite.ClaimID = "002/maximum-likelihood"
	D002GANWasserstein     suite.ClaimID = "002/gan-wasserstein"
	D002NoCollapse         suite.ClaimID = "002/no-collapse"
	D002ThousandSteps      suite.ClaimID = "002/thousand-steps"
	D002StartFromNoise     suite.ClaimID = "002/start-from-noise"
	D002OneNetwork         suite.ClaimID = "002/one-network"
	D002FewSteps           suite.ClaimID = "002/few-steps"
)

var document002 = []suite.Claim{
	{ID: D002Normalizer, Document: "002", Section: "1 The Generative Modeling Problem",
		Statement: "Differentiating log p removes the normalizer, so the score needs none."},
	{ID: D002EnergyDensity, Document: "002", Section: "1 The Generative Modeling Problem",
		Statement: "An energy gives the density exp(-E)/Z, whose log is -E - log Z."},
	{ID: D002ZDropsOut, Document: "002", Section: "1 The Generative Modeling Problem",
		Statement: "The score is -grad E; Z drops out of it."},
	{ID: D002Langevin, Document: "002", Section: "2 The Score Function and Langevin Dynamics",
		Statement: "The distribution of x + (alpha/2) s + sqrt(alpha) eps converges to p as the number of steps " +
			"grows and alpha falls.",
		Exact: "It converges as the step falls and the time, steps times step, grows; at a fixed step the variance " +
			"ends in v/(1 - delta/(2v)), delta = alpha/2."},
	{ID: D002ByParts, Document: "002", Section: "3 Hyvärinen's Score Matching Trick",
		Statement: "If p vanishes at infinity, so do the boundary terms, and E[s_net.s] = -E[tr J]: the objectives " +
			"differ by a constant.",
		Exact: "What must vanish is p s_net on the whole boundary, edges of the support included; exponential data " +
			"leave p(0) s_net(0)."},
	{ID: D002NoDensity, Document: "002", Section: "3 Hyvärinen's Score Matching Trick",
		Statement: "The score matching objective holds no density, only samples, and can be minimised by stochastic " +
			"gradient descent."},
	{ID: D002Hutchinson, Document: "002", Section: "3 Hyvärinen's Score Matching Trick",
		Statement: "The trace takes d passes; eps.J eps with normal eps estimates it in one."},
	{ID: D002ClosedFormMarginal, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "At any time x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps."},
	{ID: D002AlphaBarIntegral, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "alpha-bar is exp(-integral of beta), of the schedule of DDPM too.",
		Exact: "For DDPM alpha-bar is the product of 1 - beta; the integral is its limit for small beta and " +
			"gives 7 % more signal power here."},
	{ID: D002PureNoise, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "At the end alpha-bar is about 0 and x_T is pure noise.",
		Exact:     "How close depends on the schedule: Stable Diffusion's ends with 7 % of the signal's amplitude."},
	{ID: D002ScoreOnManifold, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "Data lies on a low-dimensional manifold, off which its score is undefined, so that Langevin " +
			"dynamics gets no useful signal there.",
		Exact: "Off the manifold the density is 0 and has no score; on it the noised density grows without bound. " +
			"The noised score exists everywhere and shows the dimension."},
	{ID: D002NoiseGivesSupport, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "Adding noise is the fix: the noised density has full support, and a score everywhere.",
		Exact: "The noised score exists everywhere and grows like 1/sigma across the manifold, so small noise " +
			"makes it hard to learn and to follow."},
	{ID: D002MatchNoisyScore, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "Instead of the score of the data, denoising matches that of the data convolved with Gaussian " +
			"noise."},
	{ID: D002DenoisingObjective, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "Denoising is plain supervised learning: predict the clean point from the noisy one; no score or " +
			"density enters."},
	{ID: D002SingleSigma, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "A single noise level is not enough: a large one is far from the data, a small one covers space " +
			"poorly."},
	{ID: D002Tweedie, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "The score of the noisy density is the expected clean signal minus the noisy one, over sigma^2."},
	{ID: D002MMSE, Document: "002", Section: "4 Denoising Score Matching and Tweedie's Formula",
		Statement: "The denoiser E[x | noisy x] is what squared error asks for: no other does better."},
	{ID: D002MaximumLikelihood, Document: "002", Section: "6 Comparison to GANs, table",
		Statement: "The theoretical ground of diffusion models is maximum likelihood, by way of the score.",
		Exact: "The weighted denoising loss bounds the KL divergence of the reverse SDE; the flow's own " +
			"likelihood is another one, and errors of the score cost it more."},
	{ID: D002GANWasserstein, Document: "002", Section: "6 Comparison to GANs",
		Statement: "GANs minimize the Wasserstein distance between model and data by an adversarial game.",
		Exact: "The original GAN minimizes the Jensen-Shannon divergence, which is flat between far " +
			"distributions; Wasserstein GANs minimize the Wasserstein distance."},
	{ID: D002NoCollapse, Document: "002", Section: "6 Comparison to GANs",
		Statement: "Diffusion training is regression, step by step: no game, and no mode is lost."},
	{ID: D002ThousandSteps, Document: "002", Section: "6 Comparison to GANs",
		Statement: "The price of diffusion is speed: one sample takes T = 1000 denoising steps.",
		Exact:     "DDPM's loop takes 1000; solvers of higher order need 20 to 32 evaluations for the same error."},
	{ID: D002StartFromNoise, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "The reverse SDE from x_T ~ N(0, I) yields samples of approximately p_data.",
		Exact: "x_T has the distribution p_T, not N(0, I): the difference shifts the weights of far modes, " +
			"0.2214 for 0.2 at sigma_max = 20."},
	{ID: D002OneNetwork, Document: "002", Section: "5 Diffusion Models: Many Noise Levels",
		Statement: "All noise levels are needed at once; one network s(x, t) learns them by denoising, whose formula " +
			"holds at each."},
	{ID: D002FewSteps, Document: "002", Section: "6 Comparison to GANs",
		Statement: "Methods such as DDIM reduce a thousand steps to 1-10 while preserving quality.",
		Exact: "Measured for one sampler on one density: DDIM is of order 1, and 10 steps have 107 times the " +
			"error of 1000; trained few-step models are another matter."},
}
