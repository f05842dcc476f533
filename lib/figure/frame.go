package figure

import "math"

// Lengths around a data area, in logical pixels.
const (
	tickLength = 4
	tickGap    = 3  // from a tick to its number
	labelRoom  = 22 // of an axis label
	barWidth   = 12
	barGap     = 10
	margin     = 6
)

// ticks are the ticks of both axes for a data area of a size. Gaps grow with the area, so that an axis has at most
// about ten numbers.
func (q *plot) ticks(text *faces, b rect) (x, y []tick) {
	s := style{size: sizeTick}
	if !q.HideAxes && !q.X.Hide {
		x = q.x.ticks(float64(b.w), math.Max(22, float64(b.w)/14), func(t string) float64 { return text.width(t, s) })
	}
	if !q.HideAxes && !q.Y.Hide {
		y = q.y.ticks(float64(b.h), math.Max(20, float64(b.h)/10), func(string) float64 { return sizeTick })
	}
	return x, y
}

// widest is the width of the widest number.
func widest(t []tick, text *faces) int {
	w := 0.0
	for _, t := range t {
		w = math.Max(w, text.width(t.label, style{size: sizeTick}))
	}
	return int(math.Ceil(w))
}

// margins is the room that a panel needs around its data area.
type margins struct{ left, right, top, bottom int }

// margins of the panel when its data area has about the size of b.
func (q *plot) margins(text *faces, b rect) margins {
	m := margins{margin, margin, margin, margin}
	x, y := q.ticks(text, b)
	if q.Title != "" {
		m.top += 22
	}
	if len(y) > 0 {
		m.left += widest(y, text) + tickLength + tickGap
		m.top += 2 // half of the topmost number
	}
	if len(x) > 0 {
		m.bottom += sizeTick + tickLength + tickGap
		m.right += min(widest(x, text)/2, 12) // half of the rightmost number
	}
	if q.Y.Label != "" && !q.HideAxes {
		m.left += labelRoom
	}
	if q.X.Label != "" && !q.HideAxes {
		m.bottom += labelRoom - 2
	}
	if q.bar != nil {
		m.right += barGap + barWidth + tickGap + widest(q.bar.ticks(b.h), text) + labelRoom
	}
	if q.Legend == Outside {
		w, _ := q.legendSize(text)
		m.right += int(math.Ceil(w)) + barGap
	}
	return m
}

func (q *plot) drawAxes(s *sheet, b rect) {
	xt, yt := q.ticks(s.text, b)
	x0, y0, x1, y1 := float64(b.x), float64(b.y), float64(b.x+b.w), float64(b.y+b.h)
	line := func(xa, ya, xb, yb float64) { fillRect(s.img, s.zoom, xa, ya, xb, yb, frameColor) }
	line(x0-1, y0, x0, y1+1)
	line(x0-1, y1, x1, y1+1)
	if q.framed() {
		line(x0-1, y0-1, x1+1, y0)
		line(x1, y0-1, x1+1, y1+1)
	}
	st := style{size: sizeTick}
	for _, t := range xt {
		x := x0 + math.Floor(q.x.norm(t.at)*float64(b.w)*float64(s.zoom))/float64(s.zoom)
		line(x, y1+1, x+1, y1+1+t.length())
		s.centered(t.label, st, x+0.5, y1+1+tickLength+tickGap+0.8*sizeTick, x1-x0)
	}
	for _, t := range yt {
		y := y1 - math.Floor(q.y.norm(t.at)*float64(b.h)*float64(s.zoom))/float64(s.zoom)
		line(x0-1-t.length(), y-1, x0-1, y)
		w := s.text.width(t.label, st)
		s.text.draw(s.img, t.label, st, x0-1-tickLength-tickGap-w, y+0.35*sizeTick, Ink.with(1))
	}
	if q.HideAxes {
		return
	}
	if q.X.Label != "" {
		below := 0
		if len(xt) > 0 {
			below = tickLength + tickGap + sizeTick
		}
		s.centered(q.X.Label, style{size: sizeLabel}, (x0+x1)/2, y1+float64(below)+sizeLabel+2, x1-x0+40)
	}
	if q.Y.Label != "" {
		left := 0
		if len(yt) > 0 {
			left = tickLength + tickGap + widest(yt, s.text)
		}
		s.text.drawUp(s.img, q.Y.Label, style{size: sizeLabel}, x0-float64(left)-9, (y0+y1)/2, y1-y0+40, Ink.with(1))
	}
}

// length is the length of a tick. Minor ticks are shorter.
func (t tick) length() float64 {
	if t.label == "" {
		return tickLength / 2
	}
	return tickLength
}
