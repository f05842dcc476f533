package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// Corner is the place of a legend.
type Corner int

const (
	BestCorner Corner = iota // the corner that covers the least ink; may change between frames of an animation
	TopRight
	TopLeft
	BottomRight
	BottomLeft
	Outside // to the right of the panel
	NoLegend
)

// Sizes of the legend in logical pixels.
const (
	legendRow    = 18
	legendSwatch = 24 // of lines and boxes
	legendDot    = 10 // where all entries are dots
	legendPad    = 6
)

// keys are the entries of the legend with their colors.
func (q *plot) keys() (keys []key, colors []Color) {
	for i, layer := range q.Layers {
		if k := layer.key(); k.label != "" && q.Legend != NoLegend {
			keys, colors = append(keys, k), append(colors, q.colors[i])
		}
	}
	return keys, colors
}

func (q *plot) legendSize(text *faces) (w, h float64) {
	keys, _ := q.keys()
	if len(keys) == 0 {
		return 0, 0
	}
	for _, k := range keys {
		w = math.Max(w, text.width(k.label, style{size: sizeLegend}))
	}
	return w + swatchWidth(keys) + 3*legendPad, float64(len(keys)*legendRow + legendPad)
}

// swatchWidth is the width of the marks of all entries.
func swatchWidth(keys []key) float64 {
	for _, k := range keys {
		if k.line > 0 || k.box > 0 {
			return legendSwatch
		}
	}
	return legendDot
}

// legendInset is the distance of a legend from the frame.
const legendInset = 6

// legendAt is the top left of a legend of size w by h in a corner.
func (p *pen) legendAt(c Corner, w, h float64) (x, y float64) {
	x, y = legendInset, legendInset
	if c == TopRight || c == BottomRight {
		x = p.w - w - legendInset
	}
	if c == BottomRight || c == BottomLeft {
		y = p.h - h - legendInset
	}
	return math.Round(x), math.Round(y)
}

// bestCorner is the corner where a legend covers the least ink, and the share of its area that is ink there.
func (p *pen) bestCorner(w, h float64) (Corner, float64) {
	best, least := TopRight, math.Inf(1)
	for _, c := range []Corner{TopRight, TopLeft, BottomRight, BottomLeft} {
		x, y := p.legendAt(c, w, h)
		if ink := p.ink(x, y, w, h); ink < least {
			best, least = c, ink
		}
	}
	return best, least
}

// clearLegends lengthens automatic y axes if an automatic legend would cover data in every corner.
func clearLegends(rows [][]cell, text *faces) {
	const bearable = 0.03 // a thin line under the legend is fine
	for _, row := range rows {
		for _, c := range row {
			q := c.plot
			w, h := q.legendSize(text)
			if h == 0 || q.Legend != BestCorner || q.Y.fixed() || q.framed() {
				continue
			}
			p := q.layers(c.area, text)
			if _, ink := p.bestCorner(w, h); ink > bearable {
				q.y.hi = math.Min(q.y.value(p.h/math.Max(p.h/2, p.h-h-legendInset)), 10*greatest)
			}
		}
	}
}

// legend draws the legend into the data area, on a translucent background.
func (q *plot) legend(p *pen) {
	w, h := q.legendSize(p.text)
	if h == 0 || q.Legend == Outside {
		return
	}
	at := q.Legend
	if at == BestCorner {
		at, _ = p.bestCorner(w, h)
	}
	x, y := p.legendAt(at, w, h)
	fillRect(p.img, p.zoom, x, y, x+w, y+h, White.with(0.82))
	q.entries(p, x, y)
}

// outside draws the legend beside the data area.
func (q *plot) outside(s *sheet, b rect) {
	w, h := q.legendSize(s.text)
	if h == 0 || q.Legend != Outside {
		return
	}
	p := newPen(q.x, q.y, int(math.Ceil(w)), int(h), s.text)
	q.entries(p, 0, 0)
	x := b.x + b.w + barGap
	if q.bar != nil {
		x += barGap + barWidth + tickGap + widest(q.bar.ticks(b.h), s.text) + labelRoom
	}
	s.paste(p.img, x, b.y)
}

// ink is the share of a rectangle that is neither background nor grid.
func (p *pen) ink(x, y, w, h float64) float64 {
	n, z := 0, float64(p.zoom)
	for j := max(0, int(y*z)); j < min(int((y+h)*z), p.img.Rect.Dy()); j++ {
		for i := max(0, int(x*z)); i < min(int((x+w)*z), p.img.Rect.Dx()); i++ {
			c := p.img.RGBAAt(i, j)
			if min(c.R, c.G, c.B) < gridColor.R {
				n++
			}
		}
	}
	return float64(n) / (w * h * z * z)
}

// entries draws the rows of the legend with their top left at (x, y).
func (q *plot) entries(p *pen, x, y float64) {
	keys, colors := q.keys()
	wide := swatchWidth(keys)
	for i, k := range keys {
		p.color = colors[i]
		middle := y + legendPad/2 + legendRow*(float64(i)+0.5)
		k.swatch(p, x+legendPad, p.h-middle, wide)
		p.text.draw(p.img, k.label, style{size: sizeLegend}, x+2*legendPad+wide, middle+0.35*sizeLegend, Ink.with(1))
	}
}

// swatch draws the marks of a layer around a point on the left, y upwards.
func (k key) swatch(p *pen, x, y, wide float64) {
	pt := func(dx, dy float64) vg.Point { return vg.Point{X: vg.Length(x + dx), Y: vg.Length(y + dy)} }
	segment := func(a, b vg.Point) vg.Path {
		return vg.Path{{Type: vg.MoveComp, Pos: a}, {Type: vg.LineComp, Pos: b}}
	}
	mid := wide / 2
	if k.box > 0 {
		p.fill(box(pt(1, -5.5), pt(wide-1, 5.5)), p.color.with(k.box))
	}
	if k.line > 0 {
		p.stroke(segment(pt(0, 0), pt(wide, 0)), p.color.with(1), k.line, k.dashed)
	}
	if k.whisk {
		p.stroke(segment(pt(mid, -7), pt(mid, 7)), p.color.with(1), 1.5, false)
	}
	if k.dot > 0 {
		p.dot(pt(mid, 0), k.dot, p.color.with(1))
	}
}
