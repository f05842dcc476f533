package tweedie

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

func (d *denoising) draw(r *suite.Report) error {
	sheet, err := d.sheet()
	if err != nil {
		return err
	}
	curves, err := d.curves()
	r.Figures = append(r.Figures, sheet, curves)
	return err
}

// sheet is one digit at all noise levels, and what the estimators make of it.
func (d *denoising) sheet() (suite.Figure, error) {
	const shown = 2
	sheet := figure.Images{Lo: -1, Hi: 1, RowLabels: []string{"noisy", "ideal denoiser", "nearest digit",
		"linear filter"},
		Rows: make([][]figure.Picture, 4), Labels: make([][]string, 4)}
	for i, at := range d.unseen {
		for k, p := range []metrics.Points{at.noisy, at.ideal, at.nearest, at.linear} {
			sheet.Rows[k] = append(sheet.Rows[k], kit.Picture(p, shown))
			sheet.Labels[k] = append(sheet.Labels[k], psnrLabel(p, d.clean, shown))
		}
		sheet.ColLabels = append(sheet.ColLabels, fmt.Sprintf("σ = %.3g", d.sigmas[i]))
	}
	return kit.PNG("denoise", "A held-out digit at ten noise levels, with its PSNR below each picture. The "+
		"ideal denoiser of the 9,000 training digits returns the training digit nearest to the noisy picture, "+
		"so its PSNR stays at 14.5 dB however low the noise. The linear filter improves as the noise falls.", sheet)
}

// psnrLabel is the PSNR of picture i of p against the clean one.
func psnrLabel(p, clean metrics.Points, i int) string {
	sum := 0.0
	for j, v := range clean.Row(i) {
		sum += (v - p.Row(i)[j]) * (v - p.Row(i)[j]) / float64(p.D)
	}
	return fmt.Sprintf("%.1f dB", kit.Decibel(4/sum))
}

// curves are the squared errors against the noise.
func (d *denoising) curves() (suite.Figure, error) {
	curve := func(s []metrics.Summary, label string, color figure.Color) figure.Line {
		from := 0
		for s[from].Center < 1e-6 { // training digits at low noise come back exactly: below any logarithmic axis
			from++
		}
		s = s[from:]
		return figure.Line{X: d.sigmas[from:], Y: kit.Centers(s), Lo: kit.Lows(s), Hi: kit.Highs(s), Label: label,
			Color: color, Markers: true}
	}
	identity := figure.Line{X: d.sigmas[:5], Y: kit.Map(d.sigmas[:5], func(s float64) float64 { return s * s }),
		Label: "noisy picture: σ^{2}", Color: figure.Gray, Dashed: true}
	return kit.PNG("mse", "Squared error per pixel against the noise, with 5 standard errors. On held-out "+
		"digits the ideal denoiser is worse than a linear filter below σ = 2, and worse than the noisy picture "+
		"below σ = 0.34. On its own training digits its error falls to 0.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "noise level σ", Log: true, Min: .015, Max: 150},
			Y: figure.Axis{Label: "squared error per pixel", Log: true, Min: 1e-4, Max: 1},
			Layers: []figure.Layer{curve(d.ideal, "ideal denoiser, held-out digits", figure.Vermillion),
				curve(d.seen, "ideal denoiser, training digits", figure.Orange),
				curve(d.linear, "linear filter, held-out digits", figure.Blue), identity}, Legend: figure.BottomRight}))
}
