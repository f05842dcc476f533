package density

import (
	"math"
	"math/bits"

	"scorelab/lib/diffusion"
)

// Spec registers a target.
type Spec struct {
	Name    string
	Target  Target
	Process diffusion.Process // the one its experiments use most; conformance tests use all
}

// Densities lists the targets. A line here enrolls one in the conformance tests.
var Densities = []Spec{
	{"X2", Cross(), diffusion.OU{}},
	{"G1", Bimodal(), diffusion.OU{}},
	{"S2", FarModes(), diffusion.VE{}},
	{"P10", Probing(), diffusion.VE{}},
	{"R8", Ring(), diffusion.VP{}},
	{"M8", Mixture8D(), diffusion.VE{}},
	{"circle", must(NewCircle("circle", 1, 0)), diffusion.VE{}},
	{"arc", must(NewCircle("arc", 1.5, 2)), diffusion.OU{}},
}

// Cross is the cross in the figures of document 001: two narrow Gaussians along the two diagonals. Mean and covariance
// equal those of N(0, I), so only higher moments differ: E[x1^2 x2^2] = 1 + 2 0.9^2.
func Cross() *Mixture {
	return must(NewMixture("X2",
		Component{.5, []float64{0, 0}, [][]float64{{1, .9}, {.9, 1}}, 0},
		Component{.5, []float64{0, 0}, [][]float64{{1, -.9}, {-.9, 1}}, 1}))
}

// Bimodal is the one-dimensional mixture .3 N(-2, .4^2) + .7 N(1, .6^2).
func Bimodal() *Mixture {
	return must(NewMixture("G1",
		Component{.3, []float64{-2}, [][]float64{{.16}}, 0},
		Component{.7, []float64{1}, [][]float64{{.36}}, 1}))
}

// FarModes is a pair of distant modes of unequal weights, .2 N((-5,-5), I) + .8 N((5,5), I) (Song and Ermon 2019,
// section 3.2).
func FarModes() *Mixture {
	unit := [][]float64{{1, 0}, {0, 1}}
	return must(NewMixture("S2",
		Component{.2, []float64{-5, -5}, unit, 0},
		Component{.8, []float64{5, 5}, unit, 1}))
}

// ProbingPoints are the ten data points [10][2] of the probing figure of document 001, taken from its companion code.
func ProbingPoints() [][]float64 {
	var points [][]float64
	for i, y := range []float64{.1, .15, .2, .25, .3} {
		x := 1 + .25*float64(i)
		points = append(points, []float64{x, 3 * y}, []float64{-x, 3 * y})
	}
	return points
}

// Probing is the distribution of the probing points under the figure's noise of sigma = 1: ten Gaussians of equal
// weight.
func Probing() *Mixture {
	var components []Component
	for i, p := range ProbingPoints() {
		components = append(components, Component{.1, p, [][]float64{{1, 0}, {0, 1}}, i % 2})
	}
	return must(NewMixture("P10", components...))
}

// Ring is the ring of eight: Gaussians N(., .15^2 I) of equal weight on the circle of radius 2. It tests whether a
// generator covers all modes (after Metz et al. 2017, section 3.3.1). Each Gaussian is a class.
func Ring() *Mixture {
	const modes, radius, variance = 8, 2, .15 * .15
	var components []Component
	for k := range modes {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / modes)
		components = append(components, Component{1. / modes, []float64{radius * cos, radius * sin},
			[][]float64{{variance, 0}, {0, variance}}, k})
	}
	return must(NewMixture("R8", components...))
}

// Mixture8D is a mixture in eight dimensions, where no grid is feasible. It has four Gaussians of unequal weights,
// whose means are Walsh functions and 3.2 apart. Each has variances from 0.1 to 1 along its own axes.
func Mixture8D() *Mixture {
	const d = 8
	var components []Component
	for k, walsh := range []uint{1, 2, 4, 7} {
		mean, mirror, norm := make([]float64, d), make([]float64, d), 0.
		for j := range d {
			mean[j] = .8 * float64(1-2*(bits.OnesCount(walsh&uint(j))%2))
			mirror[j] = math.Cos(float64((k + 1) * (j + 1)))
			norm += mirror[j] * mirror[j]
		}
		cov := make([][]float64, d)
		for i := range d {
			cov[i] = make([]float64, d)
		}
		for e := range d { // the axes are reflected unit vectors (Householder 1958)
			variance := .1 * math.Pow(10, float64((e+2*k)%d)/(d-1))
			axis := func(i int) float64 {
				v := -2 * mirror[e] * mirror[i] / norm
				if i == e {
					v++
				}
				return v
			}
			for i := range d {
				for j := range d {
					cov[i][j] += variance * axis(i) * axis(j)
				}
			}
		}
		components = append(components, Component{.4 - .1*float64(k), mean, cov, k})
	}
	return must(NewMixture("M8", components...))
}

// must returns the target or panics. It serves the literals of this file, which the tests construct.
func must[T any](target T, err error) T {
	if err != nil {
		panic(err)
	}
	return target
}
