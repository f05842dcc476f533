package figure

// Layer is data of one kind in a panel. The set of layers is closed.
type Layer interface {
	check() error
	extent(x, y Axis) (span, span) // the data's range, for axes without one
	hue() Color                    // 0: take the next of the cycle
	draw(*pen)
	key() key // how the legend shows it
}

var (
	_ Layer = Heat{}
	_ Layer = Contour{}
	_ Layer = Arrows{}
	_ Layer = Points{}
	_ Layer = Trails{}
	_ Layer = Line{}
	_ Layer = Band{}
	_ Layer = ErrorBars{}
	_ Layer = Bars{}
	_ Layer = HLine{}
	_ Layer = VLine{}
	_ Layer = Note{}
)

// key is a legend entry: a label and the marks in front of it. An empty label means no entry.
type key struct {
	label  string
	line   float64 // width
	dashed bool
	dot    float64 // diameter
	box    float64 // opacity of a filled box
	whisk  bool    // a vertical bar through the middle
}

// positive is the span of the numbers that the axis can show: of positive ones on a logarithmic axis, of all on a
// linear one.
func (a Axis) positive(columns ...[]float64) span {
	if !a.Log {
		return over(columns...)
	}
	var s span
	for _, c := range columns {
		for _, v := range c {
			if v >= least {
				s = s.join(span{v, v, true})
			}
		}
	}
	return s
}
