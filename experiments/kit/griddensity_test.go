package kit

import (
	"context"
	"math"
	"testing"

	"scorelab/lib/backend"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// lab is one for tests of the experiments' tools, on the Go backend.
func lab(t *testing.T) *suite.Lab {
	t.Helper()
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	return &suite.Lab{Context: context.Background(), Backend: b, Seed: 1}
}

// On Gaussian data the distribution of a chain stays Gaussian, with the moments of the steps' own recursion.
func TestTransferOnAGaussian(t *testing.T) {
	l, data := lab(t), Normal([]float64{0}, .25)
	grid, err := diffusion.Uniform(1, .05, 20)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := NewTransfer(l, data.Build(diffusion.VP{}), diffusion.ReverseEulerMaruyama)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Finalize()
	w := NormalOnGrid(1, 1001)
	for i := range len(grid) - 1 {
		if w, err = chain.Advance(w, grid[i], grid[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := AffineSteps(l, diffusion.OneStep(diffusion.ReverseEulerMaruyama), diffusion.VP{}, .25, grid...)
	if err != nil {
		t.Fatal(err)
	}
	v := whole.Variance(1)
	for what, c := range map[string][2]float64{
		"mass":           {w.Expect(func(float64) float64 { return 1 }), 1},
		"variance":       {w.Expect(func(x float64) float64 { return x * x }), v},
		"fourth moment":  {w.Expect(func(x float64) float64 { return x * x * x * x }), 3 * v * v},
		"P(x < .3)":      {w.ProbabilityBelow(.3), math.Erfc(-.3/math.Sqrt(2*v)) / 2},
		"P(x < far off)": {w.ProbabilityBelow(-1e3) + 1 - w.ProbabilityBelow(1e3), 0},
	} {
		tol := 1e-10 // of the recurrence along the lattice
		if what == "P(x < .3)" {
			tol = w.Cell * w.Cell
		}
		if math.Abs(c[0]-c[1]) > tol {
			t.Errorf("%s is %.15f, want %.15f", what, c[0], c[1])
		}
	}
	wider, err := chain.DensityAt(w, .05)
	if err != nil {
		t.Fatal(err)
	}
	alpha, sigma, err := diffusion.PathAt(l.Backend, diffusion.VP{}, .05)
	if err != nil {
		t.Fatal(err)
	}
	// W1 between centered Gaussians is the difference of their standard deviations times E|z|.
	want := math.Abs(math.Sqrt(alpha*alpha*.25+sigma*sigma)-math.Sqrt(v)) * math.Sqrt(2/math.Pi)
	if got := w.W1(wider); math.Abs(got-want) > w.Cell*w.Cell {
		t.Errorf("W1 is %g, want %g", got, want)
	}
}

// A lattice that cannot hold the noise of a step says so.
func TestTransferRefusesACoarseGrid(t *testing.T) {
	l := lab(t)
	chain, err := NewTransfer(l, density.Bimodal().Build(diffusion.OU{}), diffusion.Langevin)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Finalize()
	w := NormalOnGrid(1, 101)
	if _, err := chain.Advance(w, 0, 1e-4); err == nil {
		t.Error("noise of 0.014 on points 0.18 apart went through")
	}
	if _, err := chain.Repeat(w, 0, 1e-4, 3); err == nil {
		t.Error("and again")
	}
}

// Repeated, Langevin dynamics on a Gaussian settles at its biased variance.
func TestTransferSettles(t *testing.T) {
	const v, delta = .5, .1
	l := lab(t)
	chain, err := NewTransfer(l, Static(Normal([]float64{1}, v)), diffusion.Langevin)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Finalize()
	w, err := chain.Repeat(NormalOnGrid(1, 401), 0, delta, 120)
	if err != nil {
		t.Fatal(err)
	}
	mean := w.Expect(func(x float64) float64 { return x })
	variance := w.Expect(func(x float64) float64 { return (x - mean) * (x - mean) })
	if want := v / (1 - delta/(2*v)); math.Abs(variance-want) > 1e-9 || math.Abs(mean-1) > 1e-9 {
		t.Errorf("mean %.12f and variance %.12f, want 1 and %.12f", mean, variance, want)
	}
}
