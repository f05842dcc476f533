package density

import (
	"fmt"
	"math"
	"slices"
)

// box is a cell of a quadrature: center +- half along each axis.
type box struct{ center, half []float64 }

// maxBoxes bounds a quadrature's memory and time: 2^14 boxes in the plane are 3.7 million points.
const maxBoxes = 1 << 14

// boxSide is the longest side of an initial box, in grains. At this size Kronrod's rule is exact to rounding on a
// Gaussian times a polynomial. Boxes are split again where components overlap and scores turn faster.
const boxSide = 1.5

// whole is the box that holds the mass.
func (s Support) whole() box {
	b := box{make([]float64, len(s.Lo)), make([]float64, len(s.Lo))}
	for i := range s.Lo {
		b.half[i] = (s.Hi[i] - s.Lo[i]) / 2
		b.center[i] = s.Lo[i] + b.half[i]
	}
	return b
}

// boxes covers the support by halving one box around everything, until no box is longer than boxSide local grains.
func (s Support) boxes() ([]box, error) {
	root := s.whole()
	if err := s.resolvable(root); err != nil {
		return nil, err
	}
	for i, g := range s.Grain(root.center, root.half) {
		// The side is rounded up to a power of two of the finest grain, so that the smallest boxes match it.
		root.half[i] = boxSide * g / 2 * math.Exp2(math.Ceil(math.Log2(2*root.half[i]/(boxSide*g))))
	}
	var cover []box
	for open := []box{root}; len(open) > 0; {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		grain := s.Grain(last.center, last.half)
		if grain == nil {
			continue
		}
		parts := []box{last}
		for i, g := range grain {
			const slack = 1 + 1e-9 // room for the rounding of repeated halving
			if 2*last.half[i] > slack*boxSide*g {
				parts = halved(parts, i)
			}
		}
		if len(parts) > 1 {
			open = append(open, parts...)
			continue
		}
		if cover = append(cover, last); len(cover) > maxBoxes {
			return nil, fmt.Errorf("the density varies over %.3g within an extent of %.3g, which needs more than %d "+
				"boxes; "+
				"use a time with more noise", slices.Min(grain), 2*slices.Max(root.half), maxBoxes)
		}
	}
	return cover, nil
}

// resolvable returns an error for a distribution that no box resolves in float64.
func (s Support) resolvable(root box) error {
	grain := s.Grain(root.center, root.half)
	for i, g := range grain {
		if !(g > 0) || math.IsInf(g, 0) {
			return fmt.Errorf("the distribution has no density at this time; use a time with noise")
		}
		if far := math.Max(math.Abs(s.Lo[i]), math.Abs(s.Hi[i])); !(far*epsilon < g/1000) {
			return fmt.Errorf("the density varies over %.3g at %.3g, where float64 has too few digits for it; "+
				"shift the "+
				"distribution toward 0", g, far)
		}
	}
	if grain == nil { // nil only if the ends of the box are not numbers
		return fmt.Errorf("the distribution has no mass between %v and %v", s.Lo, s.Hi)
	}
	return nil
}

// epsilon is the spacing of float64 at 1.
const epsilon = 0x1p-52

// rounding is the relative error of a density from the rounding of the points where it is evaluated. The bound uses the
// logarithmic derivative, which is below reach/grain within reach standard deviations.
func (s Support) rounding() float64 {
	worst, root := 0., s.whole()
	for i, g := range s.Grain(root.center, root.half) {
		worst = math.Max(worst, epsilon*reach*math.Max(math.Abs(s.Lo[i]), math.Abs(s.Hi[i]))/g)
	}
	return worst
}

// halved splits each box in two across an axis.
func halved(boxes []box, axis int) []box {
	var parts []box
	for _, b := range boxes {
		for _, side := range []float64{-1, 1} {
			p := box{append([]float64(nil), b.center...), append([]float64(nil), b.half...)}
			p.half[axis] /= 2
			p.center[axis] += side * p.half[axis]
			parts = append(parts, p)
		}
	}
	return parts
}
