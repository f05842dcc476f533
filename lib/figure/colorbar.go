package figure

import "math"

// ticks are the ticks of the color bar at a height in pixels.
func (h Heat) ticks(height int) []tick {
	lo, hi := h.levels()
	values := scale{lo: math.Min(lo, hi), hi: math.Max(lo, hi)}
	return values.ticks(float64(height), 20, func(string) float64 { return sizeTick })
}

// drawBar draws the color bar of a heat map to the right of a data area.
func drawBar(s *sheet, b rect, h Heat) {
	lo, hi := h.levels()
	values := scale{lo: lo, hi: hi}
	x, y1 := float64(b.x+b.w+barGap), float64(b.y+b.h)
	fillRect(s.img, s.zoom, x-1, float64(b.y-1), x+barWidth+1, y1+1, frameColor)
	rows := b.h * s.zoom
	for j := range rows {
		y := y1 - float64(j+1)/float64(s.zoom)
		c := h.colors().at((float64(j) + 0.5) / float64(rows))
		fillRect(s.img, s.zoom, x, y, x+barWidth, y+1/float64(s.zoom), c.with(1))
	}
	ticks := h.ticks(b.h)
	for _, t := range ticks {
		y := y1 - math.Floor(values.norm(t.at)*float64(b.h)*float64(s.zoom))/float64(s.zoom)
		fillRect(s.img, s.zoom, x+barWidth, y-1, x+barWidth+3, y, frameColor)
		s.text.draw(s.img, t.label, style{size: sizeTick}, x+barWidth+tickGap+3, y+0.35*sizeTick, Ink.with(1))
	}
	right := x + barWidth + tickGap + 3 + float64(widest(ticks, s.text))
	s.text.drawUp(s.img, h.Bar, style{size: sizeLabel}, right+sizeLabel+3, float64(b.y)+float64(b.h)/2, float64(b.h)+40,
		Ink.with(1))
}
