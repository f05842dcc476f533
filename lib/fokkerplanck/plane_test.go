package fokkerplanck

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"scorelab/lib/density"
)

func square(side float64, n int) Plane { return Plane{Line{-side, side, n}, Line{-side, side, n}} }

func TestPlaneFollowsTheNoisedCross(t *testing.T) {
	var errors []float64
	for _, n := range []int{61, 121} {
		plane, dt := square(6, n), .5/float64(n-1)
		g := must(PlaneFromDrift(plane, func(x, y float64) (float64, float64) { return -x, -y }, 1))(t)
		start, exact := pdf(t, density.Cross(), 0), pdf(t, density.Cross(), .5)
		p := plane.Values(func(x, y float64) float64 { return start(x, y) })
		mass := Mass(plane, p)
		if err := must(g.Stepper(CrankNicolson, dt))(t).Advance(p, n-1); err != nil {
			t.Fatal(err)
		}
		if drift := Mass(plane, p) - mass; math.Abs(drift) > 1e-12 {
			t.Errorf("n = %d: mass moved by %g", n, drift)
		}
		errors = append(errors, must(L1(plane, p, plane.Values(func(x, y float64) float64 { return exact(x, y) })))(t))
	}
	if order := math.Log2(errors[0] / errors[1]); math.Abs(order-2) > .1 {
		t.Errorf("errors %v: order %.3f, want 2", errors, order)
	}
}

// crossLangevin is Langevin dynamics on Cross, whose drift couples the coordinates.
func crossLangevin(t *testing.T, n int) (g *PlaneGenerator, start, target []float64) {
	plane := square(6, n)
	f := pdf(t, density.Cross(), 0)
	target = must(Normalise(plane, plane.Values(func(x, y float64) float64 { return f(x, y) })))(t)
	start = must(Normalise(plane, plane.Values(func(x, y float64) float64 { return math.Exp(-(x*x + y*y) / 2) })))(t)
	g = must(PlaneFromPotential(plane, plane.Values(func(x, y float64) float64 { return -math.Log(f(x, y)) }), 1))(t)
	return g, start, target
}

func TestPlaneLangevin(t *testing.T) {
	g, p, q := crossLangevin(t, 81)
	for i, v := range must(g.Apply(q))(t) {
		if math.Abs(v) > 1e-12*q[i]*(g.Rows[i/81].leaving(i%81)+g.Cols[i%81].leaving(i/81)) {
			t.Fatalf("the stationary density changes by %g in cell %d", v, i)
		}
	}
	step := must(g.Stepper(BackwardEuler, .05))(t)
	still := append([]float64(nil), q...)
	if err := step.Advance(still, 20); err != nil {
		t.Fatal(err)
	}
	if moved := must(L1(g, still, q))(t); moved > 1e-12 {
		t.Errorf("the stationary density moved by %g", moved)
	}
	last := must(KL(g, p, q))(t)
	for range 12 {
		if err := step.Advance(p, 10); err != nil {
			t.Fatal(err)
		}
		now := must(KL(g, p, q))(t) // refuses negative densities
		if now >= last {
			t.Fatalf("KL does not fall: %g after %g", now, last)
		}
		last = now
	}
	if last > 1e-4 || math.Abs(Mass(g, p)-1) > 1e-12 {
		t.Errorf("KL %g and mass %v at t = 6", last, Mass(g, p))
	}
	if m22 := g.Mean(p, func(x, y float64) float64 { return x * x * y * y }); math.Abs(m22-2.62) > .02 {
		t.Errorf("E[x^2 y^2] = %g", m22)
	}
}

func TestSplittingOrder(t *testing.T) {
	for scheme, want := range map[Scheme]float64{BackwardEuler: 1, CrankNicolson: 2} {
		var ends [][]float64
		for _, steps := range []int{40, 80, 160} {
			g, p, _ := crossLangevin(t, 41)
			if err := must(g.Stepper(scheme, .4/float64(steps)))(t).Advance(p, steps); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, p)
		}
		plane := square(6, 41)
		order := math.Log2(must(L1(plane, ends[0], ends[1]))(t) / must(L1(plane, ends[1], ends[2]))(t))
		if math.Abs(order-want) > .1 {
			t.Errorf("%v: order %.3f in dt, want %g", scheme, order, want)
		}
	}
}

// A rotation is no gradient. It turns a density about the origin.
func TestPlaneRotation(t *testing.T) {
	plane := square(6, 121)
	g := must(PlaneFromDrift(plane, func(x, y float64) (float64, float64) { return -x - 2*y, 2*x - y }, 1))(t)
	p := must(Normalise(plane, plane.Values(func(x, y float64) float64 { return math.Exp(-(x-2)*(x-2) - y*y) })))(t)
	if err := must(g.Stepper(CrankNicolson, .005))(t).Advance(p, 100); err != nil {
		t.Fatal(err)
	}
	mx := plane.Mean(p, func(x, _ float64) float64 { return x })
	my := plane.Mean(p, func(_, y float64) float64 { return y })
	shrink := 2 * math.Exp(-.5)
	if math.Hypot(mx-shrink*math.Cos(1), my-shrink*math.Sin(1)) > .01 {
		t.Errorf("mean (%g, %g)", mx, my)
	}
}

func TestPlaneStepsAreMarkov(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plane := Plane{Line{0, 1, rapid.IntRange(3, 7).Draw(t, "nx")}, Line{0, 2, rapid.IntRange(3, 7).Draw(t, "ny")}}
		n := plane.Size()
		g, err := PlaneFromPotential(plane, rapid.SliceOfN(rapid.Float64Range(-9, 9), n, n).Draw(t, "u"), 1)
		if err != nil {
			t.Fatal(err)
		}
		scheme := rapid.SampledFrom([]Scheme{BackwardEuler, CrankNicolson}).Draw(t, "scheme")
		step, err := g.Stepper(scheme, min(.999*g.PositiveStep(scheme), rapid.Float64Range(1e-3, 10).Draw(t, "dt")))
		if err != nil {
			t.Fatal(err)
		}
		p := make([]float64, n)
		p[rapid.IntRange(0, n-1).Draw(t, "cell")] = 1 / plane.Cell()
		if err := step.Advance(p, 3); err != nil {
			t.Fatal(err)
		}
		for i, v := range p {
			if v < -1e-300 {
				t.Fatalf("density %g in cell %d", v, i)
			}
		}
		if mass := Mass(plane, p); math.Abs(mass-1) > 1e-12 {
			t.Fatalf("mass %v", mass)
		}
	})
}
