package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"runtime"
	"testing"
	"time"

	"github.com/kettek/apng"
)

// film is an animation of particles over a heat map.
func film(n int) []Figure {
	var frames []Figure
	for k := range n {
		x := []float64{-1 + 0.1*float64(k), 0.5, 1 - 0.1*float64(k)}
		p := Panel{X: Axis{Min: -2, Max: 2}, Y: Axis{Min: -2, Max: 2}, EqualAspect: true,
			Layers: []Layer{Heat{Field: bump, Lo: 0, Hi: 1}, Points{X: x, Y: y3, Color: Vermillion}, Points{X: x,
				Y: x, Color: Vermillion}}}
		frames = append(frames, Grid{Title: "frame", Width: 200, Rows: [][]Panel{{p}}})
	}
	return frames
}

func rendered(t *testing.T, f Figure) *image.RGBA {
	t.Helper()
	img, err := f.render(1)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestGIF(t *testing.T) {
	frames := film(5)
	data, err := GIF(frames, Movie{Delay: 50 * time.Millisecond, Hold: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != 5 || g.Delay[0] != 5 || g.Delay[4] != 100 || g.LoopCount != 0 {
		t.Errorf("%d frames, delays %v, loop %d", len(g.Image), g.Delay, g.LoopCount)
	}
	shown := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for i, part := range g.Image {
		if i > 0 && part.Rect == shown.Rect {
			t.Errorf("frame %d is whole", i)
		}
		draw.Draw(shown, part.Rect, part, part.Rect.Min, draw.Over)
		want := rendered(t, frames[i])
		far, worst := 0, 0
		for k := range want.Pix {
			d := off(want.Pix[k], shown.Pix[k])
			worst = max(worst, d)
			if d > 4 {
				far++
			}
		}
		if far > len(want.Pix)/500 || worst > 40 {
			t.Errorf("frame %d: %d values differ by more than 4, the worst by %d", i, far, worst)
		}
		if count(shown, White, 0) != count(want, White, 0) || count(shown, Vermillion, 0) !=
			count(want, Vermillion, 0) {
			t.Errorf("frame %d: white and particles are not exact", i)
		}
	}
}

func TestGIFDoesNotDependOnTheProcessors(t *testing.T) {
	many, err := GIF(film(4), Movie{})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	single, err := GIF(film(4), Movie{})
	if err != nil || !bytes.Equal(many, single) {
		t.Errorf("one processor draws other bytes (%v)", err)
	}
}

func TestAPNGIsExact(t *testing.T) {
	frames := film(4)
	data, err := APNG(frames, Movie{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := apng.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Frames) != 4 || a.LoopCount != 1 {
		t.Fatalf("%d frames, %d loops", len(a.Frames), a.LoopCount)
	}
	shown := image.NewRGBA(a.Frames[0].Image.Bounds())
	for i, f := range a.Frames {
		b := f.Image.Bounds()
		at := image.Pt(f.XOffset, f.YOffset)
		draw.Draw(shown, image.Rectangle{Max: b.Size()}.Add(at), f.Image, b.Min, draw.Src)
		if !bytes.Equal(shown.Pix, rendered(t, frames[i]).Pix) {
			t.Errorf("frame %d differs", i)
		}
	}
}

func TestMovieErrors(t *testing.T) {
	wide := film(1)[0].(Grid)
	wide.Width = 300
	for _, frames := range [][]Figure{nil, append(film(1), wide), {Grid{}}} {
		if _, err := GIF(frames, Movie{}); err == nil {
			t.Errorf("no error for %d frames", len(frames))
		}
		if _, err := APNG(frames, Movie{}); err == nil {
			t.Errorf("no error for %d frames", len(frames))
		}
	}
}

func TestPaletteKeepsFewColorsExact(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 200, 1))
	for i := range 200 {
		img.SetRGBA(i, 0, color.RGBA{uint8(i), uint8(255 - i), 7, 255})
	}
	p := choosePalette([]*image.RGBA{img}, 255)
	for i, k := range p.flatten(img) {
		if p[k] != img.RGBAAt(i, 0) {
			t.Fatalf("%v became %v", img.RGBAAt(i, 0), p[k])
		}
	}
	if n := len(choosePalette([]*image.RGBA{img}, 16)); n != 16 {
		t.Errorf("%d colors, want 16", n)
	}
}

func TestAMovieOfImages(t *testing.T) {
	frame := func(title, label string, v float64) Figure {
		p := Picture{W: 2, H: 2, Pix: []float64{0, v, v, 1}}
		return Images{Title: title, Rows: [][]Picture{{p, {}, p}}, Labels: [][]string{{label}}, ColWidth: 70, Scale: 3}
	}
	data, err := GIF([]Figure{frame("t = 0", "SNR 3.2 dB", 0), frame("t = 0.25", "SNR −10.1 dB", 0.5)}, Movie{})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := gif.DecodeAll(bytes.NewReader(data)); err != nil || len(g.Image) != 2 {
		t.Error(err)
	}
}
