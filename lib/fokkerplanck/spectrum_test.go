package fokkerplanck

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// inner is the product of two modes in which they are orthonormal: the integral of a b / q.
func inner(g *Generator, a, b []float64) float64 {
	sum := 0.0
	for i, r := range g.root() {
		if r > 0 {
			sum += a[i] / r * (b[i] / r)
		}
	}
	return sum * g.Cell() * g.Cell()
}

// checkModes checks that modes are orthonormal and ascending, and that L v = -rate v up to rounding.
func checkModes(t rapid.TB, g *Generator, modes []Mode) {
	t.Helper()
	q, fastest := g.Stationary(), 0.0
	for i := range g.N {
		fastest = max(fastest, g.leaving(i))
	}
	if gap := must(L1(g, modes[0].Shape, q))(t); modes[0].Rate != 0 || gap > 1e-12 {
		t.Fatalf("the first mode has rate %g and is off the stationary density by %g", modes[0].Rate, gap)
	}
	for k, mode := range modes {
		if k > 0 && !(mode.Rate >= modes[k-1].Rate) {
			t.Fatalf("rate %d is %g, below %g", k, mode.Rate, modes[k-1].Rate)
		}
		for j, other := range modes[:k+1] {
			want := 0.0
			if j == k {
				want = 1
			}
			if got := inner(g, mode.Shape, other.Shape); math.Abs(got-want) > 1e-10 {
				t.Fatalf("the product of modes %d and %d is %g, want %g", j, k, got, want)
			}
		}
		change := must(g.Apply(mode.Shape))(t)
		floats.AddScaled(change, mode.Rate, mode.Shape)
		// The residual in the same norm is the rounding of the fluxes.
		if off := math.Sqrt(inner(g, change, change)); off > 1e-11*fastest {
			t.Fatalf("mode %d of rate %g is off by %g, with jumps at %g", k, mode.Rate, off, fastest)
		}
	}
}

func TestSpectrumOfAnyGenerator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _, _ := randomLine(t)
		modes, err := g.Spectrum(g.N)
		if err != nil {
			t.Fatal(err)
		}
		checkModes(t, g, modes)
	})
}

// In two deep wells the second rate is far below the rounding of the jump rates. It is the rate of crossing from either
// well, one over the mean time to the top. That time is the sum over faces of (mass beyond)^2 / (flux), over the mass
// of the well. Its relative error is the ratio of the second and the third rate, 1e-18 or less.
func TestSpectrumOfDeepWells(t *testing.T) {
	line := Line{-2, 2, 801}
	for _, depth := range []float64{40, 100, 600} {
		u := line.Values(func(x float64) float64 { return depth * (x*x - 1) * (x*x - 1) })
		g := must(FromPotential(line, u, 1))(t)
		modes := must(g.Spectrum(7))(t)
		checkModes(t, g, modes)
		q := g.Stationary()
		beyond, time := 0.0, 0.0
		for i := g.N - 2; i >= g.N/2; i-- {
			beyond += q[i+1]
			time += beyond * beyond / (g.Up[i] * q[i])
		}
		if want := beyond / time; math.Abs(modes[1].Rate/want-1) > 1e-11 {
			t.Errorf("depth %g: rate 1 is %g, want %g", depth, modes[1].Rate, want)
		}
		if gap := math.Abs(modes[1].Shape[g.N/2]); gap > 1e-12 {
			t.Errorf("depth %g: mode 1 is %g at the top, where it changes sign", depth, gap)
		}
	}
}

// Three wells have two small rates, both below rounding, and two shapes that differ by symmetry.
func TestSpectrumOfThreeWells(t *testing.T) {
	line := Line{-3, 3, 601}
	g := must(FromPotential(line, line.Values(func(x float64) float64 { return 25 * (1 - math.Cos(math.Pi*x)) }), 1))(t)
	modes := must(g.Spectrum(6))(t)
	checkModes(t, g, modes)
	if ratio := modes[2].Rate / modes[1].Rate; !(modes[2].Rate < 1e-15) || math.Abs(ratio-3) > .2 {
		t.Errorf("rates %g and %g; three equal wells in a row have the ratio 3", modes[1].Rate, modes[2].Rate)
	}
	for k, sign := range []float64{1, -1, 1} {
		for i, v := range modes[k].Shape {
			if mirror := modes[k].Shape[g.N-1-i]; math.Abs(v-sign*mirror) > 1e-6 {
				t.Fatalf("mode %d is %g in cell %d and %g in its mirror image", k, v, i, mirror)
			}
		}
	}
}

// Equal wells have rates that agree to the last bit. The modes are orthonormal, or an error names those that are not.
func TestSpectrumOfEqualWells(t *testing.T) {
	for wells := 1; wells <= 6; wells++ {
		for _, depth := range []float64{1, 20, 50, 200, 800} {
			line := Line{0, float64(wells), 301}
			u := line.Values(func(x float64) float64 { return depth * math.Cos(2*math.Pi*x) })
			modes, err := must(FromPotential(line, u, 1))(t).Spectrum(40)
			if err == nil {
				checkModes(t, must(FromPotential(line, u, 1))(t), modes)
			} else if !strings.Contains(err.Error(), "modes at most") || depth < 50 {
				t.Errorf("%d wells of depth %g: %v", wells, depth, err)
			}
		}
	}
}
