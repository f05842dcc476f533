package figure

import "fmt"

// Field holds values on a grid of nodes: Z[j*NX+i] is the value at x = X0 + i (X1-X0)/(NX-1) and y likewise, so the
// nodes include the ends. Row 0 is at Y0, the bottom.
type Field struct {
	X0, X1, Y0, Y1 float64
	NX, NY         int
	Z              []float64
}

// NewField evaluates f on nx times ny nodes, which include the ends.
func NewField(x0, x1 float64, nx int, y0, y1 float64, ny int, f func(x, y float64) float64) Field {
	d := Field{X0: x0, X1: x1, Y0: y0, Y1: y1, NX: nx, NY: ny, Z: make([]float64, 0, nx*ny)}
	for j := range ny {
		for i := range nx {
			d.Z = append(d.Z, f(d.x(i), d.y(j)))
		}
	}
	return d
}

func (d Field) x(i int) float64 { return d.X0 + (d.X1-d.X0)*float64(i)/float64(d.NX-1) }
func (d Field) y(j int) float64 { return d.Y0 + (d.Y1-d.Y0)*float64(j)/float64(d.NY-1) }

func (d Field) check(kind string) error {
	if d.NX < 2 || d.NY < 2 || len(d.Z) != d.NX*d.NY {
		return fmt.Errorf("figure: %s has %d values for a grid of %d by %d nodes, want at least 2 by 2", kind, len(d.Z),
			d.NX, d.NY)
	}
	if !(d.X0 < d.X1) || !(d.Y0 < d.Y1) || same(d.X0, d.X1) || same(d.Y0, d.Y1) {
		return fmt.Errorf("figure: %s covers [%v, %v] x [%v, %v], want an area", kind, d.X0, d.X1, d.Y0, d.Y1)
	}
	if err := checkColumns(kind, column{"X0, X1, Y0, Y1", []float64{d.X0, d.X1, d.Y0, d.Y1}}); err != nil {
		return err
	}
	return checkColumns(kind, column{"Z", d.Z})
}

// at interpolates bilinearly at node coordinates (u, v), clamped to the grid.
func (d Field) at(u, v float64) float64 {
	i, j := min(max(int(u), 0), d.NX-2), min(max(int(v), 0), d.NY-2)
	a, b := min(max(u-float64(i), 0), 1), min(max(v-float64(j), 0), 1)
	z := d.Z[j*d.NX+i:]
	return (1-b)*((1-a)*z[0]+a*z[1]) + b*((1-a)*z[d.NX]+a*z[d.NX+1])
}
