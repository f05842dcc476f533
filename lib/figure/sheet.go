package figure

import (
	"image"
	"image/draw"
)

// sheet is the whole picture being drawn, measured in logical pixels from its top left.
type sheet struct {
	img  *image.RGBA
	zoom int
	text *faces
}

// rect is a rectangle of a sheet.
type rect struct{ x, y, w, h int }

func newSheet(w, h, zoom int) *sheet {
	img := image.NewRGBA(image.Rect(0, 0, w*zoom, h*zoom))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return &sheet{img, zoom, newFaces(zoom)}
}

func (s *sheet) paste(img image.Image, x, y int) {
	draw.Draw(s.img, img.Bounds().Add(image.Pt(x*s.zoom, y*s.zoom)), img, img.Bounds().Min, draw.Src)
}

// centered writes a text with its middle at x, on the baseline y. A text that is wider than its room is set smaller.
func (s *sheet) centered(text string, st style, x, y, room float64) {
	st = s.text.shrink(text, st, room)
	s.text.draw(s.img, text, st, x-s.text.width(text, st)/2, y, Ink.with(1))
}
