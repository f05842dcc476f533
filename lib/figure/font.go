package figure

import (
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

// Text sizes in logical pixels.
const (
	sizeTitle  = 15
	sizePanel  = 14
	sizeLabel  = 14
	sizeTick   = 12
	sizeLegend = 12
	sizeLeast  = 8 // no text shrinks below this
)

// style is a font at a size in logical pixels.
type style struct {
	size float64
	bold bool
}

// typeface is the embedded font, so that figures look the same on every machine.
var typeface = sync.OnceValue(func() *plotfont.Cache { return plotfont.NewCache(liberation.Collection()) })

func (s style) lookup() plotfont.Face {
	f := plotfont.Font{Typeface: "Liberation", Variant: "Sans"}
	if s.bold {
		f.Weight = font.WeightBold
	}
	return typeface().Lookup(f, plotfont.Length(s.size))
}

// hasGlyph reports whether the font can draw r.
func hasGlyph(r rune) bool {
	face := style{size: sizeTick}.lookup()
	var b sfnt.Buffer
	i, err := face.Face.GlyphIndex(&b, r)
	return err == nil && i != 0
}

// faces caches scaled fonts. A font face is not safe for concurrent use, so each figure being drawn has its own.
type faces struct {
	zoom  int
	known map[style]font.Face
}

func newFaces(zoom int) *faces { return &faces{zoom, map[style]font.Face{}} }

// of returns the font face in device pixels.
func (f *faces) of(s style) font.Face {
	face, ok := f.known[s]
	if !ok {
		unscaled := s.lookup()
		face = unscaled.FontFace(72 * float64(f.zoom))
		f.known[s] = face
	}
	return face
}
