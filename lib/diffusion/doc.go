// Package diffusion is the theory of score-based diffusion, one page a file, in GoMLX graph operations.
//
// Two affine laws carry everything:
//
//	path law   x_t = alpha(t) x0 + sigma(t) eps         a Process is a pair (alpha, sigma)
//	head law   D(x,t) = skip x + out F(in x)            a Head is a triple (skip, out, in)
//
// The Denoiser D(x, t) = E[x0 | x_t = x] is the one currency between producers (an exact density, a data set, a
// network under any head, any guidance) and consumers (every sampler, likelihood, error measure). Score, noise and
// velocity are views on it, see Coeffs.
//
// # Conventions
//
// Time: t = 0 is data and t grows with the noise, in every process, sampler and figure. Sampling runs from large t
// toward 0; a Span goes From one time To the next, and From > To says that it runs toward data. Chains on one fixed
// density (Langevin) count their own time, which grows.
//
// Noise: sigma is the standard deviation of the noise in x_t, never of x_t / alpha; the latter is Coeffs.Ratio.
//
// Shapes: x is [batch, ...]; t is a scalar, or [batch, 1, ...] with the rank of x; log densities are [batch].
// Functions over graph nodes panic on wrong shapes as GoMLX does; Plan.Run and Plan.Trace return errors.
package diffusion
