// Package metrics measures distances of samples from an exact distribution or from other samples. Each measurement has
// an interval.
//
// Every estimator returns a [Summary]. Its interval is Width standard errors to each side unless its comment names
// another bound. An estimator returns an error for empty or too small samples, for NaN or infinite values (with their
// count and the index of the first), and for samples of different dimension (with both shapes). Samples are independent
// draws. A Markov chain must first be thinned or averaged over independent chains.
//
// Distances between finite samples of the same distribution are positive. This bias shrinks with the number of draws.
// [W1], [W1Between], [W2] and [EnergyDistance] account for it in their intervals. [MMD2] and [KSD2] are unbiased.
// [SlicedW2] is biased.
//
// The same input gives the same bits for any number of processors.
package metrics
