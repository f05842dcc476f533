// Package data reads data sets: the digits that come with the package, images in the IDX format of MNIST,
// Fashion-MNIST and EMNIST, and points in CSV or in numpy's NPY format, that a user points it at. It downloads nothing.
//
// Readers are strict: what they cannot read whole and exactly is an error that says where, and memory grows with the
// bytes that arrive. [Points.Validate] is to be asked before anything learns from points.
//
// Pixels are float32 in [-1, 1], the span the networks work in; [Sets] lists what is bundled, with its licence.
package data
