package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/exec"
)

// LinearBetas returns n equally spaced betas from lo to hi: 1e-4 .. 0.02 with n = 1000 in DDPM (Ho et al. 2020, section
// 4). NewTable reports an empty list and values outside (0, 1).
func LinearBetas(lo, hi float64, n int) []float64 {
	betas := make([]float64, max(n, 0))
	for i := range betas {
		w := 0.0
		if n > 1 {
			w = float64(i) / float64(n-1)
		}
		betas[i] = lo*(1-w) + hi*w
	}
	return betas
}

// ScaledLinearBetas returns n betas whose square roots are equally spaced: 0.00085 .. 0.012 with n = 1000 in Stable
// Diffusion (Rombach et al. 2022).
func ScaledLinearBetas(lo, hi float64, n int) []float64 {
	betas := LinearBetas(math.Sqrt(lo), math.Sqrt(hi), n)
	for i, root := range betas {
		betas[i] = root * root
	}
	return betas
}

// SigmoidBetas returns n betas that rise from about lo to about hi along a logistic curve (Xu et al. 2022, GeoDiff).
func SigmoidBetas(lo, hi float64, n int) []float64 {
	betas := LinearBetas(-sigmoidReach, sigmoidReach, n)
	for i, u := range betas {
		betas[i] = lo + (hi-lo)*logistic(u)
	}
	return betas
}

// Tabulate returns the n betas of the chain whose alpha-bar is that of a schedule at the times 1/n, 2/n .. 1. Betas are
// limited to maxBeta: 0.999 where alpha-bar reaches 0 (Nichol and Dhariwal 2021, section 3.2), or 1 for no limit.
func Tabulate(b compute.Backend, s Schedule, n int, maxBeta float64) ([]float64, error) {
	if err := checkProcess(VP{s}); err != nil {
		return nil, err
	}
	if !positive(maxBeta) {
		return nil, fmt.Errorf("betas cut at %g; give a number up to 1, which cuts none", maxBeta)
	}
	times, err := Uniform(0, 1, n)
	if err != nil {
		return nil, err
	}
	out, err := exec.Evaluate(b, func(in []*Node) []*Node {
		_, integral := s.Rate(in[0])
		return []*Node{integral}
	}, times)
	if err != nil {
		return nil, err
	}
	sums := out[0]
	betas := make([]float64, n)
	for i := range betas {
		betas[i] = min(-math.Expm1(sums[i]-sums[i+1]), maxBeta)
	}
	return betas, nil
}

func logistic(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
