package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"regexp"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// run is a piece of text at one level: 0 on the line, 1 raised, -1 lowered.
type run struct {
	text  string
	level int
	kind  kind
}

// kind is how a run is drawn: plain, upside down, or as an accent over the sign before it.
type kind int

const (
	upright kind = iota
	flipped
	accent
)

// special finds the signs that need a separate run. ∇, which the font lacks, is a flipped ∆. Accents (hat, tilde, bar,
// dot) are placed here, since the font does not place them.
var special = regexp.MustCompile(`∇|.[\x{0302}\x{0303}\x{0304}\x{0307}]`)

// minus finds a hyphen that stands for a minus.
var minus = regexp.MustCompile(`(^|[ (=,\[{])-([0-9.])`)

// substitutes maps signs that the font lacks to signs that it has.
var substitutes = strings.NewReplacer("∼", "~", "⁻¹", "^{−1}", "ₜ", "_{t}", "ᵢ", "_{i}", "ₙ", "_{n}")

// script finds raised and lowered text. Braces do not nest.
var script = regexp.MustCompile(`[_^]\{[^}]*\}`)

// parse splits a text into runs.
func parse(text string) []run {
	text = minus.ReplaceAllString(substitutes.Replace(text), "$1−$2")
	var runs []run
	last := 0
	for _, at := range script.FindAllStringIndex(text, -1) {
		runs = plain(runs, text[last:at[0]], 0)
		level := 1
		if text[at[0]] == '_' {
			level = -1
		}
		runs = plain(runs, text[at[0]+2:at[1]-1], level)
		last = at[1]
	}
	return plain(runs, text[last:], 0)
}

// plain appends the runs of a text of one level.
func plain(runs []run, text string, level int) []run {
	add := func(s string, k kind) {
		if s != "" {
			runs = append(runs, run{s, level, k})
		}
	}
	last := 0
	for _, at := range special.FindAllStringIndex(text, -1) {
		add(text[last:at[0]], upright)
		if found := text[at[0]:at[1]]; found == "∇" {
			add("∆", flipped)
		} else {
			add(found, accent)
		}
		last = at[1]
	}
	add(text[last:], upright)
	return runs
}

// checkText returns an error for the first sign that the font cannot draw.
func checkText(texts ...string) error {
	for _, t := range texts {
		for _, run := range parse(t) {
			for _, r := range run.text {
				if !hasGlyph(r) {
					return fmt.Errorf("figure: the font has no sign %q, needed by %q", r, t)
				}
			}
		}
	}
	return nil
}

// at is the style of a run: raised and lowered text is smaller.
func (r run) at(s style) style {
	if r.level != 0 {
		s.size = math.Round(0.75 * s.size)
	}
	return s
}

// width measures a text in logical pixels.
func (f *faces) width(text string, s style) float64 {
	var w fixed.Int26_6
	for _, r := range parse(text) {
		if r.kind == accent {
			r.text = string([]rune(r.text)[:1])
		}
		w += font.MeasureString(f.of(r.at(s)), r.text)
	}
	return float64(w) / 64 / float64(f.zoom)
}

// draw writes a text with its baseline starting at (x, y), in logical pixels.
func (f *faces) draw(img draw.Image, text string, s style, x, y float64, c color.Color) {
	zoom := float64(f.zoom)
	d := font.Drawer{Dst: img, Src: image.NewUniform(c)}
	d.Dot.X = fixed.Int26_6(math.Round(x * zoom * 64))
	for _, r := range parse(text) {
		lift := [...]float64{-0.18, 0, 0.38}[r.level+1] * s.size
		d.Face = f.of(r.at(s))
		d.Dot.Y = fixed.I(int(math.Round((y - lift) * zoom)))
		switch r.kind {
		case flipped:
			drawFlipped(&d, r.text)
		case accent:
			drawAccent(&d, r.text)
		default:
			d.DrawString(r.text)
		}
	}
}

// drawAccent draws a sign and centers its accent over it.
func drawAccent(d *font.Drawer, text string) {
	signs := []rune(text)
	under, _ := d.BoundString(string(signs[0]))
	d.DrawString(string(signs[0]))
	end := d.Dot.X
	over, _ := d.BoundString(string(signs[1]))
	d.Dot.X += (under.Min.X + under.Max.X - over.Min.X - over.Max.X) / 2
	d.DrawString(string(signs[1]))
	d.Dot.X = end
}

// drawFlipped draws a text upside down between its baseline and its top.
func drawFlipped(d *font.Drawer, text string) {
	box, advance := d.BoundString(text)
	r := image.Rect(box.Min.X.Floor(), box.Min.Y.Floor(), box.Max.X.Ceil(), box.Max.Y.Ceil())
	mask := image.NewAlpha(r)
	level := font.Drawer{Dst: mask, Src: image.Opaque, Face: d.Face, Dot: d.Dot}
	level.DrawString(text)
	flip := image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(flip.Pix[flip.PixOffset(r.Min.X, y):][:r.Dx()], mask.Pix[mask.PixOffset(r.Min.X, r.Max.Y-1-y+r.Min.Y):])
	}
	draw.DrawMask(d.Dst, r, d.Src, image.Point{}, flip, r.Min, draw.Over)
	d.Dot.X += advance
}

// drawUp writes a text that reads upwards, centered at (x, y): x is its baseline, in logical pixels.
func (f *faces) drawUp(img draw.Image, text string, s style, x, y, room float64, c color.Color) {
	z := f.zoom
	s = f.shrink(text, s, room)
	w, h := int(math.Ceil(f.width(text, s)))+2, int(2*s.size)
	level := image.NewAlpha(image.Rect(0, 0, w*z, h*z))
	f.draw(level, text, s, 1, 1.4*s.size, color.Opaque)
	up := image.NewAlpha(image.Rect(0, 0, h*z, w*z))
	for j := range h * z {
		for i := range w * z {
			up.Pix[up.PixOffset(j, w*z-1-i)] = level.Pix[level.PixOffset(i, j)]
		}
	}
	at := image.Pt(int(math.Round((x-1.4*s.size)*float64(z))), int(math.Round((y-float64(w)/2)*float64(z))))
	draw.DrawMask(img, up.Bounds().Add(at), image.NewUniform(c), image.Point{}, up, image.Point{}, draw.Over)
}

// shrink is the style in which a text fits its room.
func (f *faces) shrink(text string, s style, room float64) style {
	for s.size > sizeLeast && f.width(text, s) > room {
		s.size--
	}
	return s
}
