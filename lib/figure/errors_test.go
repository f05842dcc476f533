package figure

import (
	"math"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	logY := func(l Layer) Grid {
		return Row("", Panel{Y: Axis{Log: true}, Layers: []Layer{l}})
	}
	picture := Picture{W: 2, H: 1, Pix: []float64{0, 1}}
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{one(Line{Label: "a"}), `Line "a" has no data`},
		{one(Line{X: x3, Y: x3[:2]}), "Line has 3 X but 2 Y"},
		{one(Line{X: x3, Y: []float64{1, nan, 2}}), "Line has Y[1] = NaN"},
		{one(Line{X: x3, Y: y3, Lo: lo3}), "Line has 3 X but 0 Hi"},
		{one(Line{X: x3, Y: y3, Lo: hi3, Hi: lo3}), "Line has Lo[0] = 3 above Hi[0] = 1"},
		{one(Points{X: []float64{inf}, Y: []float64{0}}), "Points has X[0] = +Inf"},
		{one(Trails{}), "Tails has 0 times in X and 0 in Y"},
		{one(Trails{X: [][]float64{x3, x3[:1]}, Y: [][]float64{x3, x3[:1]}}), "Tails has 3 X[0] but 1 X[1]"},
		{one(Band{X: x3, Lo: hi3, Hi: lo3}), "Band has Lo[0]"},
		{one(ErrorBars{X: x3, Y: y3, Lo: lo3}), "ErrorBars has 3 X but 0 Hi"},
		{one(Arrows{X: x3, Y: y3, U: y3}), "Arrows has 3 X but 0 V"},
		{one(Bars{Edges: x3, Heights: y3}), "Bars has 3 heights and 3 edges, want one more"},
		{one(Bars{Edges: []float64{0, 2, 1, 3}, Heights: y3}), "Bars has Edges[2] = 1, not above the one before"},
		{one(HLine{At: nan}), "HLine has At[0] = NaN"},
		{one(Heat{Field: Field{X1: 1, Y1: 1, NX: 2, NY: 2, Z: x3}}), "Heat has 3 values for a grid of 2 by 2 nodes"},
		{one(Heat{Field: Field{X1: 1, Y1: 1, NX: 2, NY: 2, Z: []float64{1, 2, 3, nan}}}), "Heat has Z[3] = NaN"},
		{one(Heat{Field: Field{Y1: 1, NX: 2, NY: 2, Z: make([]float64, 4)}}), "Heat covers [0, 0] x [0, 1]"},
		{one(Contour{Field: bump, Levels: []float64{nan}}), "Contour has Levels[0] = NaN"},
		{one(Note{Text: "ℝ"}), "the font has no sign 'ℝ'"},
		{one(nil), "layer 0 of panel"},
		{one(), "the x axis has no range and no data"},
		{logY(Line{X: x3, Y: []float64{1, 0, 1}}), "the logarithmic y axis"},
		{Row("", Panel{X: Axis{Min: 2, Max: 1}, Layers: []Layer{Points{X: x3, Y: y3}}}), "the x axis runs from 2 to 1"},
		{Row("", Panel{X: Axis{Log: true}, EqualAspect: true, Layers: []Layer{Points{X: x3, Y: y3}}}),
			"equal aspect on a logarithmic axis"},
		{Row("𝔼", Panel{Layers: []Layer{Points{X: x3, Y: y3}}}), "the font has no sign"},
		{Grid{}, "the grid has no panels"},
		{Grid{Rows: [][]Panel{{}}}, "row 0 has no panels"},
		{Grid{Rows: one(Points{X: x3, Y: y3}).Rows, Shares: []float64{1, 2}}, "row 0 has 1 panels but there are 2 " +
			"shares"},
		{Grid{Rows: one(Points{X: x3, Y: y3}).Rows, Shares: []float64{-1}}, "column 0 has a share of -1"},
		{Grid{Rows: one(Points{X: x3, Y: y3}).Rows, Width: 40}, "row 0 leaves"},
		{Grid{Rows: one(Points{X: x3, Y: y3}).Rows, RowHeight: 40}, "px of height"},
		{Images{}, "Images has no pictures"},
		{Images{Rows: [][]Picture{{picture, {W: 1, H: 1, Pix: []float64{1}}}}}, "picture 1 of row 0 is 1 by 1 with 1 " +
			"values, want 2 by 1"},
		{Images{Rows: [][]Picture{{{W: 1, H: 1, Pix: []float64{nan}}}}}, "picture 0 of row 0 has Pix[0] = NaN"},
		{Images{Rows: [][]Picture{{picture}}, RowLabels: []string{"a", "b"}}, "more labels"},
	} {
		_, err := PNG(c.f)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestIntervalsMayReachZeroOnALogAxis(t *testing.T) {
	zero := []float64{-1, 0, 1e-3}
	p := Panel{Y: Axis{Log: true}, Layers: []Layer{Line{X: x3, Y: y3, Lo: zero, Hi: hi3}, ErrorBars{X: x3,
		Y: y3, Lo: zero, Hi: hi3},
		Bars{Edges: []float64{0, 1, 2, 3}, Heights: []float64{0, 1, 2}}}}
	if _, err := PNG(Row("", p)); err != nil {
		t.Error(err)
	}
}
