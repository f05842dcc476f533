// Package network makes networks for points [batch, d], or for anything that may be flattened to it. Every network is
// plain data that describes it completely. It becomes a diffusion.Net on a scope that holds its weights.
//
// Initial weights come from a counter-based source, keyed by the path of the variable. They are the same on every
// backend and independent of what else is made before. A Net may be called any number of times in a graph. The first
// call makes its variables and the others reuse them. Inside a compiled loop the variables must exist before: see
// Create.
package network
