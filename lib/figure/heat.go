package figure

import "math"

// Heat shows a field as colors. Lo and Hi are the values at the ends of the color map. Lo == Hi takes the range of the
// values. Frames of an animation should set both. Lo > Hi inverts the map. A field of values that are equal up to
// rounding has the low color.
type Heat struct {
	Field  Field
	Colors ColorMap // default: Blues
	Lo, Hi float64
	Cells  bool   // fill a rectangle around every node instead of interpolating: matrices, 2-D histograms
	Bar    string // label of a color bar beside the panel; empty: no bar
}

func (h Heat) check() error {
	if err := checkColumns("Heat", column{"Lo, Hi", []float64{h.Lo, h.Hi}}); err != nil {
		return err
	}
	if err := checkText(h.Bar); err != nil {
		return err
	}
	return h.Field.check("Heat")
}

// half is the half-width of a cell.
func (h Heat) half() (float64, float64) {
	if !h.Cells {
		return 0, 0
	}
	f := h.Field
	return (f.X1 - f.X0) / float64(f.NX-1) / 2, (f.Y1 - f.Y0) / float64(f.NY-1) / 2
}

func (h Heat) extent(_, _ Axis) (span, span) {
	dx, dy := h.half()
	f := h.Field
	return span{f.X0 - dx, f.X1 + dx, true}, span{f.Y0 - dy, f.Y1 + dy, true}
}

func (h Heat) hue() Color { return Ink }

func (h Heat) key() key { return key{} }

func (h Heat) colors() ColorMap {
	if h.Colors == DefaultColors {
		return Blues
	}
	return h.Colors
}

// levels are the values at the ends of the color map.
func (h Heat) levels() (lo, hi float64) {
	if !same(h.Lo, h.Hi) {
		return h.Lo, h.Hi
	}
	s := over(h.Field.Z)
	if h.Colors == Diverging {
		m := math.Max(math.Abs(s.lo), math.Abs(s.hi))
		s.lo, s.hi = -m, m
	}
	if same(s.lo, s.hi) {
		s.hi = s.lo + math.Max(1, math.Abs(s.lo)/1e6) // more than rounding
	}
	return s.lo, s.hi
}

func (h Heat) draw(p *pen) {
	f, table := h.Field, h.colors().table()
	lo, hi := h.levels()
	x, y := h.extent(Axis{}, Axis{})
	b := p.img.Bounds()
	// Node coordinates of the columns are the same in every row.
	us := make([]float64, b.Dx())
	for i := range us {
		us[i] = nodes(p.x.value((float64(i)+0.5)/float64(b.Dx())), x, f.X0, f.X1, f.NX)
	}
	for j := range b.Dy() {
		v := nodes(p.y.value(1-(float64(j)+0.5)/float64(b.Dy())), y, f.Y0, f.Y1, f.NY)
		if math.IsNaN(v) {
			continue
		}
		for i, u := range us {
			if math.IsNaN(u) {
				continue
			}
			if h.Cells {
				u, v = math.Round(u), math.Round(v)
			}
			s := (f.at(u, v) - lo) / (hi - lo)
			p.img.SetRGBA(b.Min.X+i, b.Min.Y+j, table[int(255*math.Max(0, math.Min(1, s))+0.5)])
		}
	}
}

// nodes turns a data coordinate into a node coordinate, NaN outside the field.
func nodes(c float64, within span, c0, c1 float64, n int) float64 {
	if c < within.lo || c > within.hi {
		return math.NaN()
	}
	return (c - c0) / (c1 - c0) * float64(n-1)
}
