package reverse

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The bounds hold for errors that are vectors, whatever their directions, and are met when those are one.
func TestTermsBracketTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coordinate := rapid.Float64Range(-10, 10)
		var links terms
		var total [2]float64
		for k := range links {
			x, y := coordinate.Draw(t, "x"), coordinate.Draw(t, "y")
			links[k] = math.Hypot(x, y)
			total[0], total[1] = total[0]+x, total[1]+y
		}
		if got := math.Hypot(total[0], total[1]); got < links.least()-1e-12 || got > links.sum()+1e-12 {
			t.Fatalf("total %g of the terms %v is not in [%g, %g]", got, links, links.least(), links.sum())
		}
	})
	if b := (budget{links: terms{1, 7, 2, 1}, total: 11}); b.position() != 1 {
		t.Errorf("terms in one direction stand at %g", b.position())
	}
	if b := (budget{links: terms{1, 7, 2, 1}, total: 3}); b.position() != 0 {
		t.Errorf("the largest term against the others stands at %g", b.position())
	}
}
