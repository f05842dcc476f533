package fokkerplanck

import (
	"errors"
	"fmt"
	"math"

	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// Mode is a perturbation of the stationary law that keeps its shape: L Shape = -Rate Shape. Shape [n] has mass 0, but for
// the first mode, and is scaled so that the integral of Shape^2 / stationary is 1; its largest value is positive.
type Mode struct {
	Rate  float64
	Shape []float64
}

// Spectrum is the k slowest modes, slowest first. The first has the rate 0 and is the stationary law; the rate of the
// second is the spectral gap, at which every initial law is forgotten in the end. Rates have rounding errors of about
// 1e-16 times the largest jump rate.
//
// Every generator on the line is in detailed balance, so sqrt(q) scales it to a symmetric tridiagonal matrix. Its
// eigenvalues come by the QL algorithm, which keeps small ones, and its eigenvectors by inverse iteration: they are
// distinct, since no face is closed.
func (g *Generator) Spectrum(k int) ([]Mode, error) {
	if k < 1 || k > g.N {
		return nil, fmt.Errorf("fokkerplanck: %d modes of a generator that has %d", k, g.N)
	}
	diagonal, off := make([]float64, g.N), make([]float64, g.N-1)
	largest := 0.0
	for i := range diagonal {
		diagonal[i] = g.leaving(i)
		largest = max(largest, diagonal[i])
	}
	for i := range off {
		off[i] = -math.Sqrt(g.Up[i] * g.Down[i])
	}
	rates := append([]float64(nil), diagonal...)
	if !(lapack.Implementation{}).Dsterf(g.N, rates, append([]float64(nil), off...)) {
		return nil, errors.New("fokkerplanck: the eigenvalues of the generator did not converge")
	}
	root := g.Stationary()
	for i := range root {
		root[i] = math.Sqrt(root[i])
	}
	modes := make([]Mode, k)
	for m := range modes {
		shape := eigenvector(diagonal, off, rates[m], 1e-14*largest)
		peak, norm := 0.0, 0.0
		for i, v := range shape {
			norm += v * v * g.Cell()
			shape[i] = v * root[i]
			if math.Abs(shape[i]) > math.Abs(peak) {
				peak = shape[i]
			}
		}
		scale := math.Copysign(1/math.Sqrt(norm), peak)
		for i := range shape {
			shape[i] *= scale
		}
		modes[m] = Mode{rates[m], shape}
	}
	return modes, nil
}

// eigenvector is that of a symmetric tridiagonal matrix to the eigenvalue, moved by nudge off singularity.
func eigenvector(diagonal, off []float64, eigenvalue, nudge float64) []float64 {
	n := len(diagonal)
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Sin(float64(i*i) + 1) // no symmetry that a mode could be orthogonal to
	}
	for range 4 {
		d := make([]float64, n)
		for i := range d {
			d[i] = diagonal[i] - eigenvalue - nudge
		}
		lower, upper := append([]float64(nil), off...), append([]float64(nil), off...)
		(lapack.Implementation{}).Dgtsv(n, 1, lower, d, upper, v, 1)
		norm := 0.0
		for _, x := range v {
			norm = max(norm, math.Abs(x))
		}
		for i := range v {
			v[i] /= norm
		}
	}
	return v
}
