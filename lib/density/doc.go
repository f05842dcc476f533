// Package density holds distributions about which everything is known: the oracles that every sampler, network and
// estimator of the lab is held against.
//
// A Gaussian mixture stays one under any Gaussian path, so its noised log density, score, divergence of the score,
// denoiser and posterior covariance have closed forms at every time. Each is computed from its own formula, not one
// from another: that they satisfy Tweedie's identities is a test, not a definition. The empirical density of a data
// set is a mixture of points: its denoiser is the ideal one, which generates nothing but the data. A law on a circle
// has no density at all until noise is added; then its closed forms are Bessel functions.
//
// Parameters are float64 on the host; graph functions work in the type of x.
package density
