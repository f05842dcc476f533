package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/exec"
)

// Coefficients are those of a process at the times T: its path Alpha and Sigma, and the drift F and the diffusion G2 =
// g^2 of its SDE dx = F x dt + g dB.
type Coefficients struct{ T, Alpha, Sigma, F, G2 []float64 }

// CoefficientsAt evaluates a process at the times of each grid, with one compiled graph. It returns one Coefficients
// for each grid.
func CoefficientsAt(b compute.Backend, p Process, grids ...[]float64) ([]Coefficients, error) {
	var times []float64
	for _, grid := range grids {
		times = append(times, grid...)
	}
	out, err := exec.Evaluate(b, func(in []*Node) []*Node {
		c := mustBeValid(p).At(in[0])
		f, g2 := c.Rates()
		zero := ZerosLike(in[0]) // broadcasts coefficients that are constant in t
		return []*Node{Add(c.Alpha, zero), Add(c.Sigma, zero), Add(f, zero), Add(g2, zero)}
	}, times)
	if err != nil {
		return nil, fmt.Errorf("reading a process: %w", err)
	}
	readings := make([]Coefficients, len(grids))
	for i, grid := range grids {
		r := Coefficients{T: grid}
		for k, into := range []*[]float64{&r.Alpha, &r.Sigma, &r.F, &r.G2} {
			*into, out[k] = out[k][:len(grid)], out[k][len(grid):]
		}
		readings[i] = r
	}
	return readings, nil
}

// PathAt returns alpha and sigma of a process at one time.
func PathAt(b compute.Backend, p Process, t float64) (alpha, sigma float64, err error) {
	out, err := exec.Evaluate(b, func(in []*Node) []*Node {
		c := mustBeValid(p).At(in[0])
		return []*Node{c.Alpha, c.Sigma}
	}, t)
	if err != nil {
		return 0, 0, fmt.Errorf("the path at t = %g: %w", t, err)
	}
	return out[0][0], out[1][0], nil
}

// Ratio returns the noise levels sigma/alpha at the times T.
func (r Coefficients) Ratio() []float64 {
	levels := make([]float64, len(r.T))
	for k := range levels {
		levels[k] = r.Sigma[k] / r.Alpha[k]
	}
	return levels
}

// LogSNRSpeed returns d log(alpha^2/sigma^2)/dt at the k-th time: 2 f - (sigma^2)'/sigma^2 = -g^2/sigma^2.
func (r Coefficients) LogSNRSpeed(k int) float64 { return -r.G2[k] / (r.Sigma[k] * r.Sigma[k]) }
