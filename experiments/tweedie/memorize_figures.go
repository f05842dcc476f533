package tweedie

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// flowShown is how many pictures of the flow are shown.
const flowShown = 12

// flowFrame shows pictures at a noise level, scaled to unit spread.
func flowFrame(p metrics.Points, sigma float64) figure.Figure {
	pictures := kit.Pictures(kit.UnitSpread(p, sigma), flowShown)
	return figure.Images{Title: fmt.Sprintf("σ = %.2f", sigma), Lo: -1, Hi: 1, Scale: 2,
		Rows: [][]figure.Picture{pictures[:flowShown/2], pictures[flowShown/2:]}}
}

func (land landed) draw(r *suite.Report, frames []figure.Figure) error {
	still, err := kit.PNG("memorised", "Samples of the probability flow with the exact score of 9,000 training "+
		"digits (top), and the training digit nearest to each (bottom). Every sample is a copy.",
		figure.Images{Rows: [][]figure.Picture{kit.Pictures(land.pictures, flowShown),
			kit.Pictures(land.nearest, flowShown)}, RowLabels: []string{"generated", "nearest digit"}, Lo: -1, Hi: 1})
	if err != nil {
		return err
	}
	film, err := kit.GIF("flow", "The probability flow with the exact score of 9,000 training digits carries "+
		"noise to copies of training digits. Pictures are scaled to unit spread.", frames)
	r.Figures = append(r.Figures, still, film)
	return err
}
