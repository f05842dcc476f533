// Package density holds distributions with closed forms for every quantity. They are the references that every sampler,
// network and estimator of the lab is checked against.
//
// A Gaussian mixture stays a Gaussian mixture under any Gaussian path. Its noised log density, score, divergence of the
// score, denoiser and posterior covariance therefore have closed forms at every time. Each is computed from its own
// formula, so that Tweedie's identities are a test, not a definition. The empirical distribution of a data set is a
// mixture of points. Its denoiser is the ideal denoiser, which generates only the data. A distribution on a circle has
// no density in the plane without noise. With noise its closed forms are Bessel functions.
//
// Parameters are float64 on the host; graph functions work in the type of x.
package density
