package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// HLine is a horizontal line at y = At across the panel, for exact values and thresholds.
type HLine struct {
	At     float64
	Label  string
	Color  Color // 0: Ink
	Dashed bool
	Width  float64 // 0: 1.5
}

// VLine is a vertical line at x = At.
type VLine HLine

func (l HLine) check() error {
	return checkColumns(named("HLine", l.Label), column{"At", []float64{l.At}})
}
func (l VLine) check() error {
	return checkColumns(named("VLine", l.Label), column{"At", []float64{l.At}})
}

func (l HLine) extent(_, _ Axis) (span, span) { return span{}, over([]float64{l.At}) }
func (l VLine) extent(_, _ Axis) (span, span) { return over([]float64{l.At}), span{} }

func (l HLine) hue() Color { return l.Color.or(Ink) }
func (l VLine) hue() Color { return l.Color.or(Ink) }

func (l HLine) width() float64 { return positiveOr(l.Width, 1.5) }

func (l HLine) key() key { return key{label: l.Label, line: l.width(), dashed: l.Dashed} }
func (l VLine) key() key { return HLine(l).key() }

func (l HLine) draw(p *pen) {
	y := p.sharp(p.clamp(p.at(p.x.lo, l.At)).Y)
	p.stroke(vg.Path{{Type: vg.MoveComp, Pos: vg.Point{X: 0, Y: y}},
		{Type: vg.LineComp, Pos: vg.Point{X: vg.Length(p.w), Y: y}}},
		p.color.with(1), l.width(), l.Dashed)
}

func (l VLine) draw(p *pen) {
	x := p.sharp(p.clamp(p.at(l.At, p.y.lo)).X)
	p.stroke(vg.Path{{Type: vg.MoveComp, Pos: vg.Point{X: x, Y: 0}}, {Type: vg.LineComp, Pos: vg.Point{X: x,
		Y: vg.Length(p.h)}}},
		p.color.with(1), HLine(l).width(), l.Dashed)
}

// sharp moves a coordinate to the middle of a device pixel, so that a straight line has crisp edges.
func (p *pen) sharp(v vg.Length) vg.Length {
	z := float64(p.zoom)
	return vg.Length((math.Floor(float64(v)*z) + 0.5) / z)
}
