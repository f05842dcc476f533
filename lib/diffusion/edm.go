package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// EDM is the path x_t = x0 + t eps of Karras et al. 2022: time is the noise level itself. Its probability flow is
// nearly straight at both ends, and its usual grid is Karras(7).
type EDM struct{}

// At implements Process.
func (EDM) At(t *Node) Coeffs {
	return Coeffs{
		Alpha:  OnesLike(t),
		Sigma:  t,
		DAlpha: ZerosLike(t),
		DVar:   MulScalar(t, 2),
	}
}

// TimeOf implements Inverter.
func (EDM) TimeOf(level *Node) *Node { return level }

// Horizon implements Process. It gives sigma_min and sigma_max of Karras et al. 2022, table 1, for data of standard
// deviation 0.5.
func (EDM) Horizon() (tMin, tMax float64) { return 0.002, 80 }

// Validate implements Process.
func (EDM) Validate() error { return nil }
