package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
)

// GIF draws an animation. All frames share one palette, chosen from all their pixels, so that colors do not flicker.
// There is no dithering. A pixel that does not change takes almost no bytes.
func GIF(frames []Figure, m Movie) ([]byte, error) {
	images, err := m.render(frames)
	if err != nil {
		return nil, err
	}
	colors := choosePalette(images, 255)
	clear := uint8(len(colors))
	palette := make(color.Palette, 0, len(colors)+1)
	for _, c := range colors {
		palette = append(palette, c)
	}
	palette = append(palette, color.RGBA{})

	flat := make([][]uint8, len(images))
	parallel(len(images), func(i int) { flat[i] = colors.flatten(images[i]) })
	g := gif.GIF{Config: image.Config{ColorModel: palette, Width: images[0].Rect.Dx(), Height: images[0].Rect.Dy()}}
	if m.Once {
		g.LoopCount = -1
	}
	for i, img := range images {
		r := img.Rect
		if i > 0 {
			r = changed(images[i-1], img)
		}
		part := image.NewPaletted(r, palette)
		for k := range part.Pix {
			at := (r.Min.Y+k/r.Dx())*img.Rect.Dx() + r.Min.X + k%r.Dx()
			part.Pix[k] = flat[i][at]
			if i > 0 && flat[i][at] == flat[i-1][at] {
				part.Pix[k] = clear
			}
		}
		g.Image = append(g.Image, part)
		g.Delay = append(g.Delay, m.hundredths(i, len(images)))
		g.Disposal = append(g.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		return nil, fmt.Errorf("figure: encode GIF: %w", err)
	}
	return b.Bytes(), nil
}
