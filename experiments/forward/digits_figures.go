package forward

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"scorelab/experiments/kit"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// digitRow is one process's row of the figures.
type digitRow struct {
	process  string
	label    string // in figures
	pictures []figure.Picture
	labels   []string
	five     [][]figure.Picture // [time][digit]
}

// add draws the digits at the next time.
func (row *digitRow) add(at noisyDigits) {
	// VE's pictures are scaled back to unit spread, or they would be black and white only.
	scale := 1 / math.Sqrt(at.alpha*at.alpha+at.sigma*at.sigma)
	shown := at.x
	shown.X = kit.Map(shown.X, func(v float64) float64 { return v * scale })
	row.pictures = append(row.pictures, kit.Picture(shown, 3))
	row.labels = append(row.labels, fmt.Sprintf("%.0f dB", at.snr()))
	row.five = append(row.five, kit.Pictures(shown, 5))
}

// digitFigures are a sheet of one digit, and a film of five.
func digitFigures(measured []digitRow) ([]suite.Figure, error) {
	rows := byPath(measured)
	sheet := figure.Images{Lo: -1, Hi: 1, ColLabels: kit.Map(shares, func(s float64) string {
		switch s {
		case 0:
			return "t = 0"
		case 1:
			return "t = T"
		}
		return fmt.Sprintf("%g T", s)
	})}
	frames := make([]figure.Images, len(shares))
	for _, row := range rows {
		sheet.Rows, sheet.Labels, sheet.RowLabels = append(sheet.Rows, row.pictures), append(sheet.Labels, row.labels),
			append(sheet.RowLabels, row.label)
		for k := range frames {
			frames[k].Rows = append(frames[k].Rows, row.five[k])
			frames[k].RowLabels = append(frames[k].RowLabels, row.label)
		}
	}
	still, err := kit.PNG("forward", "One held-out digit under seven schedules on four probability paths, at equal "+
		"shares of each horizon T; below each picture its signal-to-noise ratio. All end in noise, at very different "+
		"speeds.", sheet)
	if err != nil {
		return nil, err
	}
	var movie []figure.Figure
	for k := range frames {
		frames[k].Title, frames[k].Lo, frames[k].Hi, frames[k].Scale = fmt.Sprintf("t = %.1f T", shares[k]), -1, 1, 2
		movie = append(movie, frames[k])
	}
	film, err := kit.GIF("forward", "Five held-out digits under each schedule, at equal shares of its horizon T. "+
		"They disappear at different times, and all end in noise.", movie)
	return []suite.Figure{still, film}, err
}

// digitLabels name the processes, those of one path together.
var digitLabels = []struct{ process, label string }{
	{"vp", "VP, linear β"}, {"vp-cosine", "VP, cosine α²"}, {"ou", "VP, Ornstein-Uhlenbeck"}, {"sub-vp", "sub-VP"},
	{"ve", "VE, geometric σ"}, {"edm", "VE, σ = t (EDM)"}, {"flow", "linear flow"},
}

// byPath sorts rows by path and labels them; processes without a label come last, under their own names.
func byPath(rows []digitRow) []digitRow {
	place := func(row digitRow) int {
		for i, name := range digitLabels {
			if row.process == name.process {
				return i
			}
		}
		return len(digitLabels)
	}
	slices.SortStableFunc(rows, func(a, b digitRow) int { return cmp.Compare(place(a), place(b)) })
	for i := range rows {
		rows[i].label = rows[i].process
		if k := place(rows[i]); k < len(digitLabels) {
			rows[i].label = digitLabels[k].label
		}
	}
	return rows
}
