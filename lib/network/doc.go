// Package network makes networks for points: [batch, d], or anything that may be flattened to it. Every one of them is
// plain data, which says all about it, and becomes a diffusion.Net on a scope that holds its weights.
//
// Initial weights come from a counter-based source, keyed by the path of the variable: they are the same on every
// backend, and do not depend on what else is made before. A Net may be called any number of times in a graph; it makes
// its variables with the first call, and uses them again with the others. Inside a compiled loop they must exist
// before: see Create.
package network
