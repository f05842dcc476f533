package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// noting is a process whose coefficients record in r what heads assume about the data.
type noting struct {
	Process
	r *random.Source
}

// At implements Process.
func (p noting) At(t *Node) Coeffs {
	c := p.Process.At(t)
	c.assumed = p.r.Assume
	return c
}

// assume records that a head was made for data of this standard deviation.
func (c Coeffs) assume(sd float64) {
	if c.assumed != nil {
		c.assumed(sd)
	}
}
