package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Bars is a histogram. Heights[i] is the height over [Edges[i], Edges[i+1]]. Edges ascends and has one more number than
// Heights.
type Bars struct {
	Edges, Heights []float64
	Outline        bool // draw the steps only, for histograms that overlap
	Color          Color
	Label          string
}

// Histogram counts x in n equal bins over [lo, hi], normalized to a density. The area of a bar is its share of all of
// x, so values outside [lo, hi] are missing from the total. It panics unless n > 0 and lo < hi.
func Histogram(x []float64, lo, hi float64, n int) Bars {
	width := (hi - lo) / float64(n)
	if n <= 0 || !(width > 0) || math.IsInf(width, 0) {
		panic(fmt.Errorf("figure: Histogram over %d bins from %v to %v", n, lo, hi))
	}
	b := Bars{Edges: make([]float64, n+1), Heights: make([]float64, n)}
	for i := range b.Edges {
		b.Edges[i] = lo + width*float64(i)
	}
	b.Edges[n] = hi
	for _, v := range x {
		if v >= lo && v <= hi {
			b.Heights[min(int((v-lo)/width), n-1)]++
		}
	}
	for i := range b.Heights {
		b.Heights[i] /= float64(len(x)) * width
	}
	return b
}

func (b Bars) check() error {
	kind := named("Bars", b.Label)
	if len(b.Edges) != len(b.Heights)+1 {
		return fmt.Errorf("figure: %s has %d heights and %d edges, want one more", kind, len(b.Heights), len(b.Edges))
	}
	if err := checkColumns(kind, column{"Heights", b.Heights}); err != nil {
		return err
	}
	if err := checkColumns(kind, column{"Edges", b.Edges}); err != nil {
		return err
	}
	for i := range b.Heights {
		if b.Edges[i] >= b.Edges[i+1] {
			return fmt.Errorf("figure: %s has Edges[%d] = %v, not above the one before", kind, i+1, b.Edges[i+1])
		}
	}
	return nil
}

// extent starts bars at 0. A logarithmic axis starts at the least positive height.
func (b Bars) extent(_, y Axis) (span, span) {
	s := y.positive(b.Heights)
	if !y.Log {
		s = s.join(span{0, 0, true})
	}
	return over(b.Edges), s
}

func (b Bars) hue() Color { return b.Color }

func (b Bars) key() key {
	if b.Outline {
		return key{label: b.Label, line: 1.8}
	}
	return key{label: b.Label, box: barOpacity}
}

const barOpacity = 0.45

// steps is the outline from the base of the first bar to the base of the last.
func (b Bars) steps(p *pen) vg.Path {
	base := 0.0
	if p.y.log {
		base = p.y.lo
	}
	x, y := []float64{b.Edges[0]}, []float64{base}
	for i, h := range b.Heights {
		x = append(x, b.Edges[i], b.Edges[i+1])
		y = append(y, h, h)
	}
	return p.polyline(append(x, b.Edges[len(b.Heights)]), slices.Concat(y, []float64{base}))
}

func (b Bars) draw(p *pen) {
	path := b.steps(p)
	if b.Outline {
		p.stroke(path, p.color.with(1), 1.8, false)
		return
	}
	p.fill(path, p.color.with(barOpacity))
	p.stroke(path, p.color.with(0.8), 1, false)
}
