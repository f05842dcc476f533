// Package metrics measures how far samples are from an exact law, or from other samples, and how far the measurement
// itself can be trusted.
//
// Every estimator returns a [Summary], whose interval is Width standard errors to each side unless its comment names
// another bound, and an error for input it cannot measure: empty or too small samples, NaN or infinite values (with
// their count and the place of the first), and samples of different dimension (with both shapes). Samples are
// independent draws; a Markov chain has to be thinned or averaged over independent chains first.
//
// Distances between finite samples of one and the same law are positive. That floor shrinks with the number of draws;
// [W1], [W1Between], [W2] and [EnergyDistance] account for it in their intervals, [MMD2] and [KSD2] are free of it,
// [SlicedW2] has it, and each says so.
//
// The same input gives the same bits on any number of processors.
package metrics
