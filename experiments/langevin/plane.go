package langevin

import (
	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// planeOrder takes the cross to t = 0.5 of the Ornstein-Uhlenbeck process on finer and finer grids.
func planeOrder(l *suite.Lab, r *suite.Report) (hs, errs []float64, err error) {
	const claim, end = claims.D000FokkerPlanck, .5
	var coarse []float64
	for _, n := range []int{61, 121, 241} {
		plane := kit.SquareGrid(n)
		g, err := fokkerplanck.PlaneFromDrift(plane, func(x, y float64) (float64, float64) { return -x, -y }, 1)
		if err != nil {
			return nil, nil, err
		}
		laws, err := kit.PlaneDensities(l, density.X2(), plane, 0, end)
		if err != nil {
			return nil, nil, err
		}
		p, exact := laws[0], laws[1]
		step, err := g.Stepper(fokkerplanck.CrankNicolson, end/float64(n-1))
		if err != nil {
			return nil, nil, err
		}
		m, err := march(plane, step, p, n-1)
		if err != nil {
			return nil, nil, err
		}
		gap, err := fokkerplanck.L1(plane, p, exact)
		if err != nil {
			return nil, nil, err
		}
		hs, errs = append(hs, plane.X.Cell()), append(errs, gap)
		if n == 241 {
			// The centres of the coarser grid are every other of the finer.
			var shared []float64
			for j := 0; j < n; j += 2 {
				for i := 0; i < n; i += 2 {
					shared = append(shared, p[j*n+i])
				}
			}
			apart, err := fokkerplanck.L1(kit.SquareGrid(121), coarse, shared)
			if err != nil {
				return nil, nil, err
			}
			r.Add(
				suite.Equals{Claim: claim, Metric: "L1 error of the noised cross at t = 0.5 on 241 x 241 cells, over " +
					"a third of the distance to 121 x 121 cells", Got: gap / (apart / 3), Want: 1, Tol: .05,
					Why: "second order: halving the cells takes 3/4 of the error away; its next term, of fourth " +
						"order, is a few percent of it"},
				suite.Below{Claim: claim, Metric: "largest change of mass on 241 x 241 cells",
					Got: m.leak, Bound: 1e-12, Why: "rounding in float64 over 240 steps"},
				suite.Equals{Claim: claim, Metric: "densities that are not positive, in all steps on 241 x 241 cells",
					Got: m.empty, Want: 0, Tol: 0,
					Why: "guaranteed: the explicit half of a step takes no more from a cell than it holds"})
		}
		coarse = p
		if err := l.Progress(.1, "the plane"); err != nil {
			return nil, nil, err
		}
	}
	slope, err := metrics.LogSlope(hs, errs)
	if err == nil {
		r.Add(suite.Equals{Claim: claim, Metric: "order of the L1 error in the plane",
			Got: slope.Center, Want: 2, Tol: .05, Why: "theory of the scheme"})
	}
	return hs, errs, err
}
