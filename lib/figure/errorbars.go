package figure

import "gonum.org/v1/plot/vg"

// ErrorBars are points (X, Y) with intervals from Lo to Hi. On a logarithmic axis a Lo of 0 or less is the bottom.
type ErrorBars struct {
	X, Y, Lo, Hi []float64
	Label        string
	Color        Color
	Size         float64 // diameter of the points; 0: 6
}

func (e ErrorBars) size() float64 { return positiveOr(e.Size, 6) }

func (e ErrorBars) check() error {
	kind := named("ErrorBars", e.Label)
	if err := checkColumns(kind, column{"X", e.X}, column{"Y", e.Y}, column{"Lo", e.Lo}, column{"Hi", e.Hi}); err !=
		nil {
		return err
	}
	return checkOrder(kind, e.Lo, e.Hi)
}

func (e ErrorBars) extent(_, y Axis) (span, span) {
	return over(e.X), over(e.Y).join(y.positive(e.Lo, e.Hi))
}

func (e ErrorBars) hue() Color { return e.Color }

func (e ErrorBars) key() key { return key{label: e.Label, dot: e.size(), whisk: true} }

func (e ErrorBars) draw(p *pen) {
	const cap = 3.5
	var path vg.Path
	for i := range e.X {
		lo, hi := p.clamp(p.at(e.X[i], e.Lo[i])), p.clamp(p.at(e.X[i], e.Hi[i]))
		path.Move(lo)
		path.Line(hi)
		for _, q := range []vg.Point{lo, hi} {
			path.Move(vg.Point{X: q.X - cap, Y: q.Y})
			path.Line(vg.Point{X: q.X + cap, Y: q.Y})
		}
	}
	p.stroke(path, p.color.with(1), 1.5, false)
	for i := range e.X {
		p.dot(p.clamp(p.at(e.X[i], e.Y[i])), e.size(), p.color.with(1))
	}
}
