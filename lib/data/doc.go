// Package data reads data sets of images for learning: the digits that come with the package, and files in the IDX
// format of MNIST, Fashion-MNIST and EMNIST that a user points it at. It downloads nothing.
//
// Pixels are float32 in [-1, 1], the span the networks work in; [Sets] lists what is bundled, with its licence.
package data
