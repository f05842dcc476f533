package metrics

import (
	"fmt"
	"math"
)

// MSE is the mean squared error per pixel between at least 2 images and their references, in squared units of the
// pixels. Row i of a belongs to row i of b. The standard error is over images, which are the independent draws.
func MSE(a, b Points) (Summary, error) {
	if err := checkPair(a, b, 2); err != nil {
		return Summary{}, err
	}
	if a.N != b.N {
		return Summary{}, fmt.Errorf("metrics: images and references differ in number: shapes [%d, %d] and [%d, %d]",
			a.N, a.D, b.N, b.D)
	}
	return MeanOf(a.N, func(i int) float64 {
		x, y, sum := a.Row(i), b.Row(i), 0.0
		for j := range x {
			sum += (x[j] - y[j]) * (x[j] - y[j])
		}
		return sum / float64(a.D)
	})
}

// PSNR is the peak signal-to-noise ratio 10 log10(peak^2/mse) in dB of a mean squared error. It is not the mean of the
// ratios of single images. Peak is the range of the pixels: 2 for [-1, 1]. The half-width is 10/ln 10 half/mse, by the
// delta method. It is an error if mse is not positive, since equal images have no finite ratio.
func PSNR(mse Summary, peak float64) (Summary, error) {
	if !(mse.Center > 0) || !(peak > 0) || math.IsInf(mse.Center, 0) || math.IsInf(peak, 0) {
		return Summary{}, fmt.Errorf("metrics: PSNR needs a positive error and peak, not %g and %g", mse.Center, peak)
	}
	psnr := 10 * math.Log10(peak*peak/mse.Center)
	half := 10 / math.Ln10 * mse.Half() / mse.Center
	return Summary{Center: psnr, Lo: psnr - half, Hi: psnr + half, N: mse.N}, nil
}
