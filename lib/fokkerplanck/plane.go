package fokkerplanck

import (
	"fmt"
	"math"
)

// PlaneGenerator is the equation in the plane: one generator for each row and one for each column of cells.
type PlaneGenerator struct {
	Plane
	Rows []*Generator // [ny], along x
	Cols []*Generator // [nx], along y
}

// PlaneFromPotential is the generator with drift -d grad U for the potential u [ny*nx] at the centers. exp(-u) is
// stationary for rows and for columns, and so for every splitting.
func PlaneFromPotential(p Plane, u []float64, d float64) (*PlaneGenerator, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if err := checkValues("potential", p, u); err != nil {
		return nil, err
	}
	return assemble(p,
		func(j int) (*Generator, error) { return FromPotential(p.X, u[j*p.X.N:(j+1)*p.X.N], d) },
		func(i int) (*Generator, error) {
			column := make([]float64, p.Y.N)
			gather(column, u, i)
			return FromPotential(p.Y, column, d)
		})
}

// PlaneFromDrift is the generator with drift f(x, y) = (fx, fy), which need not be a gradient.
func PlaneFromDrift(p Plane, f func(x, y float64) (fx, fy float64), d float64) (*PlaneGenerator, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	return assemble(p,
		func(j int) (*Generator, error) {
			y := p.Y.At(float64(j))
			return FromDrift(p.X, func(x float64) float64 { fx, _ := f(x, y); return fx }, d)
		},
		func(i int) (*Generator, error) {
			x := p.X.At(float64(i))
			return FromDrift(p.Y, func(y float64) float64 { _, fy := f(x, y); return fy }, d)
		})
}

func (p Plane) validate() error {
	if err := p.X.validate(); err != nil {
		return err
	}
	return p.Y.validate()
}

func assemble(p Plane, row, col func(int) (*Generator, error)) (*PlaneGenerator, error) {
	g := &PlaneGenerator{Plane: p}
	for j := range p.Y.N {
		r, err := row(j)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", j, err)
		}
		g.Rows = append(g.Rows, r)
	}
	for i := range p.X.N {
		c, err := col(i)
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", i, err)
		}
		g.Cols = append(g.Cols, c)
	}
	return g, nil
}

// Apply is L p, the rate of change of p.
func (g *PlaneGenerator) Apply(p []float64) ([]float64, error) {
	if err := checkValues("density", g, p); err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	nx := g.X.N
	for j, row := range g.Rows {
		for i := range row.Up {
			a, b := j*nx+i, j*nx+i+1
			flux := row.Up[i]*p[a] - row.Down[i]*p[b]
			out[a] -= flux
			out[b] += flux
		}
	}
	for i, col := range g.Cols {
		for j := range col.Up {
			a, b := j*nx+i, (j+1)*nx+i
			flux := col.Up[j]*p[a] - col.Down[j]*p[b]
			out[a] -= flux
			out[b] += flux
		}
	}
	return out, nil
}

// PositiveStep is the largest dt for which a split step keeps every density positive: see [Generator.PositiveStep].
func (g *PlaneGenerator) PositiveStep(s Scheme) float64 {
	largest := math.Inf(1)
	for _, row := range g.Rows {
		largest = min(largest, 2*row.PositiveStep(s)) // rows are stepped by halves
	}
	for _, col := range g.Cols {
		largest = min(largest, col.PositiveStep(s))
	}
	return largest
}

// gather copies column i of a field [len(column)*nx].
func gather(column, field []float64, i int) {
	nx := len(field) / len(column)
	for j := range column {
		column[j] = field[j*nx+i]
	}
}
