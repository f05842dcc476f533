package figure

import (
	"fmt"
	"math"
	"slices"
)

// cell is a panel with its place: its data area and the margins around that.
type cell struct {
	plot *plot
	area rect
	m    margins
}

// titleRoom is the height of the figure's title.
const titleRoom = 30

// tallest is the greatest default height of a data area.
const tallest = 640

// arrange places every cell and returns the height of the figure. Data areas line up across a row, and down the columns
// of rows with the same number of panels. Within a row their widths have the given shares, independently of labels and
// legends.
func (g Grid) arrange(rows [][]cell, text *faces) (int, error) {
	for _, row := range rows {
		for j := range row {
			w := g.width()/len(row) - 70
			row[j].area = rect{w: w, h: int(positiveOr(float64(g.RowHeight-60), 0.8*float64(w)))}
		}
	}
	// Margins depend on the numbers at the ticks, which depend on the margins. Two rounds suffice.
	height := 0
	for round := range 2 {
		if round == 1 {
			clearLegends(rows, text)
		}
		g.align(rows, text)
		height = 0
		if g.Title != "" {
			height = titleRoom
		}
		for i, row := range rows {
			h, err := g.place(row, height)
			if err != nil {
				return 0, fmt.Errorf("figure: row %d %w", i, err)
			}
			height += h
		}
	}
	return height, nil
}

// align makes margins equal where data areas must line up.
func (g Grid) align(rows [][]cell, text *faces) {
	for _, row := range rows {
		for j := range row {
			row[j].m = row[j].plot.margins(text, row[j].area)
		}
	}
	for _, row := range rows {
		for j := range row {
			a := &row[j].m
			for k := range row {
				a.top, a.bottom = max(a.top, row[k].m.top), max(a.bottom, row[k].m.bottom)
			}
			for _, other := range rows {
				if len(other) == len(row) {
					a.left, a.right = max(a.left, other[j].m.left), max(a.right, other[j].m.right)
				}
			}
		}
	}
}

// place sets the data areas of a row that starts at y and returns its height.
func (g Grid) place(row []cell, y int) (int, error) {
	free, total := g.width(), 0.0
	for j, c := range row {
		free -= c.m.left + c.m.right
		total += g.share(j)
	}
	x, used, sum, tall := 0, 0, 0.0, 0.0
	for j := range row {
		c := &row[j]
		sum += g.share(j)
		end := int(math.Round(sum / total * float64(free)))
		c.area = rect{x: x + c.m.left, y: y + c.m.top, w: end - used}
		if c.area.w < 20 {
			return 0, fmt.Errorf("leaves %d px of width for panel %q", c.area.w, c.plot.Title)
		}
		x, used = c.area.x+c.area.w+c.m.right, end
	}
	for _, c := range row {
		if c.plot.EqualAspect || !anyEqual(row) {
			tall = math.Max(tall, math.Min(c.plot.defaultHeight(c.area.w, len(row)), tallest))
		}
	}
	frame := row[0].m.top + row[0].m.bottom
	h := int(math.Round(tall))
	if g.RowHeight > 0 {
		h = g.RowHeight - frame
	}
	if h < 20 {
		return 0, fmt.Errorf("leaves %d px of height for data", h)
	}
	for j := range row {
		row[j].area.h = h
	}
	return h + frame, nil
}

// anyEqual reports whether a panel of the row has equal aspect. Only such panels determine the height of the row.
func anyEqual(row []cell) bool {
	return slices.ContainsFunc(row, func(c cell) bool { return c.plot.EqualAspect })
}

func (g Grid) share(j int) float64 {
	if len(g.Shares) == 0 {
		return 1
	}
	return g.Shares[j]
}

// defaultHeight is the default height of a data area of width w in a row of n panels.
func (q *plot) defaultHeight(w, n int) float64 {
	if q.EqualAspect {
		return float64(w) * q.aspect()
	}
	return float64(w) * [...]float64{0.5, 0.72, 0.85}[min(n, 3)-1]
}

// shape is the data area within b: all of it, or under EqualAspect the largest centered one that fits.
func (q *plot) shape(b rect) rect {
	if !q.EqualAspect {
		return b
	}
	w := int(math.Min(float64(b.w), math.Round(float64(b.h)/q.aspect())))
	h := int(math.Min(float64(b.h), math.Round(float64(b.w)*q.aspect())))
	return rect{b.x + (b.w-w)/2, b.y + (b.h-h)/2, max(w, 1), max(h, 1)}
}
