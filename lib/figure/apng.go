package figure

import (
	"bytes"
	"fmt"
	"image"

	"github.com/kettek/apng"
)

// APNG draws an animation with all its colors. It is larger than a GIF. Every frame holds only the changed rectangle.
func APNG(frames []Figure, m Movie) ([]byte, error) {
	images, err := m.render(frames)
	if err != nil {
		return nil, err
	}
	var a apng.APNG
	if m.Once {
		a.LoopCount = 1
	}
	for i, img := range images {
		var part image.Image = img
		var at image.Point
		if i > 0 {
			r := changed(images[i-1], img)
			part, at = img.SubImage(r), r.Min
		}
		a.Frames = append(a.Frames, apng.Frame{
			Image: part, XOffset: at.X, YOffset: at.Y, BlendOp: apng.BLEND_OP_SOURCE,
			DelayNumerator: uint16(m.hundredths(i, len(images))), DelayDenominator: 100,
		})
	}
	var b bytes.Buffer
	if err := apng.Encode(&b, a); err != nil {
		return nil, fmt.Errorf("figure: encode APNG: %w", err)
	}
	return b.Bytes(), nil
}
