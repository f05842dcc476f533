package figure_test

import (
	"bytes"
	"fmt"
	"image/gif"
	"image/png"
	"math"

	"scorelab/lib/figure"
)

func gaussian(x, y float64) float64 { return math.Exp(-(x*x+y*y)/2) / (2 * math.Pi) }

// A density with its score, beside a curve on logarithmic axes.
func ExamplePNG() {
	var score figure.Arrows
	for i := range 49 {
		x, y := float64(i%7-3)*0.8, float64(i/7-3)*0.8
		score.X, score.Y = append(score.X, x), append(score.Y, y)
		score.U, score.V = append(score.U, -x), append(score.V, -y)
	}
	plane := figure.Panel{
		Title:       "score ∇ log p",
		X:           figure.Axis{Label: "x_{1}", Min: -3, Max: 3},
		Y:           figure.Axis{Label: "x_{2}", Min: -3, Max: 3},
		Layers:      []figure.Layer{figure.Heat{Field: figure.NewField(-3, 3, 61, -3, 3, 61, gaussian)}, score},
		EqualAspect: true,
	}
	errors := figure.Panel{
		Title: "error against steps",
		X:     figure.Axis{Label: "steps", Log: true},
		Y:     figure.Axis{Label: "W_{1}", Log: true},
		Layers: []figure.Layer{
			figure.Line{X: []float64{1, 10, 100}, Y: []float64{1, 0.1, 0.02}, Lo: []float64{0.9, 0.08, 0},
				Hi:    []float64{1.1, 0.12, 0.04},
				Label: "Euler", Markers: true},
			figure.HLine{At: 0.011, Label: "floor", Dashed: true},
		},
	}
	data, err := figure.PNG(figure.Row("A Gaussian", plane, errors))
	if err != nil {
		fmt.Println(err)
		return
	}
	img, err := png.Decode(bytes.NewReader(data))
	fmt.Println(img.Bounds().Dx(), err)
	// Output: 1600 <nil>
}

// Particles with trails: the frame at step k takes the rows up to k.
func ExampleGIF() {
	xs, ys := [][]float64{{-2, 2, 0}}, [][]float64{{0, 1, -2}}
	var frames []figure.Figure
	for k := range 8 {
		lo := max(0, k-4)
		frames = append(frames, figure.Row(fmt.Sprintf("t = %.1f", 0.1*float64(k)), figure.Panel{
			X:           figure.Axis{Min: -3, Max: 3},
			Y:           figure.Axis{Min: -3, Max: 3},
			Layers:      []figure.Layer{figure.Trails{X: xs[lo:], Y: ys[lo:]}},
			EqualAspect: true,
			HideAxes:    true,
		}))
		var x, y []float64
		for i := range xs[k] {
			x, y = append(x, 0.8*xs[k][i]-0.3*ys[k][i]), append(y, 0.8*ys[k][i]+0.3*xs[k][i])
		}
		xs, ys = append(xs, x), append(ys, y)
	}
	data, err := figure.GIF(frames, figure.Movie{})
	if err != nil {
		fmt.Println(err)
		return
	}
	movie, err := gif.DecodeAll(bytes.NewReader(data))
	fmt.Println(len(movie.Image), "frames", err)
	// Output: 8 frames <nil>
}

// Pictures with a text under each.
func ExampleImages() {
	ramp := figure.Picture{W: 4, H: 4, Pix: []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}
	_, err := figure.PNG(figure.Images{
		Title:     "Ramps",
		Rows:      [][]figure.Picture{{ramp, ramp}},
		RowLabels: []string{"VP"},
		Labels:    [][]string{{"SNR 3.2 dB", "SNR -1.0 dB"}},
		Hi:        15,
	})
	fmt.Println(err)
	// Output: <nil>
}

// A histogram of samples against the exact density.
func ExampleHistogram() {
	samples := []float64{-1.2, -0.4, -0.1, 0.2, 0.3, 0.9, 1.4, 5}
	bars := figure.Histogram(samples, -2, 2, 4)
	fmt.Println(bars.Edges)
	fmt.Println(bars.Heights)
	// Output:
	// [-2 -1 0 1 2]
	// [0.125 0.25 0.375 0.125]
}
