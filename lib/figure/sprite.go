package figure

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// phases is the number of sub-pixel positions of a sprite in each direction.
const phases = 4

// sprite is an antialiased disc at every sub-pixel position. Clouds of ten thousand particles are drawn with it,
// because a path for each particle takes the rasterizer a hundred times longer.
type sprite struct {
	masks [phases * phases]*image.Alpha
	half  int // the center lies in the pixel (half, half)
}

// newSprite makes the sprite of a disc with a diameter in device pixels.
func newSprite(diameter float64) *sprite {
	s := &sprite{half: int(math.Ceil(diameter/2 + 0.5))}
	for k := range s.masks {
		cx := float64(s.half) + (float64(k%phases)+0.5)/phases
		cy := float64(s.half) + (float64(k/phases)+0.5)/phases
		m := image.NewAlpha(image.Rect(0, 0, 2*s.half+1, 2*s.half+1))
		for i := range m.Pix {
			x, y := float64(i%m.Stride)+0.5, float64(i/m.Stride)+0.5
			// The distance to the rim is the coverage of the pixel, up to the curvature of the rim.
			cover := diameter/2 + 0.5 - math.Hypot(x-cx, y-cy)
			m.Pix[i] = uint8(255*math.Max(0, math.Min(1, cover)) + 0.5)
		}
		s.masks[k] = m
	}
	return s
}

// press draws the disc with its center at (x, y) in device pixels, y downwards.
func (s *sprite) press(img *image.RGBA, x, y float64, c color.Color) {
	b := img.Bounds()
	if x < float64(b.Min.X-s.half) || x > float64(b.Max.X+s.half) || y < float64(b.Min.Y-s.half) || y >
		float64(b.Max.Y+s.half) {
		return
	}
	i, j := math.Floor(x), math.Floor(y)
	k := int((x-i)*phases) + phases*int((y-j)*phases)
	m := s.masks[k]
	at := image.Pt(int(i)-s.half, int(j)-s.half)
	draw.DrawMask(img, m.Rect.Add(at), image.NewUniform(c), image.Point{}, m, image.Point{}, draw.Over)
}
