package fokkerplanck

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// Mode is a perturbation of the stationary distribution that keeps its shape: L Shape = -Rate Shape. Shape [n] has mass
// 0, except for the first mode, and is scaled so that the integral of Shape^2 / stationary is 1. The value of largest
// magnitude is positive, and of several equally large ones the first.
type Mode struct {
	Rate  float64
	Shape []float64
}

// Spectrum is the k slowest modes, slowest first. The first has the rate 0 and is the stationary distribution. The rate
// of the second is the spectral gap, the asymptotic rate of convergence from a general initial distribution. Shapes are
// orthogonal to each other, with the weight 1/stationary.
//
// Every generator on the line is in detailed balance. So sqrt(q) scales it to a symmetric matrix -F^T F. Row i of F is
// the flux through face i: -sqrt(Up[i]) v_i + sqrt(Down[i]) v_{i+1}. The rates are squared singular values of F. Since
// F is bidiagonal, each has a relative error of rounding. This holds even where two deep wells make the second rate
// 1e-40 of the last (Demmel and Kahan, SIAM J. Sci. Stat. Comput. 11, 1990). Each vector comes from the same factors,
// by the twisted factorization of Dhillon and Parlett (Linear Algebra Appl. 387, 2004). Where rates agree up to
// rounding, the shapes are an orthogonal basis of their common space. It is an error if rounding prevents such a basis,
// or if a shape is 0 in float64.
func (g *Generator) Spectrum(k int) ([]Mode, error) {
	if k < 1 || k > g.N {
		return nil, fmt.Errorf("fokkerplanck: %d modes of a generator that has %d", k, g.N)
	}
	rates, err := g.rates()
	if err != nil {
		return nil, err
	}
	root := g.root()
	vectors := [][]float64{root}
	for m := 1; m < k; m++ {
		v, err := g.vector(rates, vectors)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v)
	}
	modes := make([]Mode, k)
	for m, v := range vectors {
		shape, lost := make([]float64, g.N), 0.0
		for i, r := range root {
			shape[i] = v[i] * r
			if r == 0 {
				lost += v[i] * v[i]
			}
		}
		if lost > 1e-12 {
			return nil, fmt.Errorf("fokkerplanck: mode %d, of rate %g, lies where the stationary density is 0 in "+
				"float64; "+
				"ask for %d modes at most, or narrow the line", m, rates[m], m)
		}
		floats.Scale(math.Copysign(1/g.Cell(), peak(shape)), shape)
		modes[m] = Mode{rates[m], shape}
	}
	return modes, nil
}

// root is the square root of the stationary distribution, scaled to length 1.
func (g *Generator) root() []float64 {
	root := g.logStationary()
	for i, v := range root {
		root[i] = math.Exp(v / 2)
	}
	return normed(root)
}

// rates are all n rates, ascending: 0, and the squared singular values of F. Rotations of its columns, which take no
// difference, make its last column 0.
func (g *Generator) rates() ([]float64, error) {
	n := g.N - 1
	d, e := make([]float64, n), make([]float64, n)
	for i := range d {
		d[i], e[i] = math.Sqrt(g.Up[i]), math.Sqrt(g.Down[i])
	}
	for i := range d {
		r := math.Hypot(d[i], e[i])
		cos, sin := d[i]/r, e[i]/r
		d[i] = r
		if i < n-1 {
			e[i], d[i+1] = sin*d[i+1], cos*d[i+1]
		}
	}
	if info := (lapack.Implementation{}).Dlasq1(n, d, e[:n-1], make([]float64, 4*n)); info != 0 {
		return nil, fmt.Errorf("fokkerplanck: the rates of a generator of %d cells did not converge", g.N)
	}
	rates := make([]float64, 1, g.N)
	for i := n - 1; i >= 0; i-- {
		rates = append(rates, d[i]*d[i])
	}
	return rates, nil
}

// vector is the unit eigenvector that follows those found so far.
func (g *Generator) vector(rates []float64, found [][]float64) ([]float64, error) {
	m := len(found)
	if rates[m] == 0 {
		return nil, fmt.Errorf("fokkerplanck: the rate of mode %d is below the smallest float64: the barriers of the "+
			"potential are too high; ask for %d modes at most", m, m)
	}
	rate, near := rates[m], 0
	for near < m && rate-rates[m-1-near] < 1e-8*rate {
		near++
	}
	if near > 0 { // the same shift for all rates that agree up to rounding, or the vectors found would hide the others
		rate *= 1 + 0x1p-44
	}
	taken := make([]float64, g.N) // what the vectors found add to the diagonal of the inverse
	for j := m - near; j < m; j++ {
		for i, x := range found[j] {
			taken[i] += x * x / (rate - rates[j])
		}
	}
	f := g.factor(rate, taken)
	v, left := orthogonal(f.null(), found)
	// An energy far from the rate belongs to a mixture of modes.
	if energy := g.energy(v); !(left > 1e-6) || !(math.Abs(energy-rates[m]) <= 1e-4*rates[m]+g.rounding()) {
		return nil, fmt.Errorf("fokkerplanck: the rates %g and %g of modes %d and %d are too close for float64 to "+
			"tell "+
			"their shapes apart (energy %g); ask for %d modes at most", rates[m-1], rates[m], m-1, m, energy, m)
	}
	return v, nil
}

// orthogonal returns the unit vector along the part of v orthogonal to the vectors found, and that part's share of v.
func orthogonal(v []float64, found [][]float64) (unit []float64, left float64) {
	v, left = normed(v), 1
	for range 2 { // the second time removes the rounding of the first
		for _, u := range found {
			floats.AddScaled(v, -floats.Dot(u, v), u)
		}
		left *= floats.Norm(v, 2)
		v = normed(v)
	}
	return v, left
}

// energy is |F v|^2, which is the rate of an eigenvector v of length 1.
func (g *Generator) energy(v []float64) float64 {
	sum := 0.0
	for i := range g.Up {
		flux := math.Sqrt(g.Down[i])*v[i+1] - math.Sqrt(g.Up[i])*v[i]
		sum += flux * flux
	}
	return sum
}

// rounding bounds the energy of the rounding errors of a unit vector: 8 units in the last place of each flux, squared.
func (g *Generator) rounding() float64 {
	const eight = 8 * 0x1p-52
	sum := 0.0
	for i := range g.N {
		sum += eight * eight * g.leaving(i)
	}
	return sum
}

// twisted is a factorization of F^T F - rate by elimination from both ends toward the cell at: its multipliers [n-1].
type twisted struct {
	at         int
	multiplier []float64
}

// factor runs the differential qd transforms, down and up, of the factors D = (Up, 0) and L = -sqrt(Down/Up). They meet
// in the cell with the largest diagonal of the inverse, one over the pivot there, less the taken part.
func (g *Generator) factor(rate float64, taken []float64) twisted {
	n := g.N
	down, up, meet := make([]float64, n-1), make([]float64, n-1), make([]float64, n)
	s := -rate
	for i := range down {
		meet[i] = s
		down[i] = apart(g.Up[i]+s, rate)
		s = g.Down[i]*(s/down[i]) - rate
	}
	meet[n-1] = s
	p := -rate
	for i := n - 2; i >= 0; i-- {
		up[i] = apart(g.Down[i]+p, rate)
		p = p*(g.Up[i]/up[i]) - rate
		meet[i] += p + rate
	}
	t, best := twisted{multiplier: down}, math.Inf(-1)
	for i, pivot := range meet {
		if size := 1/math.Abs(apart(pivot, rate)) - taken[i]; size > best {
			t.at, best = i, size
		}
	}
	copy(down[t.at:], up[t.at:])
	for i, pivot := range down {
		down[i] = -math.Sqrt(g.Up[i]) * math.Sqrt(g.Down[i]) / pivot
	}
	return t
}

// apart keeps a pivot off 0, by the size of rounding.
func apart(pivot, rate float64) float64 {
	if pivot == 0 {
		return 0x1p-53 * rate
	}
	return pivot
}

// null is the eigenvector: the vector that the eliminations map to 0, up to the pivot where they meet.
func (t twisted) null() []float64 {
	v := make([]float64, len(t.multiplier)+1)
	v[t.at] = 1
	for i := t.at - 1; i >= 0; i-- {
		v[i] = -t.multiplier[i] * v[i+1]
	}
	for i := t.at; i < len(t.multiplier); i++ {
		v[i+1] = -t.multiplier[i] * v[i]
	}
	return v
}

// normed scales v to length 1, in place.
func normed(v []float64) []float64 {
	floats.Scale(1/floats.Norm(v, 2), v)
	return v
}

// peak is the first of the values of largest magnitude, which may differ by rounding.
func peak(v []float64) float64 {
	largest := floats.Norm(v, math.Inf(1))
	for _, x := range v {
		if math.Abs(x) >= (1-1e-9)*largest {
			return x
		}
	}
	return largest
}
