package langevin

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// adjusted measures the Metropolis-adjusted chain, whose stationary distribution is the target at every step length.
func adjusted(l *suite.Lab, r *suite.Report) error {
	const delta = .05
	table := suite.Table{Name: "adjusted", Caption: "Metropolis-adjusted chains on N(0, v) with steps of delta = " +
		"0.05: the variance is v, without the bias of the unadjusted chain",
		Header: []string{"v", "variance", "lo", "hi", "unadjusted", "acceptance", "lo", "hi", "exact acceptance"}}
	for _, v := range []float64{.1, 1.9} {
		end, err := settle(l, diffusion.MALA{}, "adjusted chains", v, delta)
		if err != nil {
			return err
		}
		variance, err := metrics.Variance(kit.Points(end.X).X)
		if err != nil {
			return err
		}
		shares, err := diffusion.Accepted(end)
		if err != nil {
			return err
		}
		acceptance, err := metrics.Mean(shares)
		if err != nil {
			return err
		}
		exact := acceptanceOf(v, delta)
		what := fmt.Sprintf("v = %g, delta = %g", v, delta)
		r.Add(
			suite.Near{Claim: claims.D001LangevinConverges, Metric: "variance of Metropolis-adjusted chains, " + what,
				Got: variance, Want: v, Why: kit.WhySE + "; no bias at any step"},
			suite.Near{Claim: claims.D001LangevinConverges, Metric: "share of proposals accepted, " + what,
				Got: acceptance, Want: exact, Why: kit.WhySE + "; exact by quadrature over state and proposal"})
		table.Rows = append(table.Rows, []any{v, variance.Center, variance.Lo, variance.Hi, v / (1 - delta/(2*v)),
			acceptance.Center, acceptance.Lo, acceptance.Hi, exact})
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// acceptanceOf is E min(1, ratio), the share of Langevin proposals that a Metropolis test accepts, on N(0, v) at
// stationarity. It is a trapezoidal rule over 9 standard deviations of state and noise. The logarithm of the ratio
// is delta (x^2 - y^2)/(4 v^2) for a proposal from x to y.
func acceptanceOf(v, delta float64) float64 {
	const n, reach = 1201, 9.
	h := 2 * reach / (n - 1)
	sum := 0.
	for i := range n {
		a := -reach + h*float64(i)
		x := math.Sqrt(v) * a
		for j := range n {
			b := -reach + h*float64(j)
			y := x*(1-delta/v) + math.Sqrt(2*delta)*b
			sum += math.Exp(-(a*a+b*b)/2) * math.Min(1, math.Exp(delta*(x*x-y*y)/(4*v*v)))
		}
	}
	return sum * h * h / (2 * math.Pi)
}
