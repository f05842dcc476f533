package guidance

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// sheet shows the digits: a column for each class, rows for two scales and unguided samples, the same noise in the same
// row of each scale.
func (d digitClasses) sheet(r *suite.Report, runs []guidedRun) error {
	sheet := figure.Images{Lo: -1, Hi: 1, Scale: 2}
	for class := range d.Classes {
		sheet.ColLabels = append(sheet.ColLabels, fmt.Sprint(class))
	}
	for _, run := range runs {
		rows := map[float64]int{0: 1, 1: 3, 10: 3}[run.scale]
		for i := range rows {
			label := ""
			switch {
			case i > 0:
			case run.scale == 0:
				label = "γ = 0, unguided"
			default:
				label = fmt.Sprintf("γ = %g", run.scale)
			}
			var row []figure.Picture
			for class := range d.Classes {
				row = append(row, kit.Picture(run.x, class*len(run.nearest)/d.Classes+i))
			}
			sheet.Rows, sheet.RowLabels = append(sheet.Rows, row), append(sheet.RowLabels, label)
		}
	}
	f, err := kit.PNG("digits", "Samples with the exact score of 3,000 digits; the columns are the requested classes. "+
		"All samples are copies of training digits. The k-th row of each scale starts from the same noise: at γ = 10 "+
		"it ends in plainer, more typical digits than at γ = 1.", sheet)
	r.Figures = append(r.Figures, f)
	return err
}
