package data

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
)

//go:embed optdigits/optdigits-8x8.csv.gz
var optdigits []byte

// OptdigitsTrain is the number of images of Optdigits to train on, from the first. The other 297 are held out.
const OptdigitsTrain = 1500

// Optdigits are 1,797 handwritten digits, 8 x 8, small enough for any experiment. Their source and license are in
// optdigits/README.md. A pixel counts the ink of a block, c = 0 .. 16, and becomes c/8 - 1.
func Optdigits() (*Images, error) {
	p, err := ReadCSV(bytes.NewReader(optdigits), "-1")
	if err == nil && p.D != 64 {
		err = errors.New("not 64 pixels an image")
	}
	if err != nil {
		return nil, fmt.Errorf("bundled optdigits: %w", err)
	}
	im := &Images{N: p.N, H: 8, W: 8, Pixels: make([]float32, len(p.X)), Labels: p.Labels, Classes: p.Classes}
	for i, count := range p.X {
		im.Pixels[i] = float32(count/8 - 1)
	}
	return im, nil
}
