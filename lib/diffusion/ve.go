package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// VE is the variance-exploding process: alpha = 1 and sigma grows geometrically from SigmaMin at t = 0 to SigmaMax at t
// = 1 (Song et al. 2021, equation 30). At t = 0 the data already has noise of standard deviation SigmaMin. The zero
// value is sigma = 0.01 .. 50, for data of unit scale.
type VE struct{ SigmaMin, SigmaMax float64 }

// At implements Process.
func (p VE) At(t *Node) Coeffs {
	p = p.orDefault()
	growth := math.Log(p.SigmaMax / p.SigmaMin)
	sigma := MulScalar(Exp(MulScalar(t, growth)), p.SigmaMin)
	return Coeffs{
		Alpha:  OnesLike(t),
		Sigma:  sigma,
		DAlpha: ZerosLike(t),
		DVar:   MulScalar(Square(sigma), 2*growth),
	}
}

// TimeOf implements Inverter.
func (p VE) TimeOf(level *Node) *Node {
	p = p.orDefault()
	return MulScalar(Log(MulScalar(level, 1/p.SigmaMin)), 1/math.Log(p.SigmaMax/p.SigmaMin))
}

// Horizon implements Process.
func (VE) Horizon() (tMin, tMax float64) { return 0, 1 }

// Validate implements Process.
func (p VE) Validate() error {
	p = p.orDefault()
	if !(0 < p.SigmaMin && p.SigmaMin < p.SigmaMax && finite(p.SigmaMax/p.SigmaMin)) {
		return fmt.Errorf("VE: sigma runs from %g to %g; give 0 < SigmaMin < SigmaMax", p.SigmaMin, p.SigmaMax)
	}
	return nil
}

func (p VE) orDefault() VE {
	if p == (VE{}) {
		return VE{SigmaMin: 0.01, SigmaMax: 50}
	}
	return p
}
