package figure

import (
	"image"
	"image/color"
	"image/draw"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// pen draws layers into the data area of a panel, which clips them. Its lengths are logical pixels. Its points come
// from at, with y upwards as in vg.
type pen struct {
	x, y    scale
	w, h    float64 // size of the data area
	zoom    int     // device pixels per logical pixel
	canvas  *vgimg.Canvas
	img     *image.RGBA // what canvas draws to
	text    *faces
	color   Color // of the current layer, never automatic
	sprites map[float64]*sprite
}

func newPen(x, y scale, w, h int, text *faces) *pen {
	// At 72 dots per inch a vg.Length of 1 is a pixel.
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(w), vg.Length(h)), vgimg.UseDPI(72*text.zoom))
	return &pen{x: x, y: y, w: float64(w), h: float64(h), zoom: text.zoom, canvas: c, img: c.Image().(*image.RGBA),
		text: text, sprites: map[float64]*sprite{}}
}

// at is the position of a data point.
func (p *pen) at(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(p.x.norm(x) * p.w), Y: vg.Length(p.y.norm(y) * p.h)}
}

// polyline is the path through data points.
func (p *pen) polyline(x, y []float64) vg.Path {
	path := make(vg.Path, 0, len(x))
	for i := range x {
		path = append(path, vg.PathComp{Type: vg.LineComp, Pos: p.clamp(p.at(x[i], y[i]))})
	}
	path[0].Type = vg.MoveComp
	return path
}

// far is the range of the rasterizer's fixed-point numbers, in pixels.
const far = 8000

// clamp keeps points within the range of the rasterizer.
func (p *pen) clamp(q vg.Point) vg.Point {
	q.X = max(-far, min(far, q.X))
	q.Y = max(-far, min(far, q.Y))
	return q
}

func (p *pen) stroke(path vg.Path, c color.Color, width float64, dashed bool) {
	p.canvas.SetColor(c)
	p.canvas.SetLineWidth(vg.Length(min(width, far)))
	var dashes []vg.Length
	if dashed {
		dashes = []vg.Length{6, 4}
	}
	p.canvas.SetLineDash(dashes, 0)
	p.canvas.Stroke(path)
}

func (p *pen) fill(path vg.Path, c color.Color) {
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// dot draws a disc from a sprite.
func (p *pen) dot(q vg.Point, diameter float64, c color.Color) {
	diameter = min(diameter, 2*max(p.w, p.h)) // a larger one would only cost memory
	s := p.sprites[diameter]
	if s == nil {
		s = newSprite(diameter * float64(p.zoom))
		p.sprites[diameter] = s
	}
	z := float64(p.zoom)
	s.press(p.img, float64(q.X)*z, (p.h-float64(q.Y))*z, c)
}

// fillRect fills a rectangle of logical pixels, without blurred edges.
func fillRect(img draw.Image, zoom int, x0, y0, x1, y1 float64, c color.Color) {
	z := float64(zoom)
	r := image.Rect(int(x0*z+0.5), int(y0*z+0.5), int(x1*z+0.5), int(y1*z+0.5))
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Over)
}
