package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// Arrows is a vector field: an arrow (U, V) starts at (X, Y). Its drawn length is Scale |(U, V)|^Power in units of the
// x axis. Its direction is that of (U, V) in data units.
type Arrows struct {
	X, Y, U, V []float64
	Scale      float64 // 0: the longest arrow has the mean distance of neighboring arrows on a grid
	Power      float64 // 0: 1; 0.5 keeps short arrows visible beside long ones
	Width      float64 // of the shafts in pixels; 0: 1.6
	Color      Color   // 0: Ink
	Label      string
}

func (a Arrows) check() error {
	kind := named("Arrows", a.Label)
	if err := checkColumns(kind, column{"X", a.X}, column{"Y", a.Y}, column{"U", a.U}, column{"V", a.V}); err != nil {
		return err
	}
	return checkColumns(kind, column{"|(U, V)|^Power", a.power()})
}

func (a Arrows) extent(_, _ Axis) (span, span) { return over(a.X), over(a.Y) }

func (a Arrows) hue() Color { return a.Color.or(Ink) }

func (a Arrows) key() key { return key{label: a.Label, line: 1.6} }

// power is |(U, V)|^Power of every arrow.
func (a Arrows) power() []float64 {
	length := make([]float64, len(a.U))
	for i := range a.U {
		length[i] = math.Pow(math.Hypot(a.U[i], a.V[i]), positiveOr(a.Power, 1))
	}
	return length
}

// spacing is the distance of neighbors in pixels, assuming that the arrows are on a square grid.
func (a Arrows) spacing(p *pen) float64 {
	x, y := over(a.X), over(a.Y)
	lo, hi := p.at(x.lo, y.lo), p.at(x.hi, y.hi)
	side := math.Sqrt(float64(len(a.X)))
	if area := float64((hi.X - lo.X) * (hi.Y - lo.Y)); area > 0 && side > 1 {
		return math.Sqrt(area) / (side - 1)
	}
	return 40
}

func (a Arrows) draw(p *pen) {
	length := a.power()
	perUnit := a.Scale * p.w / (p.x.hi - p.x.lo)
	if a.Scale <= 0 {
		longest := over(length).hi
		if longest == 0 {
			return
		}
		perUnit = a.spacing(p) / longest
	}
	// Directions are in pixels: the two axes may have different units per pixel.
	fx, fy := unit(p.w/(p.x.hi-p.x.lo), p.h/(p.y.hi-p.y.lo))
	var path vg.Path
	for i := range a.X {
		u, v := unit(a.U[i], a.V[i])
		dx, dy := u*fx, v*fy
		norm := math.Hypot(dx, dy)
		px := math.Min(length[i]*perUnit, 2*far)
		if norm == 0 || !(px >= 0.5) {
			continue
		}
		path = append(path, arrow(p.clamp(p.at(a.X[i], a.Y[i])), dx/norm, dy/norm, px, positiveOr(a.Width, 1.6))...)
	}
	p.fill(path, p.color.with(1))
}

// unit scales two numbers by a power of two, which rounds nothing. The greater is then near 1, so that no product
// overflows.
func unit(x, y float64) (float64, float64) {
	_, exp := math.Frexp(math.Max(math.Abs(x), math.Abs(y)))
	return math.Ldexp(x, -exp), math.Ldexp(y, -exp)
}

// arrow is the outline of an arrow of px pixels in the direction (ex, ey). A short one shrinks as a whole.
func arrow(from vg.Point, ex, ey, px, width float64) vg.Path {
	head := 4.5 * width
	if head > 0.6*px {
		width *= 0.6 * px / head
		head = 0.6 * px
	}
	shaft, barb := width/2, 0.42*head
	outline := [...][2]float64{ // along, across
		{0, shaft}, {px - 0.85*head, shaft}, {px - head, barb}, {px, 0},
		{px - head, -barb}, {px - 0.85*head, -shaft}, {0, -shaft},
	}
	var path vg.Path
	for i, q := range outline {
		at := vg.Point{X: from.X + vg.Length(q[0]*ex-q[1]*ey), Y: from.Y + vg.Length(q[0]*ey+q[1]*ex)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	path.Close()
	return path
}
