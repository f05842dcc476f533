package data

import (
	"embed"
	"fmt"
)

//go:embed digits/*.gz
var digitFiles embed.FS

// DigitsTrain is the number of bundled digits to train on, from the first. The other 1,000 are held out.
const DigitsTrain = 9000

// Digits are 10,000 handwritten digits of MNIST, 28 x 28, shuffled once. Their source and license are in
// digits/README.md. Every call unpacks its own copy, in about 0.1 s.
func Digits() (*Images, error) {
	images, err := embedded("digits/mnist10k-images-idx3-ubyte.gz")
	if err != nil {
		return nil, err
	}
	labels, err := embedded("digits/mnist10k-labels-idx1-ubyte.gz")
	if err != nil {
		return nil, err
	}
	return NewImages(images, labels, 10)
}

func embedded(name string) (*IDX, error) {
	file, err := digitFiles.Open(name)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer file.Close()
	a, err := ReadIDX(file)
	if err != nil {
		return nil, fmt.Errorf("bundled %s: %w", name, err)
	}
	return a, nil
}
