package figure

import (
	"fmt"
	"math"
)

// column is a named slice of a layer, so that one function can check them all.
type column struct {
	name string
	v    []float64
}

// checkColumns reports the first fault: no data, unequal lengths, NaN or an infinity.
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
		}
	}
	return nil
}

// checkOrder reports the first interval that is upside down.
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
