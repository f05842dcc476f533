package langevin

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// processOrder solves one equation, that of dx = f(t) x dt + g(t) dB, for every forward process. It starts from a
// little noise on G1 and ends where noise and signal are equal.
func processOrder(l *suite.Lab, r *suite.Report) error {
	for _, spec := range diffusion.Processes {
		end, err := evenTime(l, spec.Process)
		if err != nil {
			return err
		}
		var errs []float64
		for _, n := range []int{401, 801} {
			gap, err := processError(l, spec.Process, n, end/4, end)
			if err != nil {
				return fmt.Errorf("%s: %w", spec.Name, err)
			}
			errs = append(errs, gap)
		}
		r.Add(suite.Equals{Claim: claims.D000FokkerPlanck, Metric: fmt.Sprintf("order of the L1 error to the exact "+
			"law of %s at as much noise as signal, 401 to 801 cells", spec.Name),
			Got: math.Log2(errs[0] / errs[1]), Want: 2, Tol: .05,
			Why: "theory of the scheme, with drift and diffusion read at the middle of each step"})
	}
	return nil
}

// evenTime is the time at which noise equals signal: sigma = alpha.
func evenTime(l *suite.Lab, p diffusion.Process) (float64, error) {
	lo, hi := p.Horizon()
	grid, err := diffusion.Uniform(lo, hi, 10_000)
	if err != nil {
		return 0, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		c := p.At(in[0])
		return []*Node{Sub(c.Sigma, c.Alpha)}
	}, grid)
	if err != nil {
		return 0, err
	}
	for k, v := range out[0] {
		if v >= 0 {
			return grid[k], nil
		}
	}
	return 0, fmt.Errorf("the noise never reaches the signal")
}

// processError is the L1 error on n cells of [-8, 8] after n - 1 steps of Crank-Nicolson.
func processError(l *suite.Lab, p diffusion.Process, n int, from, to float64) (float64, error) {
	line, dt := fokkerplanck.Line{Lo: -8, Hi: 8, N: n}, (to-from)/float64(n-1)
	middles := make([]float64, n-1)
	for k := range middles {
		middles[k] = from + (float64(k)+.5)*dt
	}
	rates, err := kit.Evaluate(l, func(in []*Node) []*Node {
		c := p.At(in[0])
		f, g2 := c.Rates()
		zero := ZerosLike(in[0])
		return []*Node{Add(f, zero), Add(g2, zero)}
	}, middles)
	if err != nil {
		return 0, err
	}
	densities, err := kit.LineDensities(l, density.Bimodal(), p, line, from, to)
	if err != nil {
		return 0, err
	}
	solution, exact := densities[0], densities[1]
	for k := range middles {
		f, g2 := rates[0][k], rates[1][k]
		g, err := fokkerplanck.FromDrift(line, func(x float64) float64 { return f * x }, g2/2)
		if err != nil {
			return 0, err
		}
		step, err := g.Stepper(fokkerplanck.CrankNicolson, dt)
		if err != nil {
			return 0, err
		}
		if err := step.Advance(solution, 1); err != nil {
			return 0, err
		}
	}
	return fokkerplanck.L1(line, solution, exact)
}
