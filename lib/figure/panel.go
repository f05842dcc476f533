package figure

import (
	"fmt"
	"image/color"
)

// Panel is a pair of axes with layers of data. EqualAspect gives both axes the same units per pixel. HideAxes leaves a
// bare frame.
type Panel struct {
	Title       string
	X, Y        Axis
	Layers      []Layer
	Legend      Corner // of the layers that have a label
	EqualAspect bool
	HideAxes    bool
}

// plot is a checked panel with the ranges and colors that follow from its data.
type plot struct {
	Panel
	x, y   scale
	colors []Color // of each layer
	bar    *Heat   // the layer with a color bar
	filled bool    // a Heat covers the background
}

func (p Panel) prepare() (*plot, error) {
	if err := checkText(p.Title, p.X.Label, p.Y.Label); err != nil {
		return nil, err
	}
	q := &plot{Panel: p}
	var xs, ys span
	next, standing := 0, false
	for i, layer := range p.Layers {
		if layer == nil {
			return nil, fmt.Errorf("figure: layer %d of panel %q is nil", i, p.Title)
		}
		if err := layer.check(); err != nil {
			return nil, err
		}
		if err := checkText(layer.key().label); err != nil {
			return nil, err
		}
		x, y := layer.extent(p.X, p.Y)
		xs, ys = xs.join(x), ys.join(y)
		c := layer.hue()
		if c == 0 {
			c = cycle[next%len(cycle)]
			next++
		}
		q.colors = append(q.colors, c)
		switch l := layer.(type) {
		case Heat:
			q.filled = true
			if l.Bar != "" {
				q.bar = &l
			}
		case Bars:
			standing = !p.Y.Log
		}
	}
	var err error
	if q.x, err = p.X.fit("x", xs, q.filled); err != nil {
		return nil, err
	}
	if q.y, err = p.Y.fit("y", ys, q.filled); err != nil {
		return nil, err
	}
	if standing && ys.lo == 0 && !p.Y.fixed() {
		q.y.lo = 0 // bars start at the axis
	}
	if p.EqualAspect && (p.X.Log || p.Y.Log) {
		return nil, fmt.Errorf("figure: panel %q has equal aspect on a logarithmic axis", p.Title)
	}
	return q, nil
}

// framed reports whether the panel has a frame on all sides and no grid. Such panels show a space rather than a curve.
func (q *plot) framed() bool { return q.filled || q.EqualAspect || q.HideAxes }

// aspect is the height of a data area of width 1 under EqualAspect.
func (q *plot) aspect() float64 { return (q.y.hi - q.y.lo) / (q.x.hi - q.x.lo) }

// layers draws the grid and the layers into a data area of the size of b, and returns its pen.
func (q *plot) layers(b rect, text *faces) *pen {
	p := newPen(q.x, q.y, b.w, b.h, text)
	if !q.framed() {
		xt, yt := q.ticks(text, b)
		drawGrid(p, xt, yt)
	}
	for i, layer := range q.Layers {
		p.color = q.colors[i]
		layer.draw(p)
	}
	return p
}

// draw draws the panel with its data area at b, in logical pixels of the sheet.
func (q *plot) draw(s *sheet, b rect) {
	p := q.layers(b, s.text)
	q.legend(p)
	s.paste(p.img, b.x, b.y)
	q.outside(s, b)
	q.drawAxes(s, b)
	if q.bar != nil {
		drawBar(s, b, *q.bar)
	}
	if q.Title != "" {
		s.centered(q.Title, style{size: sizePanel}, float64(b.x)+float64(b.w)/2, float64(b.y)-9, float64(b.w)+30)
	}
}

// Neutral colors of the frame and the grid.
var (
	frameColor = color.NRGBA{0x55, 0x55, 0x55, 255}
	gridColor  = color.NRGBA{0xE6, 0xE6, 0xE6, 255}
)

func drawGrid(p *pen, xt, yt []tick) {
	px := 1 / float64(p.zoom)
	for _, t := range xt {
		if t.label != "" {
			x := float64(p.sharp(p.at(t.at, p.y.lo).X)) - px/2
			fillRect(p.img, p.zoom, x, 0, x+1, p.h, gridColor)
		}
	}
	for _, t := range yt {
		if t.label != "" {
			y := p.h - float64(p.sharp(p.at(p.x.lo, t.at).Y)) - px/2
			fillRect(p.img, p.zoom, 0, y, p.w, y+1, gridColor)
		}
	}
}
