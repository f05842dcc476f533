// Package data reads data sets: the digits that come with the package, images in the IDX format of MNIST,
// Fashion-MNIST and EMNIST, and points in CSV or in numpy's NPY format, that a user points it at. It downloads nothing.
//
// Readers are strict: what they cannot read whole and exactly, or may be read in two ways, is an error that says where.
// Memory grows with the bytes that arrive and is bounded; a [Reader] sets the bound, and says what a file does not say.
// [Points.Validate] is to be asked before anything learns from points.
//
// Pixels are float32 in [-1, 1], the span the networks work in; [Sets] lists what is bundled, with its license.
package data
