package figure

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// Contour draws the level lines of a field.
type Contour struct {
	Field  Field
	Levels []float64 // empty: Count values equally spaced strictly between the least and the greatest
	Count  int       // 0: 6
	Width  float64   // 0: 1.2
	Color  Color     // 0: Gray
	Label  string
}

func (c Contour) check() error {
	kind := named("Contour", c.Label)
	if len(c.Levels) > 0 {
		if err := checkColumns(kind, column{"Levels", c.Levels}); err != nil {
			return err
		}
	}
	if c.Count < 0 {
		return fmt.Errorf("figure: %s has a count of %d", kind, c.Count)
	}
	return c.Field.check(kind)
}

func (c Contour) extent(x, y Axis) (span, span) { return Heat{Field: c.Field}.extent(x, y) }

func (c Contour) hue() Color { return c.Color.or(Gray) }

func (c Contour) key() key { return key{label: c.Label, line: c.width()} }

func (c Contour) width() float64 { return positiveOr(c.Width, 1.2) }

func (c Contour) levels() []float64 {
	if len(c.Levels) > 0 {
		return c.Levels
	}
	n := c.Count
	if n == 0 {
		n = 6
	}
	s := over(c.Field.Z)
	if same(s.lo, s.hi) {
		return nil // lines between equal values would show their rounding
	}
	var levels []float64
	for i := range n {
		levels = append(levels, s.lo+(s.hi-s.lo)*float64(i+1)/float64(n+1))
	}
	return levels
}

func (c Contour) draw(p *pen) {
	for _, z := range c.levels() {
		var path vg.Path
		for _, line := range isoline(c.Field, z) {
			for i, q := range line {
				at := p.clamp(p.at(c.Field.X0+q[0]*(c.Field.X1-c.Field.X0)/float64(c.Field.NX-1),
					c.Field.Y0+q[1]*(c.Field.Y1-c.Field.Y0)/float64(c.Field.NY-1)))
				switch {
				case i == 0:
					path.Move(at)
				case i == len(line)-1 && q == line[0]:
					path.Close()
				default:
					path.Line(at)
				}
			}
		}
		p.stroke(path, p.color.with(1), c.width(), false)
	}
}
