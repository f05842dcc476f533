package figure

// Line is a curve through (X, Y). Lo and Hi, if given, shade an interval around it, for example of 5 standard errors.
// On a logarithmic axis an interval that reaches 0 or less extends to the bottom.
type Line struct {
	X, Y    []float64
	Lo, Hi  []float64 // optional
	Label   string
	Color   Color
	Dashed  bool
	Width   float64 // 0: 2
	Markers bool    // a dot on every point
}

func (l Line) width() float64 { return positiveOr(l.Width, 2) }

// band is the layer of the shaded interval.
func (l Line) band() Band { return Band{X: l.X, Lo: l.Lo, Hi: l.Hi, Label: l.Label} }

func (l Line) check() error {
	kind := named("Line", l.Label)
	if err := checkColumns(kind, column{"X", l.X}, column{"Y", l.Y}); err != nil {
		return err
	}
	if l.Lo == nil && l.Hi == nil {
		return nil
	}
	if err := checkColumns(kind, column{"X", l.X}, column{"Lo", l.Lo}, column{"Hi", l.Hi}); err != nil {
		return err
	}
	return checkOrder(kind, l.Lo, l.Hi)
}

func (l Line) extent(_, y Axis) (span, span) {
	return over(l.X), over(l.Y).join(y.positive(l.Lo, l.Hi))
}

func (l Line) hue() Color { return l.Color }

func (l Line) key() key {
	k := key{label: l.Label, line: l.width(), dashed: l.Dashed}
	if l.Markers {
		k.dot = l.marker()
	}
	if l.Lo != nil {
		k.box = bandOpacity
	}
	return k
}

func (l Line) marker() float64 { return 3 + 1.5*l.width() }

func (l Line) draw(p *pen) {
	if l.Lo != nil {
		l.band().draw(p)
	}
	p.stroke(p.polyline(l.X, l.Y), p.color.with(1), l.width(), l.Dashed)
	if !l.Markers {
		return
	}
	for i := range l.X {
		q := p.clamp(p.at(l.X[i], l.Y[i]))
		p.dot(q, l.marker()+1.5, White.with(1))
		p.dot(q, l.marker(), p.color.with(1))
	}
}

// positiveOr returns v, or the fallback if v is not positive.
func positiveOr(v, fallback float64) float64 {
	if v > 0 {
		return v
	}
	return fallback
}
