package figure

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyScale draws axes over many magnitudes.
func anyScale(t *rapid.T) scale {
	if rapid.Bool().Draw(t, "log") {
		lo := math.Pow(10, rapid.Float64Range(-30, 20).Draw(t, "lo"))
		return scale{lo, lo * math.Pow(10, rapid.Float64Range(0.1, 25).Draw(t, "decades")), true}
	}
	size := math.Pow(10, rapid.Float64Range(-12, 12).Draw(t, "size"))
	lo := size * rapid.Float64Range(-3, 3).Draw(t, "shift")
	return scale{lo, lo + size, false}
}

func TestValueInvertsNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p := anyScale(t), rapid.Float64Range(0, 1).Draw(t, "p")
		if got := s.norm(s.value(p)); math.Abs(got-p) > 1e-9 {
			t.Fatalf("norm(value(%v)) = %v", p, got)
		}
	})
}

func TestTicks(t *testing.T) {
	width := func(s string) float64 { return 7 * float64(len([]rune(s))) }
	rapid.Check(t, func(t *rapid.T) {
		s, px := anyScale(t), rapid.Float64Range(150, 900).Draw(t, "px")
		end := math.Inf(-1)
		labels := 0
		for _, tick := range s.ticks(px, 20, width) {
			at := s.norm(tick.at)
			if at < -1e-6 || at > 1+1e-6 {
				t.Fatalf("tick %v outside [%v, %v]", tick.at, s.lo, s.hi)
			}
			if tick.label == "" {
				continue
			}
			labels++
			if v := number(t, tick.label); math.Abs(v-tick.at) > 1e-6*math.Max(math.Abs(tick.at), 1e-6*(s.hi-s.lo)) {
				t.Fatalf("tick %v is labeled %q", tick.at, tick.label)
			}
			if start := at*px - width(tick.label)/2; start < end+19.99 {
				t.Fatalf("label %q starts at %v, the one before ends at %v", tick.label, start, end)
			} else {
				end = start + width(tick.label)
			}
		}
		if labels == 0 {
			t.Fatal("no label")
		}
	})
}

// number parses a label.
func number(t *rapid.T, label string) float64 {
	label = strings.NewReplacer("−", "-", "·10^{", "e", "10^{", "1e", "}", "").Replace(label)
	v, err := strconv.ParseFloat(label, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		s    scale
		want string
	}{
		{scale{-3, 3, false}, "−3 −2 −1 0 1 2 3"},
		{scale{0, 1, false}, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0"},
		{scale{0.01, 100, true}, "0.01 0.1 1 10 100"},
		{scale{1e-4, 1, true}, "10^{−4} 10^{−3} 10^{−2} 10^{−1} 10^{0}"},
		{scale{20, 70, true}, "20 30 40 50 60 70"},
		{scale{3.2, 42, true}, "5 10 20"},
		{scale{1.01, 1.3, true}, "1.05 1.10 1.15 1.20 1.25 1.30"},
		{scale{0, 4e6, false}, "0 1·10^{6} 2·10^{6} 3·10^{6} 4·10^{6}"},
	} {
		var got []string
		for _, tick := range c.s.ticks(400, 20, func(s string) float64 { return 6 * float64(len(s)) }) {
			if tick.label != "" {
				got = append(got, tick.label)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v to %v: %s, want %s", c.s.lo, c.s.hi, text, c.want)
		}
	}
}

func TestFitAddsAMargin(t *testing.T) {
	for _, c := range []struct {
		axis   Axis
		data   span
		tight  bool
		lo, hi float64
	}{
		{Axis{Min: 1, Max: 2}, span{0, 9, true}, false, 1, 2},
		{Axis{}, span{0, 100, true}, false, -4, 104},
		{Axis{}, span{0, 100, true}, true, 0, 100},
		{Axis{}, span{0, 0, true}, false, -1, 1},
		{Axis{}, span{4, 4, true}, true, 2, 6},
		{Axis{Log: true}, span{1, 1, true}, false, math.Pow(10, -0.5), math.Pow(10, 0.5)},
	} {
		s, err := c.axis.fit("x", c.data, c.tight)
		if err != nil || math.Abs(s.lo-c.lo) > 1e-12 || math.Abs(s.hi-c.hi) > 1e-12 {
			t.Errorf("%+v %+v: %v to %v, %v", c.axis, c.data, s.lo, s.hi, err)
		}
	}
}
