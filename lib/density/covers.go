package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
)

// gridTolerance is the allowed error of the total mass on a grid. A mass of 1e-8 lies beyond 5.7 standard deviations
// of a Gaussian. It is also close to 2 exp(-2 pi^2), the error of a sum whose spacing is one standard deviation.
const gridTolerance = 1e-8

// checkMass returns an error if the integral of a density is not 1.
func checkMass(mass, tol float64) error {
	if !(math.Abs(mass-1) <= tol) {
		return fmt.Errorf("the integral of the density is %.12g, not 1 to within %.2g; widen the box or use more "+
			"points",
			mass, tol)
	}
	return nil
}

// CheckSum returns an error unless density times cell adds up to 1 over a grid. Every sum over a fixed box needs this
// check, because a box that is too small or a grid that is too coarse gives a wrong number silently.
func CheckSum(what string, density []float64, cell float64) error {
	mass := 0.
	for _, p := range density {
		mass += p * cell
	}
	if err := checkMass(mass, gridTolerance); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// CheckOnGrid is CheckSum for a distribution, noised along p to each of the times, on the points [n, d] of a grid.
func CheckOnGrid(b compute.Backend, target Target, p diffusion.Process, points *tensors.Tensor, cell float64,
	times ...float64) error {
	exec, err := exec.New(b, func(x, t *Node) *Node { return Exp(target.Model(p).LogDensity(x, t)) })
	if err != nil {
		return err
	}
	defer exec.Finalize()
	for _, t := range times {
		out, err := exec.Call1(points, t)
		if err != nil {
			return fmt.Errorf("density of %s at t = %g: %w", target.Name(), t, err)
		}
		density, err := tensors.CopyFlatData[float64](out)
		if err != nil {
			return err
		}
		if err := CheckSum(fmt.Sprintf("sum over %s at t = %g", target.Name(), t), density, cell); err != nil {
			return err
		}
	}
	return nil
}
