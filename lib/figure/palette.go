package figure

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"
)

// palette is the colors of an animation.
type palette []color.RGBA

// shade is a color and how many pixels have it.
type shade struct {
	c      [3]float64
	weight float64
}

func (s shade) rgba() color.RGBA { return color.RGBA{uint8(s.c[0]), uint8(s.c[1]), uint8(s.c[2]), 255} }

// choosePalette picks at most n colors for all the images. Up to five in eight are the most frequent colors, a small
// distance apart. These are the background, lines, and the levels of a heat map, close enough to show no bands. Median
// cut chooses the others for blends and soft edges. It splits the set of colors with the largest weighted variance
// until there are enough sets. Each set is represented by its most frequent color.
func choosePalette(images []*image.RGBA, n int) palette {
	all := shades(images)
	slices.SortStableFunc(all, func(a, b shade) int { return cmp.Compare(b.weight, a.weight) })
	var p palette
	if len(all) > n {
		all = p.take(all, n*5/8)
	}
	n -= len(p)
	sets, spreads := [][]shade{all}, []float64{spreadOf(all)}
	for len(sets) < n {
		at := 0
		for i, v := range spreads {
			if v > spreads[at] {
				at = i
			}
		}
		if spreads[at] <= 0 {
			break
		}
		low, high := split(sets[at])
		sets[at], spreads[at] = low, spreadOf(low)
		sets, spreads = append(sets, high), append(spreads, spreadOf(high))
	}
	for _, s := range sets {
		p = append(p, slices.MaxFunc(s, func(a, b shade) int { return cmp.Compare(a.weight, b.weight) }).rgba())
	}
	return p
}

// take moves colors into the palette, in order, until it has n. It leaves out those close to a color taken before.
func (p *palette) take(all []shade, n int) (rest []shade) {
	const close = 12 // squared distance; a step of 3 in one channel is invisible
	for i, s := range all {
		if len(*p) == n {
			return append(rest, all[i:]...)
		}
		c := s.rgba()
		if slices.ContainsFunc(*p, func(q color.RGBA) bool { return distance(c, q) < close }) {
			rest = append(rest, s)
			continue
		}
		*p = append(*p, c)
	}
	return rest
}

// distance is the squared distance of two colors.
func distance(a, b color.RGBA) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + bl*bl
}

// shades counts the colors, in ascending order.
func shades(images []*image.RGBA) []shade {
	counts := make([]map[uint32]int, len(images))
	parallel(len(images), func(i int) {
		m := map[uint32]int{}
		eachRun(images[i], func(c uint32, n int) { m[c] += n })
		counts[i] = m
	})
	total := map[uint32]int{}
	for _, m := range counts {
		for c, n := range m {
			total[c] += n
		}
	}
	all := make([]shade, 0, len(total))
	for c, n := range total {
		all = append(all, shade{[3]float64{float64(c >> 16), float64(c >> 8 & 255), float64(c & 255)}, float64(n)})
	}
	slices.SortFunc(all, func(a, b shade) int { return slices.Compare(a.c[:], b.c[:]) })
	return all
}

// eachRun calls f for every horizontal run of one color 0xRRGGBB.
func eachRun(img *image.RGBA, f func(c uint32, n int)) {
	last, n := uint32(0), 0
	for k := 0; k < len(img.Pix); k += 4 {
		c := uint32(img.Pix[k])<<16 | uint32(img.Pix[k+1])<<8 | uint32(img.Pix[k+2])
		if c != last && n > 0 {
			f(last, n)
			n = 0
		}
		last = c
		n++
	}
	f(last, n)
}

// spread returns the largest weighted sum of squares of a set along a channel, and that channel.
func spread(s []shade) (float64, int) {
	var w float64
	var sum, square [3]float64
	for _, a := range s {
		w += a.weight
		for k, v := range a.c {
			sum[k] += a.weight * v
			square[k] += a.weight * v * v
		}
	}
	best, channel := -1.0, 0
	for k := range sum {
		if v := square[k] - sum[k]*sum[k]/w; v > best+1e-9*square[k] {
			best, channel = v, k
		}
	}
	if len(s) == 1 {
		return 0, channel
	}
	return best, channel
}

func spreadOf(s []shade) float64 {
	v, _ := spread(s)
	return v
}

// split cuts a set of at least two colors at its mean along its widest channel.
func split(s []shade) (low, high []shade) {
	_, k := spread(s)
	slices.SortStableFunc(s, func(a, b shade) int { return cmp.Compare(a.c[k], b.c[k]) })
	var w, sum float64
	for _, a := range s {
		w += a.weight
		sum += a.weight * a.c[k]
	}
	cut := 1
	for cut < len(s)-1 && s[cut].c[k] <= sum/w {
		cut++
	}
	return s[:cut], s[cut:]
}

// flatten maps every pixel to the index of the nearest color.
func (p palette) flatten(img *image.RGBA) []uint8 {
	known := map[uint32]uint8{}
	out := make([]uint8, 0, len(img.Pix)/4)
	eachRun(img, func(c uint32, n int) {
		i, ok := known[c]
		if !ok {
			i = p.nearest(c)
			known[c] = i
		}
		for range n {
			out = append(out, i)
		}
	})
	return out
}

func (p palette) nearest(c uint32) uint8 {
	best, at := math.MaxInt, 0
	for i, q := range p {
		if d := distance(color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255}, q); d < best {
			best, at = d, i
		}
	}
	return uint8(at)
}
