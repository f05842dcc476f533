package langevin

import (
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// twoModesTime is the time by which the other experiments have converged.
const twoModesTime = 20

// twoModes are the dynamics on .5 N(-m, 1) + .5 N(m, 1), for a range of m.
type twoModes struct {
	m, gap []float64
	line   fokkerplanck.Line
	// From N(m, 1), to twoModesTime: target and density for m = 2 and 6.
	target, density [2][]float64
}

// twoModesGap is the asymptotic spectral gap for modes far apart. One slow mode moves mass between them, against the
// resistance int dx/q of the saddle: gap = 4 / int dx/q. Laplace's expansion at the saddle, where q is proportional
// to cosh(mx) exp(-x^2/2), gives the factors.
func twoModesGap(m float64) float64 {
	u := math.Pi * math.Pi / (4 * m * m) // the variance of x under 1/cosh(mx)
	return 4 * m * math.Exp(-m*m/2) / (math.Pi * math.Sqrt(2*math.Pi)) / (1 + u/2 + 5*u*u/8)
}

// separatedModes measures how the relaxation time grows with the distance of two modes.
func separatedModes(l *suite.Lab, r *suite.Report) (twoModes, error) {
	pairs := twoModes{line: fokkerplanck.Line{Lo: -11, Hi: 11, N: 1101}}
	table := suite.Table{Name: "separated", Caption: "Two unit modes at +-m: the measured spectral gap, and its " +
		"asymptotic law for modes far apart", Header: []string{"m", "gap", "law"}}
	for m := 1.; m <= 6; m += .5 {
		g, q, err := pairs.generator(l, m)
		if err != nil {
			return pairs, err
		}
		modes, err := g.Spectrum(2)
		if err != nil {
			return pairs, err
		}
		gap := modes[1].Rate
		pairs.m, pairs.gap = append(pairs.m, m), append(pairs.gap, gap)
		table.Rows = append(table.Rows, []any{m, gap, twoModesGap(m)})
		switch m {
		case 2:
			pairs.target[0] = q
			pairs.density[0], err = pairs.fromOneMode(l, g, m)
		case 6:
			pairs.target[1] = q
			if pairs.density[1], err = pairs.fromOneMode(l, g, m); err == nil {
				err = pairs.farApart(r, g, m, gap)
			}
		}
		if err != nil {
			return pairs, err
		}
	}
	r.Tables = append(r.Tables, table)
	return pairs, nil
}

// generator is that of Langevin dynamics for modes at +-m, with its target.
func (pairs twoModes) generator(l *suite.Lab, m float64) (*fokkerplanck.Generator, []float64, error) {
	component := func(mean float64) density.Component {
		return density.Component{Weight: .5, Mean: []float64{mean}, Cov: [][]float64{{1}}}
	}
	target, err := density.NewMixture("pair", component(-m), component(m))
	if err != nil {
		return nil, nil, err
	}
	return kit.LangevinLine(l, target, pairs.line)
}

// fromOneMode is the density at twoModesTime from a start in the right mode.
func (pairs twoModes) fromOneMode(l *suite.Lab, g *fokkerplanck.Generator, m float64) ([]float64, error) {
	p, err := kit.LineDensity(l, kit.Normal([]float64{m}, 1), pairs.line)
	if err != nil {
		return nil, err
	}
	step, err := g.Stepper(fokkerplanck.BackwardEuler, relaxStep)
	if err != nil {
		return nil, err
	}
	return p, step.Advance(p, twoModesTime/relaxStep)
}

// farApart checks m = 6: the target is stationary, but the dynamics are far from it at twoModesTime.
func (pairs twoModes) farApart(r *suite.Report, g *fokkerplanck.Generator, m, gap float64) error {
	kl, err := fokkerplanck.KL(g, pairs.density[1], pairs.target[1])
	if err != nil {
		return err
	}
	change, err := g.Apply(pairs.target[1])
	if err != nil {
		return err
	}
	r.Add(
		suite.Below{Claim: claims.D001Stationarity, Metric: "largest |dp/dt| at p = the target, modes at +-6",
			Got: kit.LargestAbs(change), Bound: 1e-10, Why: "rounding in float64 of fluxes of 1,000"},
		suite.Equals{Claim: claims.D001Stationarity, Metric: "KL(p_t, p) at t = 20, modes at +-6, started in " +
			"one; the target is as stationary as any", Got: kl, Want: math.Ln2, Tol: 1e-5,
			Why: "KL is log 2 when half of the mass is missing. By then 4e-7 has crossed, which changes KL by " +
				"4e-7 log(1/4e-7)", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D004LangevinConvergence, Metric: "relaxation time 1/gap, modes at +-6",
			Got: 1 / gap, Want: 1 / twoModesGap(m), Tol: .005 / twoModesGap(m),
			Why:   "the next term of Laplace's expansion, 61 u^3/48 with u = (pi/2m)^2 = 0.07, and cells of 0.02",
			Shows: suite.Qualified})
	return nil
}
