package fokkerplanck

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"scorelab/lib/density"
)

// pdf is the density of a mixture, noised by the Ornstein-Uhlenbeck process to time t, from its components.
func pdf(t testing.TB, m *density.Mixture, time float64) func(x ...float64) float64 {
	t.Helper()
	noised, err := m.Noised(math.Exp(-time), math.Sqrt(-math.Expm1(-2*time)))
	if err != nil {
		t.Fatal(err)
	}
	return func(x ...float64) float64 {
		sum := 0.0
		for _, c := range noised.Components() {
			a, b, d := c.Cov[0][0], 0.0, 1.0
			u, v := x[0]-c.Mean[0], 0.0
			if len(x) == 2 {
				b, d, v = c.Cov[0][1], c.Cov[1][1], x[1]-c.Mean[1]
			}
			det := a*d - b*b
			sum += c.Weight * math.Exp(-(d*u*u-2*b*u*v+a*v*v)/(2*det)) /
				math.Sqrt(math.Pow(2*math.Pi, float64(len(x)))*det)
		}
		return sum
	}
}

func must[T any](v T, err error) func(rapid.TB) T {
	return func(t rapid.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// randomLine draws a generator with a rough potential, and a density that may be 0 in places.
func randomLine(t *rapid.T) (g *Generator, u, p []float64) {
	n := rapid.IntRange(3, 40).Draw(t, "n")
	line := Line{-1, rapid.Float64Range(0, 9).Draw(t, "hi"), n}
	u = rapid.SliceOfN(rapid.Float64Range(-20, 20), n, n).Draw(t, "u")
	p = rapid.SliceOfN(rapid.Float64Range(0, 1), n, n).Draw(t, "p")
	p[rapid.IntRange(0, n-1).Draw(t, "somewhere")] = 1
	g, err := FromPotential(line, u, rapid.Float64Range(.1, 3).Draw(t, "d"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Normalise(line, p); err != nil {
		t.Fatal(err)
	}
	return g, u, p
}

func TestEquilibriumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, u, _ := randomLine(t)
		q := g.Stationary()
		for i := range q {
			if got, want := math.Log(q[i]/q[0]), u[0]-u[i]; math.Abs(got-want) > 1e-11 {
				t.Fatalf("log of the stationary density in cell %d is %g, the potential says %g", i, got, want)
			}
		}
		change, err := g.Apply(q)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range change {
			flow := g.leaving(i) * q[i]
			if math.Abs(v) > 1e-12*flow {
				t.Fatalf("the stationary density changes by %g in cell %d, through which %g flows", v, i, flow)
			}
		}
	})
}

func TestStepsAreMarkov(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _, p := randomLine(t)
		q := g.Stationary()
		scheme := rapid.SampledFrom([]Scheme{BackwardEuler, CrankNicolson}).Draw(t, "scheme")
		dt := math.Pow(10, rapid.Float64Range(-4, 3).Draw(t, "log dt"))
		dt = min(dt, .999*g.PositiveStep(scheme))
		step, err := g.Stepper(scheme, dt)
		if err != nil {
			t.Fatal(err)
		}
		last, err := KL(g, p, q)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := step.Advance(p, 1); err != nil {
				t.Fatal(err)
			}
			if mass := Mass(g, p); math.Abs(mass-1) > 1e-12 {
				t.Fatalf("mass %v", mass)
			}
			now, err := KL(g, p, q) // refuses negative densities
			if err != nil {
				t.Fatal(err)
			}
			if now > last+1e-12 {
				t.Fatalf("KL rises from %g to %g", last, now)
			}
			last = now
		}
		if err := step.Advance(q, 3); err != nil {
			t.Fatal(err)
		}
		if gap, _ := L1(g, q, g.Stationary()); gap > 1e-11 {
			t.Fatalf("the stationary density moved by %g", gap)
		}
	})
}

// ouError is the L1 error at t = 1 of a mixture under dx = -x dt + sqrt(2) dB.
func ouError(t *testing.T, n int, dt float64, scheme Scheme) float64 {
	line := Line{-8, 8, n}
	g := must(FromDrift(line, func(x float64) float64 { return -x }, 1))(t)
	at := func(time float64) []float64 {
		f := pdf(t, density.Bimodal(), time)
		return line.Values(func(x float64) float64 { return f(x) })
	}
	p := at(0)
	if err := must(g.Stepper(scheme, dt))(t).Advance(p, int(math.Round(1/dt))); err != nil {
		t.Fatal(err)
	}
	return must(L1(line, p, at(1)))(t)
}

func TestOrders(t *testing.T) {
	order := func(what string, want float64, errors ...float64) {
		for i := range len(errors) - 1 {
			if got := math.Log2(errors[i] / errors[i+1]); math.Abs(got-want) > .05 {
				t.Errorf("%s: order %.3f between errors %.3g and %.3g, want %g", what, got, errors[i], errors[i+1],
					want)
			}
		}
	}
	cn := CrankNicolson
	order("dx and dt together, Crank-Nicolson", 2, ouError(t, 201, 1./200, cn), ouError(t, 401, 1./400, cn),
		ouError(t, 801, 1./800, cn))
	order("dx", 2, ouError(t, 101, 1./1000, cn), ouError(t, 201, 1./1000, cn))
	// The difference to a tiny step on the same grid is the error in time.
	inTime := func(scheme Scheme, dt float64) float64 {
		line := Line{-8, 8, 161}
		g := must(FromDrift(line, func(x float64) float64 { return -x }, 1))(t)
		f := pdf(t, density.Bimodal(), .2) // smooth, so that steps of 0.1 are not stiff
		run := func(scheme Scheme, dt float64) []float64 {
			p := line.Values(func(x float64) float64 { return f(x) })
			if err := must(g.Stepper(scheme, dt))(t).Advance(p, int(math.Round(1/dt))); err != nil {
				t.Fatal(err)
			}
			return p
		}
		return must(L1(line, run(scheme, dt), run(CrankNicolson, 1./4000)))(t)
	}
	order("dt, Crank-Nicolson", 2, inTime(cn, 1./20), inTime(cn, 1./40), inTime(cn, 1./80))
	order("dt, backward Euler", 1, inTime(BackwardEuler, 1./40), inTime(BackwardEuler, 1./80),
		inTime(BackwardEuler, 1./160))
}

func TestMoments(t *testing.T) {
	line := Line{-9, 9, 901}
	g := must(FromDrift(line, func(x float64) float64 { return -x }, 1))(t)
	p := must(Normalise(line, line.Values(func(x float64) float64 { return math.Exp(-2 * (x - 2) * (x - 2)) })))(t)
	if err := must(g.Stepper(CrankNicolson, 1./400))(t).Advance(p, 400); err != nil {
		t.Fatal(err)
	}
	mean := line.Mean(p, func(x float64) float64 { return x })
	variance := line.Mean(p, func(x float64) float64 { return (x - mean) * (x - mean) })
	if math.Abs(mean-2/math.E) > 1e-4 || math.Abs(variance-(.25*math.Exp(-2)-math.Expm1(-2))) > 1e-4 {
		t.Errorf("mean %g, variance %g", mean, variance)
	}
}

// Drift -x with the coefficient d has the potential x^2/(2d): a Gaussian of variance d.
func TestDriftIsPotential(t *testing.T) {
	line := Line{-12, 12, 601}
	for _, d := range []float64{.5, 1, 2} {
		drift := must(FromDrift(line, func(x float64) float64 { return -x }, d))(t)
		potential := must(FromPotential(line, line.Values(func(x float64) float64 { return x * x / (2 * d) }), d))(t)
		for i := range drift.Up {
			if math.Abs(drift.Up[i]/potential.Up[i]-1) > 1e-12 || math.Abs(drift.Down[i]/potential.Down[i]-1) > 1e-12 {
				t.Fatalf("d = %g: rates at face %d are %g, %g and %g, %g", d, i, drift.Up[i], drift.Down[i],
					potential.Up[i], potential.Down[i])
			}
		}
		if v := line.Mean(drift.Stationary(), func(x float64) float64 { return x * x }); math.Abs(v-d) > 1e-9 {
			t.Errorf("stationary variance %g, want %g", v, d)
		}
	}
}

func TestStationaryDoesNotOverflow(t *testing.T) {
	line := Line{0, 4, 5}
	q := must(FromPotential(line, []float64{0, -600, -1200, -1800, -2400}, 1))(t).Stationary()
	if q[4] != 1 || q[3] > 1e-200 {
		t.Errorf("stationary density %v", q)
	}
}

func TestSpectrum(t *testing.T) {
	t.Run("Ornstein-Uhlenbeck", func(t *testing.T) {
		line := Line{-8, 8, 801}
		g := must(FromDrift(line, func(x float64) float64 { return -x }, 1))(t)
		for k, mode := range must(g.Spectrum(6))(t) {
			// The fitted flux has an error of h^2/12 times third derivatives, which grow with the rate k.
			if tol := line.Cell() * line.Cell() * float64(k*k+1) / 4; math.Abs(mode.Rate-float64(k)) > tol {
				t.Errorf("rate %d is %g", k, mode.Rate)
			}
		}
	})
	t.Run("G1", func(t *testing.T) {
		line := Line{-6, 6, 1201}
		f := pdf(t, density.Bimodal(), 0)
		g := must(FromPotential(line, line.Values(func(x float64) float64 { return -math.Log(f(x)) }), 1))(t)
		modes := must(g.Spectrum(4))(t)
		for k, want := range []float64{0, .065924, 2.9209, 5.8924} {
			if math.Abs(modes[k].Rate-want) > 1e-4 {
				t.Errorf("rate %d is %g, want %g", k, modes[k].Rate, want)
			}
			change := must(g.Apply(modes[k].Shape))(t)
			worst := 0.0
			for i := range change {
				worst = max(worst, math.Abs(change[i]+modes[k].Rate*modes[k].Shape[i]))
			}
			if worst > 1e-8 {
				t.Errorf("mode %d is off by %g", k, worst)
			}
			if slices.Max(modes[k].Shape) < -slices.Min(modes[k].Shape) {
				t.Errorf("the peak of mode %d is negative", k)
			}
			if k > 0 && math.Abs(Mass(g, modes[k].Shape)) > 1e-9 {
				t.Errorf("mode %d has mass %g", k, Mass(g, modes[k].Shape))
			}
		}
		if gap := must(L1(g, modes[0].Shape, g.Stationary()))(t); gap > 1e-9 {
			t.Errorf("the first mode is off the stationary density by %g", gap)
		}
	})
}
