package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// soon ends the process if work does not end, since nothing else stops a loop that fills the memory.
func soon(what any, work func()) {
	late := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("%+v: does not end", what)) })
	defer late.Stop()
	work()
}

// anyNumbers draws a few numbers of any size and any distance: equal ones, equal up to rounding, of many magnitudes.
func anyNumbers(t *rapid.T, name string, positive bool) []float64 {
	size := math.Pow(10, rapid.Float64Range(-299, 299).Draw(t, name+" size"))
	middle := rapid.SampledFrom([]float64{1, 1, -1, 0}).Draw(t, name+" middle")
	spread := math.Pow(10, rapid.Float64Range(-18, 0).Draw(t, name+" spread"))
	shifts := []float64{0, 1, .5, .25}
	if positive {
		middle = 1
	} else if middle == 0 {
		spread = 1
	}
	out := make([]float64, len(shifts))
	for i, shift := range shifts {
		out[i] = size * (middle + spread*shift)
	}
	return out
}

// An axis for any data has a range that contains them, and ticks within it, also for numbers that are equal up to
// rounding.
func TestAxisOfAnyData(t *testing.T) {
	width := func(s string) float64 { return 7 * float64(len([]rune(s))) }
	rapid.Check(t, func(t *rapid.T) {
		axis := Axis{Log: rapid.Bool().Draw(t, "log")}
		data := over(anyNumbers(t, "data", axis.Log))
		if rapid.Bool().Draw(t, "own range") {
			axis.Min, axis.Max = data.lo, data.hi
		}
		s, err := axis.fit("x", data, rapid.Bool().Draw(t, "tight"))
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi := s.norm(data.lo), s.norm(data.hi); !(lo >= 0 && hi <= 1 && s.lo < s.hi) {
			t.Fatalf("%v to %v holds %+v at %v and %v", s.lo, s.hi, data, lo, hi)
		}
		soon(s, func() {
			marks := s.ticks(400, 20, width)
			if len(marks) == 0 || len(marks) > 700 { // a logarithmic axis has 600 powers of ten
				t.Errorf("%d marks from %v to %v", len(marks), s.lo, s.hi)
			}
			for _, mark := range marks {
				// The narrowest range is about 1e12 units in the last place, and a tick is off by a few of them.
				if at := s.norm(mark.at); !(at > -1e-3 && at < 1+1e-3) {
					t.Errorf("a mark at %v of [%v, %v]", mark.at, s.lo, s.hi)
				}
			}
		})
	})
}

// Numbers that are equal up to rounding are drawn as one.
func TestEqualUpToRounding(t *testing.T) {
	for _, c := range []struct{ lo, hi, wantLo, wantHi float64 }{
		{4, 4 * (1 + 1e-14), 2, 6},
		{1e15 - 1, 1e15 + 1, .5e15, 1.5e15},
		{-1e-200, -1e-200 * (1 - 1e-13), -1.5e-200, -.5e-200},
		{0, 1e-310, -1, 1},
	} {
		for _, axis := range []Axis{{}, {Min: c.lo, Max: c.hi}} {
			s, err := axis.fit("x", span{c.lo, c.hi, true}, false)
			off := math.Max(math.Abs(s.lo-c.wantLo), math.Abs(s.hi-c.wantHi))
			if err != nil || off > 1e-9*math.Max(math.Abs(c.lo), 1e-300) {
				t.Errorf("%v to %v: axis from %v to %v, %v", c.lo, c.hi, s.lo, s.hi, err)
			}
		}
	}
	soon("figures", func() {
		for _, y := range [][]float64{{1, 1 + 1e-14, 1 - 1e-14}, {1e15, 1e15 + 1, 1e15 - 1}} {
			for _, log := range []bool{false, true} {
				if _, err := PNG(Row("", Panel{Y: Axis{Log: log}, Layers: []Layer{Line{X: x3, Y: y}}})); err != nil {
					t.Error(err)
				}
			}
		}
	})
	upright, inverted := (Heat{Field: bump, Hi: 1}).ticks(300), (Heat{Field: bump, Lo: 1}).ticks(300)
	if len(inverted) != len(upright) {
		t.Errorf("%d marks on an inverted color bar, want %d", len(inverted), len(upright))
	}
	flat := Field{X1: 1, Y1: 1, NX: 2, NY: 2, Z: []float64{1e15, 1e15 + 1, 1e15, 1e15 - 1}}
	if got := (Contour{Field: flat}).levels(); len(got) > 0 {
		t.Errorf("lines between equal values at %v", got)
	}
	for _, h := range []Heat{{Field: flat}, {Field: flat, Lo: 1e15, Hi: 1e15 + 1}} {
		if lo, hi := h.levels(); lo != 1e15-1 || hi != 1e15-1+1e9 {
			t.Errorf("colors from %v to %v", lo, hi)
		}
	}
	inf, nan := math.Inf(1), math.NaN()
	for _, pair := range [][2]float64{{0, 1e-200}, {1, 1 + 1e-11}, {nan, nan}, {0, inf}, {inf, inf}} {
		if same(pair[0], pair[1]) {
			t.Errorf("%v are one number", pair)
		}
	}
}

// Every layer draws any numbers, on axes that fit them and on axes far from them, or returns an error of one line.
func TestLayersOfAnyNumbers(t *testing.T) {
	drawn := 0
	defer func() {
		if drawn == 0 {
			t.Error("no layer was drawn")
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := anyNumbers(t, "x", true), anyNumbers(t, "y", true), anyNumbers(t, "z", false)
		lo, hi := over(x), over(y)
		field := Field{X0: lo.lo, X1: lo.hi, Y0: hi.lo, Y1: hi.hi, NX: 2, NY: 2, Z: z}
		least := make([]float64, len(y))
		layers := []Layer{
			Line{X: x, Y: y, Lo: least, Hi: y, Label: "line", Markers: true, Dashed: true},
			Points{X: x, Y: y, Ring: true}, Trails{X: [][]float64{x, y}, Y: [][]float64{y, x}},
			Band{X: x, Lo: least, Hi: y}, ErrorBars{X: x, Y: y, Lo: least, Hi: y},
			Arrows{X: x, Y: y, U: z, V: y}, Arrows{X: x, Y: y, U: x, V: z, Scale: 1, Power: .5},
			HLine{At: z[1]}, VLine{At: z[0]}, Note{X: x[0], Y: z[0], Text: "here"},
			Heat{Field: field, Bar: "z"}, Heat{Field: field, Cells: true, Lo: z[1], Hi: z[0], Bar: "z"},
			Contour{Field: field}, Contour{Field: field, Levels: z}, Histogram(y, 0, 2*hi.hi, 3),
		}
		layer := rapid.SampledFrom(layers).Draw(t, "layer")
		panel := Panel{Layers: []Layer{layer}, EqualAspect: rapid.Bool().Draw(t, "aspect")}
		panel.X = Axis{Label: "x", Log: rapid.Bool().Draw(t, "log x")}
		panel.Y = Axis{Label: "y", Log: rapid.Bool().Draw(t, "log y")}
		if rapid.Bool().Draw(t, "own range") {
			panel.X.Min, panel.X.Max, panel.Y.Min, panel.Y.Max = 1e-5, 1, 1e-5, 1
		}
		f := Grid{Rows: [][]Panel{{panel}}, Width: 400}
		if rapid.Bool().Draw(t, "low") {
			f.RowHeight = 120
		}
		soon(panel, func() {
			if _, err := f.render(1); err == nil {
				drawn++
			} else if text := err.Error(); text == "" || strings.Contains(text, "\n") {
				t.Errorf("%+v: not one line: %q", panel, text)
			}
		})
	})
}

// Numbers beyond the bounds and sizes that would fill the memory are errors.
func TestBeyondWhatCanBeDrawn(t *testing.T) {
	huge := []float64{1, 2, 1e305}
	narrow := Field{X0: 1e15, X1: 1e15 + 1, Y1: 1, NX: 2, NY: 2, Z: make([]float64, 4)}
	panel := func(x Axis) Grid { return Row("", Panel{X: x, Layers: []Layer{Points{X: x3, Y: y3}}}) }
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{one(Line{X: x3, Y: huge}), "Line has Y[2] = 1e+305, beyond 1e+300: divide the numbers by their size"},
		{one(Arrows{X: x3, Y: y3, U: []float64{1, 2, 1e200}, V: y3, Power: 2}), "Arrows has |(U, V)|^Power[2] = +Inf"},
		{panel(Axis{Min: -1e308, Max: 1e308}), "the x axis runs from -1e+308 to 1e+308, beyond"},
		{panel(Axis{Min: 1e-310, Max: 1, Log: true}), "the x axis runs from 1e-310 to 1, beyond"},
		{one(Heat{Field: narrow}), "Heat covers [1e+15, 1.000000000000001e+15] x [0, 1], want an area"},
	} {
		if _, err := PNG(c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	soon("sizes", func() {
		inf := math.Inf(1)
		bars, line := ErrorBars{X: x3, Y: y3, Lo: lo3, Hi: hi3, Size: 1e12}, Line{X: x3,
			Y: y3, Width: inf, Markers: true}
		if _, err := PNG(one(Points{X: x3, Y: y3, Size: inf}, line, bars)); err != nil {
			t.Error(err)
		}
	})
	if got := (Movie{Delay: 48 * time.Hour}).hundredths(0, 2); got != math.MaxUint16 {
		t.Errorf("a frame of two days shows for %d/100 s", got)
	}
	for _, ends := range [][2]float64{{-1e308, 1e308}, {0, 5e-324}, {0, math.NaN()}} {
		func() {
			defer func() {
				if _, ok := recover().(error); !ok {
					t.Errorf("bins without a width from %v to %v", ends[0], ends[1])
				}
			}()
			Histogram(x3, ends[0], ends[1], 9)
		}()
	}
}
