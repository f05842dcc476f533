package figure

import (
	"image/color"
	"math"
)

// ColorMap turns numbers into colors.
type ColorMap int

const (
	DefaultColors ColorMap = iota // Blues for a Heat, Grays for Images
	Blues                         // white to dark blue: densities, with marks on top
	Viridis                       // perceptual, dark to bright: values without a special zero
	Diverging                     // blue, white, orange: signed values; an automatic range is symmetric about 0
	Grays                         // black to white
)

// stops are equally spaced: Blues follows ColorBrewer from pure white, Viridis matplotlib, Diverging Okabe-Ito hues.
var stops = map[ColorMap][]Color{
	Blues: {0xFFFFFF, 0xEAF2FA, 0xD3E4F3, 0xB4D3E9, 0x8ABFDD, 0x5CA4D0, 0x3787C0, 0x1B69AF, 0x0B4B94, 0x08306B},
	Viridis: {0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26,
		0xFDE725},
	Diverging: {0x08306B, 0x2171B5, 0x6BAED6, 0xC6DBEF, 0xFFFFFF, 0xFDD9B5, 0xF6A35C, 0xD55E00, 0x7A3000},
	Grays:     {0x000000, 0xFFFFFF},
}

// at returns the color of s in [0, 1]. Outside it returns that of the nearer end.
func (m ColorMap) at(s float64) Color {
	table := stops[m]
	s = math.Max(0, math.Min(1, s)) * float64(len(table)-1)
	i := min(int(s), len(table)-2)
	return table[i].mix(table[i+1], s-float64(i))
}

// table lists 256 colors from low to high.
func (m ColorMap) table() [256]color.RGBA {
	var t [256]color.RGBA
	for i := range t {
		c := m.at(float64(i) / 255)
		t[i] = color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255}
	}
	return t
}
