package diffusion

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// AssumedSD are the standard deviations of the data for which the heads, scorers and weights of the objectives that
// drew from this source were made: to compare with those of the data. Heads of one's own, and Unscaled ones, assume
// nothing.
func (r *Random) AssumedSD() []float64 { return slices.Clone(r.assumed) }

// noting is a process whose coefficients note in r what heads assume.
type noting struct {
	Process
	r *Random
}

// At implements Process.
func (p noting) At(t *Node) Coeffs {
	c := p.Process.At(t)
	c.assumed = func(sd float64) {
		if !slices.Contains(p.r.assumed, sd) {
			p.r.assumed = append(p.r.assumed, sd)
		}
	}
	return c
}

// assume notes that the data should have this standard deviation.
func (c Coeffs) assume(sd float64) {
	if c.assumed != nil {
		c.assumed(sd)
	}
}
