// Package diffusion is the theory of score-based diffusion in GoMLX graph operations, with one topic in each file.
//
// Two affine laws connect everything:
//
//	path law   x_t = alpha(t) x0 + sigma(t) eps         a Process is a pair (alpha, sigma)
//	head law   D(x,t) = skip x + out F(in x)            a Head is a triple (skip, out, in)
//
// The Denoiser D(x, t) = E[x0 | x_t = x] is the one interface between producers and consumers. Producers are an exact
// density, a data set, a network under any head, and any guidance. Consumers are samplers, likelihoods and error
// measures. Score, noise and velocity are views on the denoiser, see Coeffs.
//
// # Conventions
//
// Time: t = 0 is data and t grows with the noise, in every process, sampler and figure. Sampling runs from large t
// toward 0. A Span goes From one time To the next, and From > To means that it runs toward data. Chains on one fixed
// density (Langevin) count their own time, which grows.
//
// Noise: sigma is the standard deviation of the noise in x_t. The standard deviation of the noise in x_t / alpha is
// Coeffs.Ratio, the noise level.
//
// Shapes: x is [batch, ...]; t is a scalar, or [batch, 1, ...] with the rank of x; log densities are [batch]. Functions
// over graph nodes panic on wrong shapes as GoMLX does. The methods of Plan return errors.
//
// Sources: 000 to 004 are the theory documents that this project tests.
//
// # Contents in reading order
//
// Path: x_t = alpha x0 + sigma eps.
//
//	process.go             Process, Coeffs and the table Processes
//	vp.go                  variance-preserving path (DDPM)
//	subvp.go               sub-variance-preserving path
//	ve.go                  variance-exploding path
//	ou.go                  Ornstein-Uhlenbeck process
//	linear.go              straight path of flow matching
//	edm.go                 path of EDM, with sigma = t
//	schedule.go            Schedule: the speed along the variance-preserving path
//	schedulesbeta.go       schedules with beta in closed form
//	schedulesalpha.go      schedules with alpha-bar in closed form
//	betas.go               lists of betas
//	table.go               Table: the schedule of a discrete chain
//	coefficientsat.go      numbers of a process on a grid
//
// Head: D = skip x + out F(in x).
//
//	denoiser.go            Denoiser, Net, Model and Build
//	head.go                Head and the table Heads
//	pergroup.go            PerGroup: one denoiser for each group of samples
//
// Objective: what a network minimizes.
//
//	objective.go           Objective, Scorer and Matching
//	objectives.go          the table Objectives
//	explicit.go            explicit score matching
//	implicit.go            implicit score matching
//	divergence.go          trace of a Jacobian, exact and by Hutchinson's estimate
//	sliced.go              sliced score matching
//	denoising.go           denoising score matching
//	weighting.go           Weighting: weights of the error at a noise level
//	timesampler.go         TimeSampler: the times at which a network is trained
//	labeldropout.go        training with and without labels
//	assumed.go             record of what heads assume about the data
//
// Sampler: one step over a span of time.
//
//	sampler.go             Sampler, Span and SamplerSpec
//	samplers.go            the table Samplers
//	eulermaruyama.go       forward SDE, Euler-Maruyama
//	transition.go          forward SDE, exact transition
//	gradientascent.go      gradient ascent on the log density
//	langevin.go            Langevin dynamics
//	mala.go                Langevin dynamics with Metropolis adjustment
//	annealed.go            annealed Langevin dynamics
//	reversesde.go          reverse SDE, Euler-Maruyama
//	ancestral.go           DDPM's ancestral sampling
//	predictorcorrector.go  predictor-corrector sampling
//	ddim.go                DDIM
//	rungekutta.go          Runge-Kutta methods for the probability flow
//	odesolver.go           Method: ODE solvers for tuples
//	dormandprince.go       adaptive steps: settings
//	adaptive.go            adaptive steps: step size control
//	edmheun.go             Heun's method of EDM, with churn
//	exponential.go         exponential integrators in log SNR
//	dpmsolver.go           DPM-Solver-2
//	multistep.go           DPM-Solver++, exponential Adams and DEIS
//	unipc.go               UniPC
//
// Plan: from a step to samples.
//
//	grid.go                grids of times
//	spacing.go             steps of a Table
//	plan.go                Plan and Snapshot
//	sample.go              samples from noise
//	driver.go              the loop over steps
//	compiled.go            one compiled step for many grids
//	blocks.go              samples in blocks of one size
//	valid.go               checks of settings
//	persample.go           sums and columns for each sample
//
// Likelihood: log densities and bounds.
//
//	flowlikelihood.go      probability flow with its divergence
//	likelihood.go          log density by change of variables
//	elbo.go                variational bound
//
// Guidance: from all data to a class.
//
//	guide.go               Guide, Scale and the table Guides
//	feynmankac.go          sequential Monte Carlo for guided distributions
//	resample.go            systematic resampling
package diffusion
