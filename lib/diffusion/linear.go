package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Linear is the path of flow matching and rectified flow, x_t = (1-t) x0 + t eps (Lipman et al. 2023; Liu et al. 2023,
// with time in this package's direction). Its f and g^2 are infinite at t = 1, where alpha = 0, so Horizon ends before.
type Linear struct{}

// At implements Process.
func (Linear) At(t *Node) Coeffs {
	return Coeffs{
		Alpha:  OneMinus(t),
		Sigma:  t,
		DAlpha: Neg(OnesLike(t)),
		DVar:   MulScalar(t, 2),
	}
}

// TimeOf implements Inverter: sigma/alpha = t/(1-t).
func (Linear) TimeOf(level *Node) *Node { return Div(level, OnePlus(level)) }

// Horizon implements Process.
func (Linear) Horizon() (tMin, tMax float64) { return 1e-3, 1 - 1e-3 }

// Validate implements Process.
func (Linear) Validate() error { return nil }
