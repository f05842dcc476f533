package fokkerplanck

import (
	"fmt"
	"math"
)

// Grid is a set of equal cells: a Line or a Plane.
type Grid interface {
	Size() int     // number of cells
	Cell() float64 // length or area of one
	axes() []axis
}

// axis is a direction of a grid. Neighbors along it are stride cells apart in the order of cells. Cell k has the index
// k/stride mod n along it.
type axis struct {
	stride, n int
	lo, hi    float64
}

// Line is N cells of equal length whose centers run from Lo to Hi inclusive. The outer faces lie half a cell beyond.
type Line struct {
	Lo, Hi float64
	N      int
}

// Plane is X.N times Y.N cells. Cell (i, j) has the index j*X.N + i.
type Plane struct{ X, Y Line }

func (l Line) Size() int     { return l.N }
func (l Line) Cell() float64 { return (l.Hi - l.Lo) / float64(l.N-1) }

func (l Line) axes() []axis { return []axis{{1, l.N, l.Lo, l.Hi}} }

func (p Plane) Size() int     { return p.X.N * p.Y.N }
func (p Plane) Cell() float64 { return p.X.Cell() * p.Y.Cell() }

func (p Plane) axes() []axis {
	return []axis{{1, p.X.N, p.X.Lo, p.X.Hi}, {p.X.N, p.Y.N, p.Y.Lo, p.Y.Hi}}
}

// At is the center of cell i; i + 1/2 is the face between cells i and i+1.
func (l Line) At(i float64) float64 { return l.Lo + (l.Hi-l.Lo)*(i/float64(l.N-1)) }

// Nodes are the centers [n].
func (l Line) Nodes() []float64 { return l.Values(func(x float64) float64 { return x }) }

// Values are the values [n] of f at the centers.
func (l Line) Values(f func(x float64) float64) []float64 {
	out := make([]float64, l.N)
	for i := range out {
		out[i] = f(l.At(float64(i)))
	}
	return out
}

// Values are the values [ny*nx] of f at the centers.
func (p Plane) Values(f func(x, y float64) float64) []float64 {
	out := make([]float64, 0, p.Size())
	for j := range p.Y.N {
		for i := range p.X.N {
			out = append(out, f(p.X.At(float64(i)), p.Y.At(float64(j))))
		}
	}
	return out
}

func (l Line) validate() error {
	if l.N < 3 {
		return fmt.Errorf("fokkerplanck: a line needs at least 3 cells, not %d", l.N)
	}
	if !(l.Lo < l.Hi) || math.IsInf(l.Hi-l.Lo, 0) {
		return fmt.Errorf("fokkerplanck: a line from %g to %g has no cells", l.Lo, l.Hi)
	}
	// The rounding of positions may be at most a hundredth of a cell.
	if far := math.Max(math.Abs(l.Lo), math.Abs(l.Hi)); l.Cell() < 100*0x1p-52*far {
		return fmt.Errorf("fokkerplanck: float64 cannot resolve %d cells from %g to %g: each is %g long; move the "+
			"line "+
			"toward 0 or use larger cells", l.N, l.Lo, l.Hi, l.Cell())
	}
	if scale := 1 / (l.Cell() * l.Cell()); scale == 0 || math.IsInf(scale, 0) {
		return fmt.Errorf("fokkerplanck: cells of length %g have a square beyond float64; change the unit of length",
			l.Cell())
	}
	return nil
}

// checkValues returns an error for a function on a grid that has the wrong length or a value that is not finite.
func checkValues(what string, g Grid, values []float64) error {
	if len(values) != g.Size() {
		return fmt.Errorf("fokkerplanck: the %s has %d values for %d cells", what, len(values), g.Size())
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("fokkerplanck: the %s is %g in cell %d", what, v, i)
		}
	}
	return nil
}
