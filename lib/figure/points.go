package figure

import "math"

// Points are dots at (X, Y): a cloud of particles, or single marks.
type Points struct {
	X, Y  []float64
	Size  float64 // diameter in pixels; 0: 3, larger for fewer than 200 points
	Alpha float64 // opacity in (0, 1]; 0: lower for larger clouds, so that their density is visible
	Color Color
	Ring  bool // a white rim, for single marks on a busy background
	Label string
}

func (d Points) size() float64 {
	if len(d.X) < 200 {
		return positiveOr(d.Size, 5)
	}
	return positiveOr(d.Size, 3)
}

func (d Points) alpha() float64 {
	return math.Min(1, positiveOr(d.Alpha, math.Max(0.3, math.Min(1, math.Sqrt(400/float64(len(d.X)))))))
}

func (d Points) check() error {
	return checkColumns(named("Points", d.Label), column{"X", d.X}, column{"Y", d.Y})
}

func (d Points) extent(_, _ Axis) (span, span) { return over(d.X), over(d.Y) }

func (d Points) hue() Color { return d.Color }

func (d Points) key() key { return key{label: d.Label, dot: math.Max(6, d.size())} }

func (d Points) draw(p *pen) {
	c := p.color.with(d.alpha())
	for i := range d.X {
		q := p.at(d.X[i], d.Y[i])
		if d.Ring {
			p.dot(q, d.size()+3, White.with(1))
		}
		p.dot(q, d.size(), c)
	}
}
