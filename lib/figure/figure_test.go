package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// bump is a field with one round hill.
var bump = NewField(-2, 2, 21, -2, 2, 21, func(x, y float64) float64 { return math.Exp(-(x*x + y*y)) })

// one is a figure with a single small panel.
func one(layers ...Layer) Grid {
	return Grid{Width: 240, RowHeight: 180,
		Rows: [][]Panel{{{X: Axis{Label: "x"}, Y: Axis{Label: "y"}, Layers: layers}}}}
}

var x3, y3, lo3, hi3 = []float64{1, 2, 3}, []float64{2, 1, 4}, []float64{1, 0.5, 3}, []float64{3, 2, 5}

// samples has every kind of layer with a color that must appear in its picture.
var samples = map[string]struct {
	layer Layer
	has   Color
}{
	"heat":      {Heat{Field: bump}, 0x08306B},
	"cells":     {Heat{Field: bump, Cells: true, Colors: Viridis, Bar: "p"}, 0xFDE725},
	"diverging": {Heat{Field: bump, Colors: Diverging}, 0x7A3000},
	"contour":   {Contour{Field: bump, Width: 4}, Gray},
	"arrows":    {Arrows{X: x3, Y: y3, U: y3, V: x3}, Ink},
	"points":    {Points{X: x3, Y: y3}, Blue},
	"tails":     {Trails{X: [][]float64{x3, y3}, Y: [][]float64{y3, x3}, Color: Green}, Green},
	"line":      {Line{X: x3, Y: y3, Lo: lo3, Hi: hi3, Markers: true, Label: "a"}, Blue},
	"dashed":    {Line{X: x3, Y: y3, Dashed: true, Width: 4, Color: Purple}, Purple},
	"band":      {Band{X: x3, Lo: lo3, Hi: hi3}, White.mix(Blue, bandOpacity)},
	"errorbars": {ErrorBars{X: x3, Y: y3, Lo: lo3, Hi: hi3, Color: Vermillion}, Vermillion},
	"bars":      {Bars{Edges: []float64{0, 1, 2, 3}, Heights: y3}, White.mix(Blue, barOpacity)},
	"outline":   {Bars{Edges: []float64{0, 1, 2, 3}, Heights: y3, Outline: true}, Blue},
	"note":      {Note{X: 1, Y: 1, Text: "here"}, Ink},
}

func decode(t *testing.T, f Figure) image.Image {
	t.Helper()
	data, err := PNG(f)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	again, err := PNG(f)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("second drawing differs (%v)", err)
	}
	return img
}

// count is the number of pixels within tol of a color in every channel.
func count(img image.Image, c Color, tol int) int {
	n := 0
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			p := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			want := c.with(1)
			if off(p.R, want.R) <= tol && off(p.G, want.G) <= tol && off(p.B, want.B) <= tol {
				n++
			}
		}
	}
	return n
}

func off(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }

func TestEveryLayer(t *testing.T) {
	for name, s := range samples {
		t.Run(name, func(t *testing.T) {
			img := decode(t, one(s.layer))
			if size := img.Bounds().Size(); size != image.Pt(480, 360) {
				t.Errorf("size %v, want 480 by 360", size)
			}
			if n := count(img, s.has, 3); n < 4 {
				t.Errorf("%d pixels of %06x", n, s.has)
			}
			if n := count(img, White, 0); name != "cells" && n < 480*360/10 {
				t.Errorf("only %d white pixels", n)
			}
		})
	}
}

func TestReferenceLinesSpanThePanel(t *testing.T) {
	base := Points{X: []float64{0, 10}, Y: []float64{0, 10}, Color: White}
	for _, l := range []Layer{HLine{At: 5, Color: Green}, VLine{At: 5, Color: Green}} {
		if n := count(decode(t, one(base, l)), Green, 2); n < 2*200 {
			t.Errorf("%T has %d pixels", l, n)
		}
	}
}

func TestAutomaticColorsFollowTheCycle(t *testing.T) {
	var layers []Layer
	for i := range 3 {
		layers = append(layers, HLine{At: 9}, Line{X: x3, Y: []float64{float64(i), float64(i), float64(i)}, Width: 4})
	}
	img := decode(t, one(layers...))
	for _, c := range []Color{Blue, Vermillion, Green} {
		if count(img, c, 0) < 100 {
			t.Errorf("no line in %06x", c)
		}
	}
}

func TestHeatOrientationAndRange(t *testing.T) {
	rising := NewField(0, 1, 2, 0, 1, 2, func(x, y float64) float64 { return x + 2*y })
	g := Grid{Width: 200,
		Rows: [][]Panel{{{Layers: []Layer{Heat{Field: rising, Colors: Grays}}, HideAxes: true, EqualAspect: true}}}}
	img := decode(t, g)
	level := func(x, y int) uint8 { return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y }
	l, r, top, bottom := 2*margin+2, 400-2*margin-3, 2*margin+2, 400-2*margin-3
	if !(level(l, bottom) < level(r, bottom) && level(r, bottom) < level(l, top) && level(l, top) < level(r, top)) {
		t.Errorf("corners: %d %d / %d %d", level(l, top), level(r, top), level(l, bottom), level(r, bottom))
	}
	flat := NewField(0, 1, 2, 0, 1, 2, func(_, _ float64) float64 { return 7 })
	if lo, hi := (Heat{Field: flat}).levels(); lo != 7 || hi != 8 {
		t.Errorf("a flat field spans %v to %v", lo, hi)
	}
	decode(t, one(Heat{Field: flat}, Contour{Field: flat}))
}

func TestEqualAspectAlsoWhenTheRowIsTooLow(t *testing.T) {
	p, err := Panel{X: Axis{Min: 0, Max: 3}, Y: Axis{Min: 0, Max: 1}, EqualAspect: true}.prepare()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []rect{{0, 0, 300, 300}, {10, 20, 900, 60}} {
		s := p.shape(b)
		if s.w != 3*s.h || s.x < b.x || s.y < b.y || s.x+s.w > b.x+b.w || s.y+s.h > b.y+b.h {
			t.Errorf("%v in %v", s, b)
		}
	}
}

// Changes between frames must not move the axes.
func TestLayoutDoesNotDependOnData(t *testing.T) {
	frame := func(title string, n int) *image.RGBA {
		p := Panel{X: Axis{Label: "x", Min: 0, Max: 5}, Y: Axis{Label: "y", Min: 0, Max: 5}, Legend: TopLeft,
			Layers: []Layer{Points{X: x3[:n], Y: y3[:n], Label: "points"}}}
		img, err := Grid{Title: title, Width: 300, Rows: [][]Panel{{p, p}}}.render(1)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	a, b := frame("t = 0", 1), frame("t = 0.125, a longer title", 3)
	if a.Rect != b.Rect {
		t.Fatalf("sizes %v and %v", a.Rect, b.Rect)
	}
	differs := func(r image.Rectangle) bool {
		return !bytes.Equal(pixels(a, r), pixels(b, r))
	}
	left := image.Rect(0, titleRoom, 40, a.Rect.Max.Y)
	bottom := image.Rect(0, a.Rect.Max.Y-40, 300, a.Rect.Max.Y)
	if differs(left) || differs(bottom) {
		t.Error("the axes moved")
	}
	if !differs(a.Rect) {
		t.Error("the frames are equal")
	}
}

func pixels(img *image.RGBA, r image.Rectangle) []byte {
	var b []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b = append(b, img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)]...)
	}
	return b
}

func TestLegendDoesNotHideData(t *testing.T) {
	x := []float64{0, 1, 2, 3, 4}
	full := Bars{Edges: x, Heights: []float64{1, 1, 1, 1}, Label: "everywhere"}
	rows, err := one(full).prepare()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one(full).arrange(rows, newFaces(1)); err != nil {
		t.Fatal(err)
	}
	q := rows[0][0].plot
	p := q.layers(rows[0][0].area, newFaces(1))
	w, h := q.legendSize(p.text)
	if _, ink := p.bestCorner(w, h); ink > 0.03 {
		t.Errorf("the legend covers %.0f %% ink although the axis is automatic", 100*ink)
	}
}
