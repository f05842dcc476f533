package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/kettek/apng"
)

// SmallPNG draws a still picture with at most the given number of colors, 2 to 256, and zoom device pixels for each
// logical one. It takes a third of the bytes of [PNG] or less, for notebooks.
func SmallPNG(f Figure, zoom, colors int) ([]byte, error) {
	stills, err := paletted([]Figure{f}, Movie{Zoom: zoom}, colors)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, stills[0]); err != nil {
		return nil, fmt.Errorf("figure: encode PNG: %w", err)
	}
	return b.Bytes(), nil
}

// SmallAPNG is [APNG] with at most the given number of colors in all frames together, 2 to 256.
func SmallAPNG(frames []Figure, m Movie, colors int) ([]byte, error) {
	stills, err := paletted(frames, m, colors)
	if err != nil {
		return nil, err
	}
	var a apng.APNG
	for i, still := range stills {
		a.Frames = append(a.Frames, apng.Frame{Image: still, BlendOp: apng.BLEND_OP_SOURCE,
			DelayNumerator: uint16(m.hundredths(i, len(stills))), DelayDenominator: 100})
	}
	var b bytes.Buffer
	if err := apng.Encode(&b, a); err != nil {
		return nil, fmt.Errorf("figure: encode APNG: %w", err)
	}
	return b.Bytes(), nil
}

// paletted draws frames with a common palette.
func paletted(frames []Figure, m Movie, most int) ([]*image.Paletted, error) {
	if most < 2 || most > 256 {
		return nil, fmt.Errorf("figure: %d colors; give 2 to 256", most)
	}
	images, err := m.render(frames)
	if err != nil {
		return nil, err
	}
	colors := choosePalette(images, most)
	palette := make(color.Palette, 0, len(colors))
	for _, c := range colors {
		palette = append(palette, c)
	}
	stills := make([]*image.Paletted, len(images))
	parallel(len(images), func(i int) {
		stills[i] = &image.Paletted{Pix: colors.flatten(images[i]), Stride: images[i].Rect.Dx(), Rect: images[i].Rect,
			Palette: palette}
	})
	return stills, nil
}
