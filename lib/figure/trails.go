package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
)

// Trails are particles with their recent past: X[k][i] is particle i at the k-th time, oldest first. The last row is
// the present, drawn as dots. A trail behind each fades into the past. A frame of an animation takes the rows up to its
// time: Trails{X: xs[max(0, k-20):k+1], ...}.
type Trails struct {
	X, Y  [][]float64
	Size  float64 // diameter of the dots; 0: 4
	Width float64 // of the trails; 0: 1.2
	Alpha float64 // opacity of the dots; 0: 1. Trails have at most 0.6 of it
	Color Color
	Label string
}

func (t Trails) size() float64 { return positiveOr(t.Size, 4) }

func (t Trails) check() error {
	kind := named("Tails", t.Label)
	if len(t.X) == 0 || len(t.X) != len(t.Y) {
		return fmt.Errorf("figure: %s has %d times in X and %d in Y", kind, len(t.X), len(t.Y))
	}
	for k := range t.X {
		name := func(axis string) string { return fmt.Sprintf("%s[%d]", axis, k) }
		err := checkColumns(kind, column{"X[0]", t.X[0]}, column{name("X"), t.X[k]}, column{name("Y"), t.Y[k]})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t Trails) extent(_, _ Axis) (span, span) { return over(t.X...), over(t.Y...) }

func (t Trails) hue() Color { return t.Color }

func (t Trails) key() key { return key{label: t.Label, line: 1.5, dot: math.Max(6, t.size())} }

func (t Trails) draw(p *pen) {
	last := len(t.X) - 1
	alpha := math.Min(1, positiveOr(t.Alpha, 1))
	// All pieces of the same age are one path, since a stroke for each piece of each particle would take seconds.
	for k := range last {
		var path vg.Path
		for i := range t.X[k] {
			path.Move(p.clamp(p.at(t.X[k][i], t.Y[k][i])))
			path.Line(p.clamp(p.at(t.X[k+1][i], t.Y[k+1][i])))
		}
		age := float64(k+1) / float64(last+1)
		p.stroke(path, p.color.with(0.6*alpha*age*age), positiveOr(t.Width, 1.2), false)
	}
	for i := range t.X[last] {
		p.dot(p.clamp(p.at(t.X[last][i], t.Y[last][i])), t.size(), p.color.with(alpha))
	}
}
