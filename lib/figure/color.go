package figure

import "image/color"

// Color is 0xRRGGBB. The zero Color means automatic: the next of the cycle Blue, Vermillion, Green, Purple, Orange,
// Sky.
type Color uint32

// The palette of Okabe and Ito, whose colors are distinct under the common forms of color blindness, and two neutrals.
const (
	Blue       Color = 0x0072B2
	Vermillion Color = 0xD55E00
	Green      Color = 0x009E73
	Purple     Color = 0xCC79A7
	Orange     Color = 0xE69F00
	Sky        Color = 0x56B4E9
	Yellow     Color = 0xF0E442 // too light for lines on white
	Ink        Color = 0x262626
	Gray       Color = 0x8A8A8A
	White      Color = 0xFFFFFF
)

var cycle = [...]Color{Blue, Vermillion, Green, Purple, Orange, Sky}

// or returns the color, or the fallback if it is automatic.
func (c Color) or(fallback Color) Color {
	if c == 0 {
		return fallback
	}
	return c
}

// with returns the color at an opacity in [0, 1].
func (c Color) with(alpha float64) color.NRGBA {
	return color.NRGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), uint8(255*alpha + 0.5)}
}

// mix returns the color a share s of the way from c to d.
func (c Color) mix(d Color, s float64) Color {
	var m Color
	for shift := 0; shift <= 16; shift += 8 {
		a, b := float64(c>>shift&255), float64(d>>shift&255)
		m |= Color(a+(b-a)*s+0.5) << shift
	}
	return m
}
