package langevin

import (
	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// ordered is an error err against the size h of the cells.
type ordered struct{ h, err []float64 }

// planeSolution is the cross at t = 0.5 of the Ornstein-Uhlenbeck process, on n x n cells.
type planeSolution struct {
	plane  fokkerplanck.Plane
	p      []float64
	err    float64 // L1 distance to the exact density
	passed marchReport
}

const planeOrderEnd = .5

// planeOrder solves the Ornstein-Uhlenbeck equation from the cross to t = 0.5 on finer and finer grids.
func planeOrder(l *suite.Lab, r *suite.Report) (o ordered, err error) {
	var coarse, fine planeSolution
	for _, n := range []int{61, 121, 241} {
		coarse = fine
		if fine, err = solveOnPlane(l, n); err != nil {
			return o, err
		}
		o.h, o.err = append(o.h, fine.plane.X.Cell()), append(o.err, fine.err)
		if err := l.Progress(.1, "the plane"); err != nil {
			return o, err
		}
	}
	if err := finestChecks(r, coarse, fine); err != nil {
		return o, err
	}
	slope, err := metrics.LogSlope(o.h, o.err)
	if err == nil {
		r.Add(suite.Equals{Claim: claims.D000FokkerPlanck, Metric: "order of the L1 error in the plane",
			Got: slope.Center, Want: 2, Tol: .05, Why: "theory of the scheme"})
	}
	return o, err
}

func solveOnPlane(l *suite.Lab, n int) (s planeSolution, err error) {
	s.plane = kit.SquareGrid(n)
	g, err := fokkerplanck.PlaneFromDrift(s.plane, func(x, y float64) (float64, float64) { return -x, -y }, 1)
	if err != nil {
		return s, err
	}
	densities, err := kit.PlaneDensities(l, density.Cross(), s.plane, 0, planeOrderEnd)
	if err != nil {
		return s, err
	}
	s.p = densities[0]
	step, err := g.Stepper(fokkerplanck.CrankNicolson, planeOrderEnd/float64(n-1))
	if err != nil {
		return s, err
	}
	if s.passed, err = march(s.plane, step, s.p, n-1); err != nil {
		return s, err
	}
	s.err, err = fokkerplanck.L1(s.plane, s.p, densities[1])
	return s, err
}

// finestChecks compares the finest grid with the next coarser one, and checks what the scheme keeps.
func finestChecks(r *suite.Report, coarse, fine planeSolution) error {
	const claim = claims.D000FokkerPlanck
	// The centers of the coarser grid are every other of the finer.
	var shared []float64
	n := fine.plane.X.N
	for j := 0; j < n; j += 2 {
		for i := 0; i < n; i += 2 {
			shared = append(shared, fine.p[j*n+i])
		}
	}
	apart, err := fokkerplanck.L1(coarse.plane, coarse.p, shared)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claim, Metric: "L1 error of the noised cross at t = 0.5 on 241 x 241 cells, over " +
			"a third of the distance to 121 x 121 cells", Got: fine.err / (apart / 3), Want: 1, Tol: .05,
			Why: "second order: halving the cells takes 3/4 of the error away; its next term, of fourth " +
				"order, is a few percent of it"},
		suite.Below{Claim: claim, Metric: "largest change of mass on 241 x 241 cells",
			Got: fine.passed.leak, Bound: 1e-12, Why: "rounding in float64 over 240 steps"},
		suite.Equals{Claim: claim, Metric: "densities that are not positive, in all steps on 241 x 241 cells",
			Got: fine.passed.empty, Want: 0, Tol: 0,
			Why: "guaranteed: the explicit half of a step never takes more mass from a cell than is in it"})
	return nil
}
