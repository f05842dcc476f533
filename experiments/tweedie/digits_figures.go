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
	sheet := figure.Images{Lo: -1, Hi: 1, RowLabels: []string{"noisy", "ideal", "nearest", "linear"},
		Rows: make([][]figure.Picture, 4), Labels: make([][]string, 4)}
	for i, at := range d.unseen {
		for k, p := range []metrics.Points{at.noisy, at.ideal, at.nearest, at.linear} {
			sheet.Rows[k] = append(sheet.Rows[k], kit.Picture(p, shown))
			sheet.Labels[k] = append(sheet.Labels[k], psnrLabel(p, d.clean, shown))
		}
		sheet.ColLabels = append(sheet.ColLabels, fmt.Sprintf("%.3g", d.sigmas[i]))
	}
	return kit.PNG("denoise", "A held-out digit at ten noise levels (sigma above), cleaned by the ideal "+
		"denoiser of 9,000 others, beside the training digit nearest to the noisy picture and the linear "+
		"filter. Below each picture its PSNR in dB.", sheet)
}

// psnrLabel is the PSNR of picture i of p against the clean one.
func psnrLabel(p, clean metrics.Points, i int) string {
	sum := 0.0
	for j, v := range clean.Row(i) {
		sum += (v - p.Row(i)[j]) * (v - p.Row(i)[j]) / float64(p.D)
	}
	return fmt.Sprintf("%.1f", kit.Decibel(4/sum))
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
		Label: "noisy: σ^{2}", Color: figure.Gray, Dashed: true}
	return kit.PNG("mse", "Squared error per pixel against the noise, with 5 standard errors. On unseen "+
		"digits the ideal denoiser loses to a linear filter below σ = 2, and to doing nothing below σ = 0.34.",
		figure.Row("", figure.Panel{X: figure.Axis{Label: "σ", Log: true, Min: .015, Max: 150},
			Y: figure.Axis{Label: "MSE per pixel", Log: true, Min: 1e-4, Max: 1},
			Layers: []figure.Layer{curve(d.ideal, "ideal denoiser, held-out digits", figure.Vermillion),
				curve(d.seen, "ideal denoiser, training digits", figure.Orange),
				curve(d.linear, "linear filter, held-out digits", figure.Blue), identity}, Legend: figure.BottomRight}))
}
