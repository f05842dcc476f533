package figure

import (
	"bytes"
	"image"
	"image/png"
	"testing"
)

func TestSmallPictures(t *testing.T) {
	f := Row("",
		Panel{Layers: []Layer{
			Heat{Field: NewField(-1, 1, 21, -1, 1, 21, func(x, y float64) float64 { return x + y*y })}}})
	for _, colors := range []int{2, 16, 256} {
		data, err := SmallPNG(f, 1, colors)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := img.(*image.Paletted); !ok || len(p.Palette) > colors {
			t.Errorf("%d colors asked for: %T", colors, img)
		}
	}
	film, err := SmallAPNG([]Figure{f, f, f}, Movie{}, 16)
	if err != nil || !bytes.Contains(film, []byte("acTL")) || bytes.Count(film, []byte("fcTL")) != 3 {
		t.Errorf("no animation of three frames: %v", err)
	}
	for _, colors := range []int{-1, 0, 1, 257} {
		if _, err := SmallPNG(f, 1, colors); err == nil {
			t.Errorf("%d colors are taken", colors)
		}
	}
}
