package claims

import "scorelab/lib/suite"

// The statements of document 000.
const (
	D000ForwardToNoise    suite.ClaimID = "000/forward-to-noise"
	D000FokkerPlanck      suite.ClaimID = "000/fokker-planck"
	D000DDPMTraining      suite.ClaimID = "000/ddpm-training"
	D000DDPMStep          suite.ClaimID = "000/ddpm-step"
	D000DDPMSampling      suite.ClaimID = "000/ddpm-sampling"
	D000ReverseVariance   suite.ClaimID = "000/reverse-variance"
	D000LastNoise         suite.ClaimID = "000/last-noise"
	D000SamplingGivesData suite.ClaimID = "000/sampling-gives-data"
	D000LearnedScore      suite.ClaimID = "000/learned-score"
	D000ReverseSDE        suite.ClaimID = "000/reverse-sde"
	D000AlphaBarProduct   suite.ClaimID = "000/alpha-bar-product"
	D000PriorApproximates suite.ClaimID = "000/prior-approximates"
	D000ReverseNoise      suite.ClaimID = "000/reverse-noise"
	D000ByParts           suite.ClaimID = "000/by-parts"
	D000DSMScore          suite.ClaimID = "000/dsm-score"
)

var document000 = []suite.Claim{
	{ID: D000ForwardToNoise, Document: "000", Section: "2.1 The Forward Diffusion Process",
		Statement: "The forward SDE dx = -beta x/2 dt + sqrt(beta) dw turns data gradually into a standard Gaussian."},
	{ID: D000FokkerPlanck, Document: "000", Section: "2.1 The Forward Diffusion Process",
		Statement: "Under the forward SDE the density evolves by the Fokker-Planck equation dp/dt = -div(f p) + " +
			"g^2/2 lap p."},
	{ID: D000DDPMTraining, Document: "000", Section: "3.1 Training Procedure",
		Statement: "Regression on the noise of uniformly drawn steps trains the network that the sampling procedure " +
			"needs."},
	{ID: D000DDPMStep, Document: "000", Section: "3.2 Sampling Procedure",
		Statement: "A reverse step is mu + sigma z, with mu computed from x_t, t and the predicted noise, and sigma " +
			"from t."},
	{ID: D000DDPMSampling, Document: "000", Section: "3.2 Sampling Procedure",
		Statement: "From pure Gaussian noise, T such steps lead to a generated sample."},
	{ID: D000ReverseVariance, Document: "000", Section: "3.2 Sampling Procedure",
		Statement: "The variance of the reverse process is a function of t alone, to be computed optionally.",
		Exact: "The best variance of a step depends on the data's covariance given x_t; beta_t and the posterior " +
			"variance are its two extremes (Bao et al. 2022), and each misses the data's variance by under 2 % here."},
	{ID: D000LastNoise, Document: "000", Section: "3.2 Sampling Procedure",
		Statement: "Noise is added in every step down to t = 1, the last one too.",
		Exact: "The last step needs no noise: with variance beta it adds exactly beta_1 = 1e-4, with the " +
			"posterior variance nothing."},
	{ID: D000SamplingGivesData, Document: "000", Section: "5 Deriving the Reverse Diffusion Process",
		Statement: "Started from noise and guided by the score, the reverse process yields samples of the data " +
			"distribution.",
		Exact: "With the exact score of a finite data set, the samples are copies of the training points; new " +
			"samples come from the error of a network."},
	{ID: D000LearnedScore, Document: "000", Section: "5 Deriving the Reverse Diffusion Process",
		Statement: "A network trained by denoising score matching may take the true score's place in sampling."},
	{ID: D000ReverseSDE, Document: "000", Section: "2.2 The Reverse Diffusion Process",
		Statement: "dx = (f - g^2 score) dt + g dw, run back in time, undoes the forward diffusion."},
	{ID: D000AlphaBarProduct, Document: "000", Section: "3.1 Training Procedure",
		Statement: "alpha-bar of a timestep is the product of the factors 1 - beta up to it."},
	{ID: D000PriorApproximates, Document: "000", Section: "5 Deriving the Reverse Diffusion Process",
		Statement: "Sampling may start from a Gaussian, which approximates the distribution of the noised data."},
	{ID: D000ReverseNoise, Document: "000", Section: "2.2 The Reverse Diffusion Process",
		Statement: "The noise of the reverse SDE is a reverse-time Wiener process."},
	{ID: D000ByParts, Document: "000", Section: "4 Score Matching",
		Statement: "Integration by parts turns the objective with the unknown score into one that needs no " +
			"normalizer."},
	{ID: D000DSMScore, Document: "000", Section: "4 Score Matching",
		Statement: "In denoising score matching a network trained on perturbed data comes to approximate the score " +
			"of p_t."},
}
