package fokkerplanck

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const eps = 0x1p-52

// close fails the test unless got is want up to a relative error of tol.
func close(t rapid.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Fatalf("%s is %.17g, want %.17g within %.1g of it", what, got, want, tol)
	}
}

// unit is the same problem in another unit of length, with another origin, and a potential with another zero.
type unit struct{ scale, origin, zero float64 }

// drawUnit draws scales from 1e-6 to 1e6, origins to 1e7 lengths, and zeros to 1e7.
func drawUnit(t *rapid.T) unit {
	size := func(name string, lo, hi float64) float64 {
		return math.Pow(10, rapid.Float64Range(lo, hi).Draw(t, name))
	}
	u := unit{scale: size("log scale", -6, 6)}
	u.origin = u.scale * rapid.SampledFrom([]float64{0, 1, -1}).Draw(t, "side") * size("log origin", 0, 7)
	u.zero = rapid.SampledFrom([]float64{0, 1, -1}).Draw(t, "sign") * size("log zero", 0, 7)
	return u
}

func (u unit) line(l Line) Line {
	return Line{u.origin + u.scale*l.Lo, u.origin + u.scale*l.Hi, l.N}
}

func (u unit) potential(v []float64) []float64 {
	out := slices.Clone(v)
	for i := range out {
		out[i] += u.zero
	}
	return out
}

// rounding is the relative rounding of lengths of a moved line, and of tilts of a raised potential.
func (u unit) rounding(l Line) float64 {
	return 8*eps*(1+math.Abs(u.origin/u.scale)/(l.Hi-l.Lo)) + 8*eps*math.Abs(u.zero)
}

func scaled(v []float64, by float64) []float64 {
	out := slices.Clone(v)
	for i := range out {
		out[i] *= by
	}
	return out
}

// Langevin dynamics in another unit, x to c x. For the same diffusion coefficient rates are divided by c^2. With the
// coefficient multiplied by c^2 they stay the same. Densities and modes are divided by c. Every number is checked to
// the rounding of the input.
func TestGeneratorInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, u, p := randomLine(t)
		other := drawUnit(t)
		line, c := other.line(g.Line), other.scale
		tol := other.rounding(g.Line)
		log := scaled(other.potential(u), -1)
		moved := must(Langevin(line, log))(t)
		kept := must(FromPotential(line, other.potential(u), c*c))(t)
		base := must(FromPotential(g.Line, u, 1))(t)
		for i := range base.Up {
			// An error dz of a tilt changes the logarithm of a rate by dz at most.
			close(t, "a rate up", moved.Up[i], base.Up[i]/(c*c), 2*tol+1e-13)
			close(t, "a rate down", kept.Down[i], base.Down[i], 2*tol+1e-13)
		}
		q := scaled(moved.Stationary(), c)
		for i, want := range base.Stationary() {
			close(t, "the stationary density", q[i], want, 2*float64(g.N)*tol+1e-12)
		}
		// One step for all cells from a density with holes. The unit of time scales as well.
		for _, scheme := range []Scheme{BackwardEuler, CrankNicolson} {
			dt := min(.1, .9*base.PositiveStep(scheme))
			here, there := slices.Clone(p), scaled(p, 1/c)
			if err := must(base.Stepper(scheme, dt))(t).Advance(here, 1); err != nil {
				t.Fatal(err)
			}
			if err := must(moved.Stepper(scheme, dt*c*c))(t).Advance(there, 1); err != nil {
				t.Fatal(err)
			}
			there = scaled(there, c)
			// A relative error of the rates changes the density by that error times the number of jumps in a step.
			if gap := must(L1(g, here, there))(t); gap > (4*tol+1e-13)*(1+dt/base.PositiveStep(CrankNicolson)) {
				t.Fatalf("%v: one step in other units is off by %g", scheme, gap)
			}
			close(t, "the mass", Mass(line, scaled(there, 1/c)), 1, tol+1e-12)
		}
	})
}

func TestSpectrumInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, u, _ := randomLine(t)
		other := drawUnit(t)
		c, tol := other.scale, other.rounding(g.Line)
		base := must(must(FromPotential(g.Line, u, 1))(t).Spectrum(g.N))(t)
		moved := must(FromPotential(other.line(g.Line), other.potential(u), 1))(t)
		modes := must(moved.Spectrum(g.N))(t)
		checkModes(t, moved, modes)
		for k := range modes {
			// The relative error of an entry of a bidiagonal matrix bounds that of each singular value.
			close(t, "a rate", modes[k].Rate*(c*c), base[k].Rate, float64(g.N)*(4*tol+1e-14))
		}
	})
}

// Mirroring the line mirrors the results.
func TestMirror(t *testing.T) {
	mirror := func(v []float64) []float64 {
		out := slices.Clone(v)
		slices.Reverse(out)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		g, u, p := randomLine(t)
		base := must(FromPotential(g.Line, u, 1))(t)
		other := must(FromPotential(Line{-g.Hi, -g.Lo, g.N}, mirror(u), 1))(t)
		if !slices.Equal(mirror(base.Up), other.Down) {
			t.Fatalf("rates up %v, rates down of the mirror image %v", base.Up, other.Down)
		}
		dt := math.Pow(10, rapid.Float64Range(-4, 3).Draw(t, "log dt"))
		image := mirror(p)
		for g, p := range map[*Generator][]float64{base: p, other: image} {
			if err := must(g.Stepper(BackwardEuler, dt))(t).Advance(p, 1); err != nil {
				t.Fatal(err)
			}
		}
		if gap := must(L1(g, p, mirror(image)))(t); gap > 1e-11 {
			t.Fatalf("one step of the mirror image is off by %g", gap)
		}
		a, b := must(base.Spectrum(g.N))(t), must(other.Spectrum(g.N))(t)
		for k := range a {
			close(t, "a rate", b[k].Rate, a[k].Rate, 1e-12)
		}
	})
}

// In another unit a drift is c f((x - origin)/c), up to the rounding of positions.
func TestDriftInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := Line{-4, 4, rapid.IntRange(3, 60).Draw(t, "n")}
		other := drawUnit(t)
		d := rapid.Float64Range(.1, 3).Draw(t, "d")
		f := func(x float64) float64 { return math.Sin(3*x) - x }
		c := other.scale
		base := must(FromDrift(line, f, d))(t)
		moved := must(FromDrift(other.line(line), func(x float64) float64 { return c * f((x-other.origin)/c) }, c*c*d))(
			t)
		// f' is 4 at most, so an error dx of a position changes a tilt by 4 dx cell/d.
		tol := 4*other.rounding(line) + 16*eps*(math.Abs(other.origin/c)+4)*line.Cell()/d
		for i := range base.Up {
			close(t, "a rate up", moved.Up[i], base.Up[i], 2*tol+1e-13)
			close(t, "a rate down", moved.Down[i], base.Down[i], 2*tol+1e-13)
		}
	})
}

// A plane whose potential is a sum of functions of one coordinate acts as two lines, also in other units. One step is
// checked.
func TestPlaneInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, u, p := randomLine(t)
		y, v, r := randomLine(t)
		other := drawUnit(t)
		plane := Plane{other.line(x.Line), other.line(y.Line)}
		c, tol := other.scale, other.rounding(x.Line)+other.rounding(y.Line)
		var sum, joint []float64
		for j := range v {
			for i := range u {
				sum, joint = append(sum, u[i]+v[j]), append(joint, p[i]*r[j]/(c*c))
			}
		}
		g := must(PlaneFromPotential(plane, other.potential(sum), c*c))(t)
		const dt = .01
		if err := must(g.Stepper(BackwardEuler, dt))(t).Advance(joint, 1); err != nil {
			t.Fatal(err)
		}
		gx, gy := must(FromPotential(x.Line, u, 1))(t), must(FromPotential(y.Line, v, 1))(t)
		if err := must(gx.Stepper(BackwardEuler, dt/2))(t).Advance(p, 2); err != nil {
			t.Fatal(err)
		}
		if err := must(gy.Stepper(BackwardEuler, dt))(t).Advance(r, 1); err != nil {
			t.Fatal(err)
		}
		gap, fastest := 0.0, 1/gx.PositiveStep(CrankNicolson)+1/gy.PositiveStep(CrankNicolson)
		for k, got := range joint {
			gap += math.Abs(got*(c*c)-p[k%len(p)]*r[k/len(p)]) * x.Cell() * y.Cell()
		}
		// The sums u + v are rounded to eps of 40 as well.
		if gap > (4*tol+1e-12)*(1+dt*fastest) {
			t.Fatalf("one step in the plane is off by %g from two on lines", gap)
		}
		close(t, "the mass", Mass(plane, joint), 1, 4*tol+1e-12)
	})
}

// Log densities matter only up to a constant, on any line. Divergences are independent of the unit.
func TestFromLogInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := Line{-12, 12, rapid.IntRange(40, 300).Draw(t, "n")}
		other := drawUnit(t)
		moved, c := other.line(line), other.scale
		mean, sd := rapid.Float64Range(-2, 2).Draw(t, "mean"), rapid.Float64Range(1, 1.5).Draw(t, "sd")
		log := line.Values(func(x float64) float64 { return -(x - mean) * (x - mean) / (2 * sd * sd) })
		flat := line.Values(func(x float64) float64 { return -x * x / 8 })
		p, q := must(FromLog(moved, other.potential(log)))(t), must(FromLog(moved, other.potential(flat)))(t)
		tol := other.rounding(line) + 1e-13
		close(t, "the mass", Mass(moved, p), 1, 1e-13)
		// the line ends at 6.6 standard deviations, beyond which lies less than 1e-10 of the mass
		for i, want := range log {
			want := math.Exp(want) / (sd * math.Sqrt(2*math.Pi))
			if got := p[i] * c; math.Abs(got-want) > tol+1e-9 {
				t.Fatalf("the density in cell %d is %g, want %g", i, got, want)
			}
		}
		want := must(KL(line, scaled(p, c), scaled(q, c)))(t)
		if got := must(KL(moved, p, q))(t); math.Abs(got-want) > 100*tol*(1+want) {
			t.Fatalf("KL is %g, in other units %g", want, got)
		}
		want = must(L1(line, scaled(p, c), scaled(q, c)))(t)
		close(t, "L1", must(L1(moved, p, q))(t), want, 4*tol+1e-12)
	})
}

// The log density -x^2/2 may have any constant added, also one whose exponential underflows or overflows.
func TestFromLogIsUpToAConstant(t *testing.T) {
	line := Line{-8, 8, 401}
	for _, by := range []float64{-1e5, -760, 0, 760, 1e5} {
		p := must(FromLog(line, line.Values(func(x float64) float64 { return by - x*x/2 })))(t)
		for i, got := range p {
			x := line.At(float64(i))
			// The logarithm is rounded relative to the constant.
			if want := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi); math.Abs(got-want) > (1e-13+eps*math.Abs(by))*want {
				t.Fatalf("%g: density %g at %g, want %g", by, got, x, want)
			}
		}
	}
}

// Cells that do not resolve the density are an error, on either side.
func TestFromLogRefusesCoarseCells(t *testing.T) {
	normal := func(l Line, mean, sd float64) ([]float64, error) {
		return FromLog(l, l.Values(func(x float64) float64 { return -(x - mean) * (x - mean) / (2 * sd * sd) }))
	}
	line := Line{-8, 8, 161}
	for _, c := range []struct {
		mean, sd float64
		fine     bool
	}{
		{0, 1, true}, {0, .1, true}, {.05, .1, true}, {7.9, 1, true}, {30, 10, true},
		{10, 1, false}, {20, 1, false}, {-30, 2, false}, {8, 1, true}, // half of the mass is beyond the wall
		{0, .03, false}, {.05, .03, false}, {.02, .01, false}, {100, .01, false}, {-9, .1, false},
	} {
		if _, err := normal(line, c.mean, c.sd); (err == nil) != c.fine {
			t.Errorf("N(%g, %g^2) on cells of %g: error %v", c.mean, c.sd, line.Cell(), err)
		} else if err != nil && !strings.Contains(err.Error(), "do not resolve the density") {
			t.Error(err)
		}
	}
	plane := Plane{line, line}
	for _, sd := range [][2]float64{{1, .01}, {.01, 1}} {
		log := plane.Values(func(x, y float64) float64 { return -x*x/(2*sd[0]*sd[0]) - y*y/(2*sd[1]*sd[1]) })
		if _, err := FromLog(plane, log); err == nil {
			t.Errorf("standard deviations %v on cells of %g: no error", sd, line.Cell())
		}
	}
	holes := line.Values(func(x float64) float64 {
		if math.Abs(x) < 1 {
			return math.Inf(-1)
		}
		return 0
	})
	if p := must(FromLog(line, holes))(t); p[80] != 0 {
		t.Errorf("a hole is %g", p[80])
	}
	for n := 3; n < 12; n++ { // a flat density has walls on any grid
		if _, err := FromLog(Line{0, 1, n}, make([]float64, n)); err != nil {
			t.Error(err)
		}
	}
}

// A density may be largest at a wall, at either end, along either axis, and in any units. An exponential is accepted if
// the cells resolve it. With coarser cells the error says to use smaller ones.
func TestFromLogAtAWall(t *testing.T) {
	for _, to := range []unit{{scale: 1}, {1, 1e3, 1e6}, {1e-3, -7, -50}, {1e4, 0, 0}} {
		for _, c := range []struct {
			perUnit int
			fine    bool
		}{{1, false}, {2, true}, {3, true}, {4, true}, {10, true}, {100, true}} {
			for _, sign := range []float64{1, -1} {
				line := Line{min(0, 12*sign), max(0, 12*sign), 12*c.perUnit + 1}
				fall := line.Values(func(x float64) float64 { return -sign * x })
				p, err := FromLog(to.line(line), to.potential(fall))
				if (err == nil) != c.fine || err != nil && !strings.Contains(err.Error(), "use smaller cells if") {
					t.Errorf("%v: %d cells per unit, sign %g: %v", to, c.perUnit, sign, err)
				}
				plane := Plane{to.line(line), to.line(Line{-1, 1, 5})}
				if _, other := FromLog(plane, slices.Repeat(fall, 5)); (other == nil) != c.fine {
					t.Errorf("%v: the plane, %d cells per unit: %v", to, c.perUnit, other)
				}
				if err != nil {
					continue
				}
				// The mass of the cells, up to the exp(-12) beyond the line, is h sum_i exp(-i h).
				h := 1 / float64(c.perUnit)
				at := p[0]
				if sign < 0 {
					at = p[len(p)-1]
				}
				close(t, "the density at the wall", at*to.scale, -math.Expm1(-h)/h, 1e-4)
			}
		}
	}
	power := Line{.05, 9.95, 100}
	must(FromLog(power, power.Values(func(x float64) float64 { return -math.Log(x) / 2 })))(t)
	uneven := Line{0, 8, 33} // exp(-x) that bends a little: a normal density whose mode is 10 standard deviations away
	must(FromLog(uneven, uneven.Values(func(x float64) float64 { return -x - x*x/200 })))(t)
}

// The divergence is finite even where densities are so small that their quotient leaves the range of float64.
func TestKLOfTinyDensities(t *testing.T) {
	line := Line{0, 2, 3}
	for _, c := range []struct{ p, q, want float64 }{
		{1, 5e-324, -math.Log(5e-324) - 1},
		{5e-324, 1e3, 1e3},
		{1e-310, 1e300, 1e300},
	} {
		got := must(KL(line, []float64{0, c.p, 0}, []float64{0, c.q, 0}))(t)
		close(t, "KL", got, c.want, 1e-12)
	}
}
