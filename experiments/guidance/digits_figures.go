package guidance

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// sheet shows the digits: a row for each class, a block of columns for each scale, the same noise in each block.
func (d digitClasses) sheet(r *suite.Report, runs []guidedRun) error {
	sheet := figure.Images{Lo: -1, Hi: 1, Scale: 1}
	for class := range d.Classes {
		var row []figure.Picture
		for _, run := range runs {
			n := len(run.nearest) / d.Classes
			if class == 0 {
				sheet.ColLabels = append(sheet.ColLabels, fmt.Sprintf("γ = %g", run.scale))
				sheet.ColLabels = append(sheet.ColLabels, make([]string, n)...)
			}
			for i := range n {
				row = append(row, kit.Picture(run.x, class*n+i))
			}
			row = append(row, figure.Picture{}) // a gap
		}
		sheet.Rows = append(sheet.Rows, row[:len(row)-1])
	}
	sheet.ColLabels = sheet.ColLabels[:len(sheet.Rows[0])]
	f, err := kit.PNG("digits", "Digits by the exact score of 3,000, from the same noise in each block: unguided, "+
		"then asked for the class of their row. All are copies from the data; "+
		"the larger the scale, the plainer.", sheet)
	r.Figures = append(r.Figures, f)
	return err
}
