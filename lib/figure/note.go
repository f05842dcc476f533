package figure

// Note is a text at a data point, on a white halo. Align is 0 to start there, 0.5 to center, 1 to end there.
type Note struct {
	X, Y  float64
	Text  string
	Align float64
	Color Color // 0: Ink
}

func (n Note) check() error {
	if err := checkText(n.Text); err != nil {
		return err
	}
	return checkColumns(named("Note", n.Text), column{"X", []float64{n.X}}, column{"Y", []float64{n.Y}})
}

func (n Note) extent(_, _ Axis) (span, span) { return over([]float64{n.X}), over([]float64{n.Y}) }

func (n Note) hue() Color { return n.Color.or(Ink) }

func (n Note) key() key { return key{} }

func (n Note) draw(p *pen) {
	s := style{size: sizeLegend}
	q := p.clamp(p.at(n.X, n.Y))
	x := float64(q.X) - n.Align*p.text.width(n.Text, s)
	y := p.h - float64(q.Y) + 0.35*s.size
	for i := range 9 {
		p.text.draw(p.img, n.Text, s, x+1.5*float64(i%3-1), y+1.5*float64(i/3-1), White.with(0.8))
	}
	p.text.draw(p.img, n.Text, s, x, y, p.color.with(1))
}
