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

// latticeTolerance is how much of the mass may be missing or too much on a lattice: 1e-8 lies beyond 5.7 standard
// deviations of a Gaussian, and is what its sum is off by where the spacing is a standard deviation, 2 exp(-2 pi^2).
const latticeTolerance = 1e-8

// checkMass reports the integral of a density that is not 1.
func checkMass(mass, tol float64) error {
	if !(math.Abs(mass-1) <= tol) {
		return fmt.Errorf("the integral of the density is %.12g, not 1 to within %.2g; widen the box or use more "+
			"points",
			mass, tol)
	}
	return nil
}

// CheckSum returns an error unless density times cell adds up to 1 over a lattice. Every sum over a box of fixed size
// needs it: a wrong box is then an error, not a wrong number.
func CheckSum(what string, density []float64, cell float64) error {
	mass := 0.
	for _, p := range density {
		mass += p * cell
	}
	if err := checkMass(mass, latticeTolerance); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// CheckOnGrid is CheckSum for a distribution, noised along p to each of the times, on the points of a lattice.
func CheckOnGrid(b compute.Backend, law Target, p diffusion.Process, lattice *tensors.Tensor, cell float64,
	times ...float64) error {
	exec, err := exec.New(b, func(x, t *Node) *Node { return Exp(law.Model(p).LogDensity(x, t)) })
	if err != nil {
		return err
	}
	defer exec.Finalize()
	for _, t := range times {
		out, err := exec.Call1(lattice, t)
		if err != nil {
			return fmt.Errorf("density of %s at t = %g: %w", law.Name(), t, err)
		}
		density, err := tensors.CopyFlatData[float64](out)
		if err != nil {
			return err
		}
		if err := CheckSum(fmt.Sprintf("sum over %s at t = %g", law.Name(), t), density, cell); err != nil {
			return err
		}
	}
	return nil
}
