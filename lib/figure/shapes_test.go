package figure

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

// Every point on the contour of a plane satisfies the plane's equation.
func TestIsolineOfAPlane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-1, 1).Draw(t, "a"), rapid.Float64Range(-1, 1).Draw(t, "b")
		z := rapid.Float64Range(-1, 1).Draw(t, "z")
		f := NewField(0, 6, 7, 0, 5, 6, func(x, y float64) float64 { return a*(x-3) + b*(y-2) })
		lines := isoline(f, z)
		if len(lines) > 1 {
			t.Fatalf("a straight line comes in %d pieces", len(lines))
		}
		for _, line := range lines {
			for _, q := range line {
				if got := a*(q[0]-3) + b*(q[1]-2); math.Abs(got-z) > 1e-9 {
					t.Fatalf("%v has %v, want %v", q, got, z)
				}
			}
		}
	})
}

func TestIsolineOfACircleIsClosed(t *testing.T) {
	f := NewField(-1, 1, 81, -1, 1, 81, math.Hypot)
	lines := isoline(f, 0.5)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	line, length := lines[0], 0.0
	for i := 1; i < len(line); i++ {
		length += math.Hypot(line[i][0]-line[i-1][0], line[i][1]-line[i-1][1]) / 40
	}
	if line[0] != line[len(line)-1] {
		t.Error("the circle is open")
	}
	if math.Abs(length-math.Pi) > 0.01 { // chords of 1/40: relative error 1e-4, plus the interpolation's
		t.Errorf("circumference %v, want pi", length)
	}
}

func TestIsolineOfASaddleSeparatesItsBranches(t *testing.T) {
	f := Field{X1: 1, Y1: 1, NX: 2, NY: 2, Z: []float64{1, 0, 0, 1}}
	if n := len(isoline(f, 0.4)); n != 2 {
		t.Errorf("%d branches, want 2", n)
	}
}

func TestSpriteHasTheAreaOfItsDisc(t *testing.T) {
	for _, d := range []float64{3, 5, 8, 13.5} {
		for k, m := range newSprite(d).masks {
			sum := 0.0
			for _, v := range m.Pix {
				sum += float64(v) / 255
			}
			if want := math.Pi * d * d / 4; math.Abs(sum-want) > 0.05*want+0.3 {
				t.Errorf("diameter %v, phase %d: area %v, want %v", d, k, sum, want)
			}
		}
	}
}

func TestArrowHasItsLengthAndDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		angle, px := rapid.Float64Range(0, 7).Draw(t, "angle"), rapid.Float64Range(1, 60).Draw(t, "px")
		ex, ey := math.Cos(angle), math.Sin(angle)
		along, across := math.Inf(-1), 0.0
		for _, c := range arrow(vg.Point{X: 5, Y: 7}, ex, ey, px, 1.6) {
			x, y := float64(c.Pos.X)-5, float64(c.Pos.Y)-7
			if c.Type != vg.CloseComp {
				along, across = math.Max(along, x*ex+y*ey), across+y*ex-x*ey
			}
		}
		if math.Abs(along-px) > 1e-9 || math.Abs(across) > 1e-9 {
			t.Fatalf("length %v, want %v; asymmetry %v", along, px, across)
		}
	})
}

func TestHistogramIsADensity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-2, 2), 1, 50).Draw(t, "x")
		b := Histogram(x, -1, 1, 7)
		inside, area := 0.0, 0.0
		for _, v := range x {
			if v >= -1 && v <= 1 {
				inside++
			}
		}
		for i, h := range b.Heights {
			area += h * (b.Edges[i+1] - b.Edges[i])
		}
		if err := b.check(); err != nil || math.Abs(area-inside/float64(len(x))) > 1e-12 {
			t.Fatalf("area %v, want %v (%v)", area, inside/float64(len(x)), err)
		}
	})
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want []run
	}{
		{"plain_text", []run{{"plain_text", 0, upright}}},
		{"x_{t}^{2}", []run{{"x", 0, upright}, {"t", -1, upright}, {"2", 1, upright}}},
		{"∇ log p", []run{{"∆", 0, flipped}, {" log p", 0, upright}}},
		{"a x\u0302_{0}", []run{{"a ", 0, upright}, {"x\u0302", 0, accent}, {"0", -1, upright}}},
		{"SNR -3.2 dB, DDPM-1", []run{{"SNR −3.2 dB, DDPM-1", 0, upright}}},
		{"e^{-2}", []run{{"e", 0, upright}, {"−2", 1, upright}}},
	} {
		if diff := cmp.Diff(c.want, parse(c.text), cmp.AllowUnexported(run{})); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
}

func TestColorMapsAreMonotone(t *testing.T) {
	light := func(c Color) float64 {
		return 0.299*float64(c>>16) + 0.587*float64(c>>8&255) + 0.114*float64(c&255)
	}
	for m, sign := range map[ColorMap]float64{Blues: -1, Viridis: 1, Grays: 1} {
		for i := range 255 {
			// half a level is rounding
			if d := sign * (light(m.at(float64(i+1)/255)) - light(m.at(float64(i)/255))); d < -0.6 {
				t.Errorf("map %d: step %d changes lightness by %v", m, i, d)
			}
		}
	}
}
