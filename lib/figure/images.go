package figure

import (
	"fmt"
	"image"
	"math"
)

// Picture is W by H values, row-major from the top left. The zero Picture is an empty place.
type Picture struct {
	W, H int
	Pix  []float64
}

// Images is a figure of small pictures in rows, for example digits at rising noise. All pictures of a figure have the
// same size. Values from Lo to Hi run through the colors and are clipped there. Lo > Hi inverts the colors. Lo == Hi
// means 0 to 1.
type Images struct {
	Title     string
	Rows      [][]Picture
	RowLabels []string   // on the left of the rows
	ColLabels []string   // above the columns
	Labels    [][]string // below each picture
	Lo, Hi    float64
	// ColWidth is the distance from a picture to the next. 0 means as pictures and labels need. Animations with varying
	// labels should set it.
	ColWidth int
	Scale    int      // logical pixels per value, drawn as a square; 0: the largest that fits 800 px, at most 6
	Colors   ColorMap // default: Grays
}

const (
	sheetGap   = 8   // distance of neighboring pictures
	leastWidth = 240 // of a sheet, for its title
)

// places is the layout of a sheet.
type places struct {
	w, h, cols    int // of a picture in values; pictures in the longest row
	scale         int
	left, top     int // of the first picture
	pitchX, rowsY int // from a picture to the next
	width, height int
}

func (m Images) render(zoom int) (*image.RGBA, error) {
	text := newFaces(zoom)
	p, err := m.layout(text)
	if err != nil {
		return nil, err
	}
	s := newSheet(p.width, p.height, zoom)
	small, label := style{size: sizeLegend}, style{size: sizeLabel}
	if m.Title != "" {
		s.centered(m.Title, style{sizeTitle, true}, float64(p.width)/2, 20, float64(p.width)-2*sheetGap)
	}
	for j, t := range m.ColLabels {
		s.centered(t, label, p.middle(j), float64(p.top-8), float64(p.pitchX-4))
	}
	for i, row := range m.Rows {
		y := p.top + i*p.rowsY
		if i < len(m.RowLabels) {
			w := s.text.width(m.RowLabels[i], label)
			s.text.draw(s.img, m.RowLabels[i], label, float64(p.left)-10-w, float64(y+p.h*p.scale/2)+0.35*sizeLabel,
				Ink.with(1))
		}
		for j, g := range row {
			m.picture(s, g, p.left+j*p.pitchX, y, p.scale)
			if i < len(m.Labels) && j < len(m.Labels[i]) {
				s.centered(m.Labels[i][j], small, p.middle(j), float64(y+p.h*p.scale)+sizeLegend+1, float64(p.pitchX-4))
			}
		}
	}
	return s.img, nil
}

// middle is the middle of column j.
func (p places) middle(j int) float64 { return float64(p.left+j*p.pitchX) + float64(p.w*p.scale)/2 }

// picture draws the values as squares.
func (m Images) picture(s *sheet, g Picture, x, y, scale int) {
	lo, hi := m.Lo, m.Hi
	if lo == hi {
		lo, hi = 0, 1
	}
	colors := m.Colors
	if colors == DefaultColors {
		colors = Grays
	}
	table := colors.table()
	z := scale * s.zoom
	for k, v := range g.Pix {
		c := table[int(255*math.Max(0, math.Min(1, (v-lo)/(hi-lo)))+0.5)]
		x0, y0 := x*s.zoom+k%g.W*z, y*s.zoom+k/g.W*z
		for j := range z {
			for i := range z {
				s.img.SetRGBA(x0+i, y0+j, c)
			}
		}
	}
}

// check returns the size of the pictures and the length of the longest row. It returns an error for the first picture
// or label that does not fit.
func (m Images) check() (w, h, cols int, err error) {
	texts := append(append([]string{m.Title}, m.RowLabels...), m.ColLabels...)
	for _, l := range m.Labels {
		texts = append(texts, l...)
	}
	if err := checkText(texts...); err != nil {
		return 0, 0, 0, err
	}
	if err := checkColumns("Images", column{"Lo, Hi", []float64{m.Lo, m.Hi}}); err != nil {
		return 0, 0, 0, err
	}
	for i, row := range m.Rows {
		cols = max(cols, len(row))
		for j, g := range row {
			if g.W == 0 && g.H == 0 && len(g.Pix) == 0 {
				continue
			}
			name := fmt.Sprintf("picture %d of row %d", j, i)
			if w == 0 {
				w, h = g.W, g.H
			}
			if g.W <= 0 || g.W != w || g.H != h || len(g.Pix) != w*h {
				return 0, 0, 0, fmt.Errorf("figure: %s is %d by %d with %d values, want %d by %d", name, g.W, g.H,
					len(g.Pix), w, h)
			}
			if err := checkColumns(name, column{"Pix", g.Pix}); err != nil {
				return 0, 0, 0, err
			}
		}
	}
	if w == 0 {
		return 0, 0, 0, fmt.Errorf("figure: Images has no pictures")
	}
	if len(m.RowLabels) > len(m.Rows) || len(m.ColLabels) > cols || len(m.Labels) > len(m.Rows) {
		return 0, 0, 0, fmt.Errorf("figure: Images has more labels than its %d rows and %d columns", len(m.Rows), cols)
	}
	return w, h, cols, nil
}

// layout depends on sizes and labels and is independent of the title.
func (m Images) layout(text *faces) (places, error) {
	w, h, cols, err := m.check()
	if err != nil {
		return places{}, err
	}
	p := places{w: w, h: h, cols: cols, left: sheetGap, top: sheetGap, scale: m.Scale}
	for _, t := range m.RowLabels {
		p.left = max(p.left, sheetGap+10+int(math.Ceil(text.width(t, style{size: sizeLabel}))))
	}
	if m.Title != "" {
		p.top += titleRoom - 4
	}
	if len(m.ColLabels) > 0 {
		p.top += 20
	}
	if p.scale <= 0 {
		p.scale = min(6, max(1, ((800-p.left)/cols-sheetGap)/w))
	}
	p.pitchX = w*p.scale + sheetGap
	widen := func(t string, st style) { p.pitchX = max(p.pitchX, int(math.Ceil(text.width(t, st)))+sheetGap) }
	for _, t := range m.ColLabels {
		widen(t, style{size: sizeLabel})
	}
	p.rowsY = h*p.scale + sheetGap
	for _, row := range m.Labels {
		p.rowsY = h*p.scale + sheetGap + sizeLegend + 4
		for _, t := range row {
			widen(t, style{size: sizeLegend})
		}
	}
	if m.ColWidth > 0 {
		p.pitchX = max(m.ColWidth, w*p.scale+1)
	}
	overhang := max(0, p.pitchX-sheetGap-w*p.scale) / 2 // of labels wider than their picture
	p.left += overhang
	p.width = p.left + (cols-1)*p.pitchX + w*p.scale + overhang + sheetGap
	p.height = p.top + len(m.Rows)*p.rowsY
	if extra := leastWidth - p.width; extra > 0 {
		p.left, p.width = p.left+extra/2, leastWidth
	}
	return p, nil
}
