package figure

import (
	"fmt"
	"image"
	"math"
)

// Figure is a drawing: a [Grid] of panels, a sheet of [Images] or a [Stack].
type Figure interface {
	// render draws with zoom device pixels per logical pixel.
	render(zoom int) (*image.RGBA, error)
}

var (
	_ Figure = Grid{}
	_ Figure = Images{}
)

// Grid is panels in rows, with a title over all of them. Rows may have different numbers of panels.
type Grid struct {
	Title     string
	Rows      [][]Panel
	Width     int       // of the figure in logical pixels; 0: 800
	RowHeight int       // of a row with its labels; 0: as equal aspect needs, or else a default shape
	Shares    []float64 // relative widths of the data areas of a row; empty: equal
}

// Single is a figure with one panel, of the given width in logical pixels.
func Single(panel Panel, width int) Grid { return Grid{Rows: [][]Panel{{panel}}, Width: width} }

// Row is a figure with one row of panels.
func Row(title string, panels ...Panel) Grid { return Grid{Title: title, Rows: [][]Panel{panels}} }

func (g Grid) width() int { return int(positiveOr(float64(g.Width), 800)) }

func (g Grid) render(zoom int) (*image.RGBA, error) {
	rows, err := g.prepare()
	if err != nil {
		return nil, err
	}
	text := newFaces(zoom)
	height, err := g.arrange(rows, text)
	if err != nil {
		return nil, err
	}
	s := newSheet(g.width(), height, zoom)
	s.text = text
	if g.Title != "" {
		s.centered(g.Title, style{sizeTitle, true}, float64(g.width())/2, 20, float64(g.width())-2*margin)
	}
	for _, row := range rows {
		for _, c := range row {
			c.plot.draw(s, c.plot.shape(c.area))
		}
	}
	return s.img, nil
}

// prepare checks the panels.
func (g Grid) prepare() ([][]cell, error) {
	if err := checkText(g.Title); err != nil {
		return nil, err
	}
	if len(g.Rows) == 0 {
		return nil, fmt.Errorf("figure: the grid has no panels")
	}
	for i, v := range g.Shares {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("figure: column %d has a share of %v", i, v)
		}
	}
	var rows [][]cell
	for i, row := range g.Rows {
		if len(row) == 0 {
			return nil, fmt.Errorf("figure: row %d has no panels", i)
		}
		if len(g.Shares) > 0 && len(g.Shares) != len(row) {
			return nil, fmt.Errorf("figure: row %d has %d panels but there are %d shares", i, len(row), len(g.Shares))
		}
		var cells []cell
		for _, p := range row {
			q, err := p.prepare()
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell{plot: q})
		}
		rows = append(rows, cells)
	}
	return rows, nil
}
