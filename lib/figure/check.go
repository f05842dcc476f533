package figure

import (
	"fmt"
	"math"
)

// Bounds of numbers that can be drawn. They leave room in float64 for margins, sums and squares of pixels.
const (
	greatest   = 1e300  // of a number
	least      = 1e-300 // of a spread, and of a number on a logarithmic axis
	resolution = 1e-12  // of a spread, relative to the greater number: closer numbers count as equal
)

// same reports whether two numbers are equal up to rounding. NaN and infinities equal nothing.
func same(a, b float64) bool {
	size := math.Max(math.Abs(a), math.Abs(b))
	return size <= math.MaxFloat64 && math.Abs(a-b) <= math.Max(resolution*size, least)
}

// column is a named slice of a layer, so that one function can check them all.
type column struct {
	name string
	v    []float64
}

// checkColumns returns an error for the first fault: no data, unequal lengths, NaN, an infinity or a number too large
// to be drawn.
func checkColumns(layer string, columns ...column) error {
	n := len(columns[0].v)
	if n == 0 {
		return fmt.Errorf("figure: %s has no data", layer)
	}
	for _, c := range columns {
		if len(c.v) != n {
			return fmt.Errorf("figure: %s has %d %s but %d %s", layer, n, columns[0].name, len(c.v), c.name)
		}
		for i, v := range c.v {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("figure: %s has %s[%d] = %v", layer, c.name, i, v)
			}
			if math.Abs(v) > greatest {
				return fmt.Errorf("figure: %s has %s[%d] = %v, beyond %g: divide the numbers by their size",
					layer, c.name, i, v, greatest)
			}
		}
	}
	return nil
}

// checkOrder returns an error for the first interval with Lo above Hi.
func checkOrder(layer string, lo, hi []float64) error {
	for i := range lo {
		if lo[i] > hi[i] {
			return fmt.Errorf("figure: %s has Lo[%d] = %v above Hi[%d] = %v", layer, i, lo[i], i, hi[i])
		}
	}
	return nil
}

// named is the layer's kind with its label, for messages.
func named(kind, label string) string {
	if label == "" {
		return kind
	}
	return fmt.Sprintf("%s %q", kind, label)
}

// span is the closed interval of some numbers; the zero span is empty.
type span struct {
	lo, hi float64
	any    bool
}

// over returns the span of all numbers of the columns.
func over(columns ...[]float64) span {
	var s span
	for _, c := range columns {
		for _, v := range c {
			s = s.join(span{v, v, true})
		}
	}
	return s
}

func (s span) join(t span) span {
	switch {
	case !s.any:
		return t
	case !t.any:
		return s
	}
	return span{math.Min(s.lo, t.lo), math.Max(s.hi, t.hi), true}
}
