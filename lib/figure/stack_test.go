package figure

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

// A stack is as wide as its widest part and as high as all of them together, and contains their pixels.
func TestStack(t *testing.T) {
	small := Images{Rows: [][]Picture{{{W: 2, H: 2, Pix: []float64{0, 1, 0, 1}}}}, Scale: 10}
	wide := Single(Panel{X: Axis{Min: 0, Max: 1}, Y: Axis{Min: 0, Max: 1},
		Layers: []Layer{Points{X: []float64{.5}, Y: []float64{.5}}}}, 500)
	size := func(f Figure) (w, h int) {
		data, err := PNG(f)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img.Bounds().Dx(), img.Bounds().Dy()
	}
	w1, h1 := size(small)
	w2, h2 := size(wide)
	if w, h := size(Stack{wide, small}); w != max(w1, w2) || h != h1+h2 {
		t.Errorf("%d by %d of %d by %d and %d by %d", w, h, w2, h2, w1, h1)
	}
	for want, f := range map[string]Stack{
		"a stack needs a figure":     {},
		"part 1 of a stack is nil":   {small, nil},
		"part 0 of a stack: figure:": {Images{Rows: [][]Picture{{{W: 2, H: 2, Pix: []float64{0}}}}}},
	} {
		if _, err := PNG(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
