package fokkerplanck

import (
	"fmt"
	"math"
)

// Generator is the equation on a line of n cells: mass jumps from cell i to i+1 at the rate Up[i] and back at Down[i],
//
//	dp_i/dt = Up[i-1] p_{i-1} - (Up[i] + Down[i-1]) p_i + Down[i] p_{i+1},
//
// a tridiagonal matrix L whose columns sum to 0.
type Generator struct {
	Line
	Up, Down []float64 // [n-1], per unit of time
	Tilt     []float64 // [n-1], log(Down/Up): the rise of the potential across each face
}

// FromPotential is the generator with drift -d U' for the potential u [n] at the centers. Its stationary density is
// proportional to exp(-u), exactly. With d = 1 and u = -log q it is Langevin dynamics on q.
func FromPotential(l Line, u []float64, d float64) (*Generator, error) {
	if err := l.validate(); err != nil {
		return nil, err
	}
	if err := checkValues("potential", l, u); err != nil {
		return nil, err
	}
	tilt := make([]float64, l.N-1)
	for i := range tilt {
		tilt[i] = u[i+1] - u[i]
	}
	return fromTilt(l, tilt, d)
}

// Langevin is Langevin dynamics on a density. log [n] is its logarithm at the centers, up to a constant.
func Langevin(l Line, log []float64) (*Generator, error) {
	u := make([]float64, len(log))
	for i, v := range log {
		u[i] = -v
	}
	return FromPotential(l, u, 1)
}

// FromDrift is the generator with drift f(x), which is evaluated at the faces. For a drift that depends on time, make
// one generator for each step, at the middle of its time.
func FromDrift(l Line, f func(x float64) float64, d float64) (*Generator, error) {
	if err := l.validate(); err != nil {
		return nil, err
	}
	tilt := make([]float64, l.N-1)
	for i := range tilt {
		face := l.At(float64(i) + .5)
		drift := f(face)
		if math.IsNaN(drift) || math.IsInf(drift, 0) {
			return nil, fmt.Errorf("fokkerplanck: the drift is %g at x = %g", drift, face)
		}
		tilt[i] = -drift * l.Cell() / d
	}
	return fromTilt(l, tilt, d)
}

func fromTilt(l Line, tilt []float64, d float64) (*Generator, error) {
	if !(d > 0) || math.IsInf(d, 0) {
		return nil, fmt.Errorf("fokkerplanck: the diffusion coefficient is %g; it must be positive", d)
	}
	g := &Generator{Line: l, Up: make([]float64, len(tilt)), Down: make([]float64, len(tilt)), Tilt: tilt}
	scale := d / (l.Cell() * l.Cell())
	for i, z := range tilt {
		if math.Abs(z) > 700 {
			return nil, fmt.Errorf(
				"fokkerplanck: the potential rises by %g between cells %d and %d, so that no mass passes; use "+
					"smaller cells",
				z, i, i+1)
		}
		g.Up[i], g.Down[i] = scale*bernoulli(z), scale*bernoulli(-z)
	}
	return g, nil
}

// bernoulli is z/(exp(z) - 1), the flux through a face across which the potential rises by z: 1 for pure diffusion, -z
// for a steep fall, 0 for a steep rise. The equilibrium is exact because bernoulli(-z)/bernoulli(z) = exp(z).
func bernoulli(z float64) float64 {
	if z == 0 {
		return 1
	}
	return z / math.Expm1(z)
}

// Apply is L p, the rate of change of p.
func (g *Generator) Apply(p []float64) ([]float64, error) {
	if err := checkValues("density", g, p); err != nil {
		return nil, err
	}
	out := make([]float64, g.N)
	for i := range g.Up {
		flux := g.Up[i]*p[i] - g.Down[i]*p[i+1]
		out[i] -= flux
		out[i+1] += flux
	}
	return out, nil
}

// Stationary is the density p of mass 1 with L p = 0. It is unique, since all cells communicate.
func (g *Generator) Stationary() []float64 {
	q := g.logStationary()
	for i, v := range q {
		q[i] = math.Exp(v)
	}
	mass := Mass(g, q)
	for i := range q {
		q[i] /= mass
	}
	return q
}

// logStationary is the logarithm of the stationary density, less its largest value.
func (g *Generator) logStationary() []float64 {
	u := make([]float64, g.N)
	least := 0.0
	for i, z := range g.Tilt {
		u[i+1] = u[i] + z
		least = min(least, u[i+1])
	}
	for i := range u {
		u[i] = least - u[i]
	}
	return u
}

// leaving is the rate at which mass leaves cell i.
func (g *Generator) leaving(i int) float64 {
	rate := 0.0
	if i > 0 {
		rate += g.Down[i-1]
	}
	if i < g.N-1 {
		rate += g.Up[i]
	}
	return rate
}
