package figure

import (
	"fmt"
	"math"
)

// Axis is one direction of a panel. Min == Max fits the range to the data with a margin. Panels of an animation should
// set both. Two numbers closer than 1e-12 of their size count as equal. Log makes the axis logarithmic.
type Axis struct {
	Label    string
	Min, Max float64
	Log      bool
	Hide     bool // draw no ticks and no numbers
}

// scale maps data to [0, 1]: linear in x, or in its logarithm.
type scale struct {
	lo, hi float64
	log    bool
}

// fixed reports whether the axis has a given range.
func (a Axis) fixed() bool { return !same(a.Min, a.Max) }

// fit returns the given range of the axis, or else that of the data with a margin of 4 %. tight omits the margin, for
// fields that fill the panel.
func (a Axis) fit(name string, data span, tight bool) (scale, error) {
	s := scale{a.Min, a.Max, a.Log}
	if !a.fixed() {
		if !data.any {
			return s, fmt.Errorf("figure: the %s axis has no range and no data", name)
		}
		s.lo, s.hi = data.lo, data.hi
	}
	if a.Log && s.lo <= 0 {
		return s, fmt.Errorf("figure: the logarithmic %s axis starts at %v, which is not positive", name, s.lo)
	}
	if a.Log && data.any && data.lo <= 0 {
		return s, fmt.Errorf("figure: the logarithmic %s axis has data at %v, which is not positive", name, data.lo)
	}
	if math.IsNaN(s.lo) || math.IsNaN(s.hi) || math.IsInf(s.lo, 0) || math.IsInf(s.hi, 0) || s.lo > s.hi {
		return s, fmt.Errorf("figure: the %s axis runs from %v to %v", name, s.lo, s.hi)
	}
	if s.lo < -greatest || s.hi > greatest || a.Log && s.lo < least {
		return s, fmt.Errorf("figure: the %s axis runs from %v to %v, beyond what can be drawn: "+
			"divide the numbers by their size", name, s.lo, s.hi)
	}
	if a.fixed() {
		return s, nil
	}
	return s.widen(tight), nil
}

// widen adds the margin; a single number gets some room on both sides.
func (s scale) widen(tight bool) scale {
	one := same(s.lo, s.hi)
	if one {
		s.lo += (s.hi - s.lo) / 2
		s.hi = s.lo
	}
	lo, hi := s.to(s.lo), s.to(s.hi)
	pad := 0.04 * (hi - lo)
	switch {
	case one && s.log:
		pad = 0.5
	case one && math.Abs(lo) < least:
		pad = 1
	case one:
		pad = 0.5 * math.Abs(lo)
	case tight:
		return s
	}
	return scale{s.from(lo - pad), s.from(hi + pad), s.log}
}

func (s scale) to(v float64) float64 {
	if s.log {
		return math.Log10(math.Max(v, 0)) // -Inf, below the axis, where there is no logarithm
	}
	return v
}

func (s scale) from(u float64) float64 {
	if s.log {
		const decades = 307 // of a float64, on either side of 1
		return math.Pow(10, math.Max(-decades, math.Min(decades, u)))
	}
	return u
}

// norm is the position of v: 0 at the low end, 1 at the high end.
func (s scale) norm(v float64) float64 {
	lo := s.to(s.lo)
	return (s.to(v) - lo) / (s.to(s.hi) - lo)
}

// value is the inverse of norm.
func (s scale) value(p float64) float64 {
	lo := s.to(s.lo)
	return s.from(lo + p*(s.to(s.hi)-lo))
}
