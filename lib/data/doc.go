// Package data reads data sets: bundled digits, images in the IDX format of MNIST, Fashion-MNIST and EMNIST, and points
// in CSV or in numpy's NPY format. It downloads nothing.
//
// Readers are strict. A file that cannot be read completely and exactly, or that is ambiguous, is an error that names
// the place. Memory grows with the bytes that arrive and is bounded. A [Reader] sets the bound and resolves
// ambiguities. Call [Points.Validate] before training on points.
//
// Pixels are float32 in [-1, 1]. [Sets] lists the bundled data sets with their licenses.
package data
