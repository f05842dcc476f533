package learning

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// versusFigure shows the samples of all trainings, one row a method.
func versusFigure(r *suite.Report, gans, diffusions []ringTraining) error {
	const side, shown = 2.9, 900
	row := func(method string, all []ringTraining, color figure.Color) []figure.Panel {
		var panels []figure.Panel
		for k, c := range all {
			p := kit.Plane(fmt.Sprintf("%s %d: %d modes", method, k+1, c.count.covered), side,
				kit.Cloud(c.samples, shown, color))
			p.HideAxes = true
			panels = append(panels, p)
		}
		return panels
	}
	f, err := kit.PNG("trainings", "Five trainings of a small GAN (top) and five of a denoiser with as many weights "+
		"(bottom) on the ring of eight: samples, and how many modes have at least half of their weight. All keep "+
		"eight. The samples of the GAN crowd on curves within the modes.",
		figure.Grid{Rows: [][]figure.Panel{row("GAN", gans, figure.Blue),
			row("diffusion", diffusions, figure.Vermillion)}, Width: 1000})
	r.Figures = append(r.Figures, f)
	return err
}
