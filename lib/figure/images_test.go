package figure

import (
	"image/color"
	"testing"
)

func TestImagesClipAndPlace(t *testing.T) {
	m := Images{Rows: [][]Picture{{{W: 2, H: 2, Pix: []float64{-9, 0.25, 0.75, 9}}}}, Lo: 0, Hi: 1, Scale: 10}
	for _, invert := range []bool{false, true} {
		want := []uint8{0, 64, 191, 255}
		if invert {
			m.Lo, m.Hi = 1, 0
			want = []uint8{255, 191, 64, 0}
		}
		img := rendered(t, m)
		p, err := m.layout(newFaces(1))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range want {
			x, y := p.left+10*(k%2)+5, p.top+10*(k/2)+5
			if got := img.RGBAAt(x, y); got != (color.RGBA{v, v, v, 255}) {
				t.Errorf("invert %v: pixel %d is %v, want %d", invert, k, got, v)
			}
		}
	}
}

func TestImagesFillTheWidth(t *testing.T) {
	row := make([]Picture, 10)
	for i := range row {
		row[i] = Picture{W: 28, H: 28, Pix: make([]float64, 784)}
	}
	m := Images{Title: "digits", Rows: [][]Picture{row, row[:3]}, RowLabels: []string{"one", "two"},
		ColLabels: []string{"0", "1"}}
	if w := rendered(t, m).Rect.Dx(); w < 600 || w > 820 {
		t.Errorf("%d px wide", w)
	}
}
