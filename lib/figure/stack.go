package figure

import (
	"fmt"
	"image"
)

// Stack is figures one above the other, centered, on a page as wide as the widest.
type Stack []Figure

func (f Stack) render(zoom int) (*image.RGBA, error) {
	if len(f) == 0 {
		return nil, fmt.Errorf("figure: a stack needs a figure")
	}
	var parts []*image.RGBA
	var w, h int
	for i, part := range f {
		if part == nil {
			return nil, fmt.Errorf("figure: part %d of a stack is nil", i)
		}
		img, err := part.render(zoom)
		if err != nil {
			return nil, fmt.Errorf("part %d of a stack: %w", i, err)
		}
		parts = append(parts, img)
		w, h = max(w, img.Rect.Dx()), h+img.Rect.Dy()
	}
	s := newSheet(w/zoom, h/zoom, zoom)
	y := 0
	for _, img := range parts {
		s.paste(img, (w-img.Rect.Dx())/2/zoom, y/zoom)
		y += img.Rect.Dy()
	}
	return s.img, nil
}
