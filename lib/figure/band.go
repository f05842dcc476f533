package figure

import "gonum.org/v1/plot/vg"

// bandOpacity lets grid lines and other bands show through.
const bandOpacity = 0.2

// Band shades the interval from Lo to Hi along X. On a logarithmic axis a Lo of 0 or less is the bottom.
type Band struct {
	X, Lo, Hi []float64
	Label     string
	Color     Color
}

func (b Band) check() error {
	kind := named("Band", b.Label)
	if err := checkColumns(kind, column{"X", b.X}, column{"Lo", b.Lo}, column{"Hi", b.Hi}); err != nil {
		return err
	}
	return checkOrder(kind, b.Lo, b.Hi)
}

func (b Band) extent(_, y Axis) (span, span) { return over(b.X), y.positive(b.Lo, b.Hi) }

func (b Band) hue() Color { return b.Color }

func (b Band) key() key { return key{label: b.Label, box: bandOpacity} }

func (b Band) draw(p *pen) {
	path := p.polyline(b.X, b.Hi)
	for i := len(b.X) - 1; i >= 0; i-- {
		path.Line(p.clamp(p.at(b.X[i], b.Lo[i])))
	}
	path.Close()
	p.fill(path, p.color.with(bandOpacity))
}

// box is the path of a rectangle.
func box(lo, hi vg.Point) vg.Path {
	var path vg.Path
	path.Move(lo)
	path.Line(vg.Point{X: hi.X, Y: lo.Y})
	path.Line(hi)
	path.Line(vg.Point{X: lo.X, Y: hi.Y})
	path.Close()
	return path
}
