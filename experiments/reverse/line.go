package reverse

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// lineStudy is the W1 distance to G1 by number of steps, by quadrature: of the predictor alone, and with correctors.
type lineStudy struct {
	predictor kit.Transfer
	table     suite.Table
	plain     map[int]float64             // by steps
	corrected map[float64]map[int]float64 // by the corrector's signal-to-noise ratio, and by steps
}

// lineSNRs are the signal-to-noise ratios of the correctors on the line.
var lineSNRs = []float64{.1, correctorSNR, .25, .4, .7}

// correctedLine measures the schemes on G1 by quadrature, without samples.
func correctedLine(l *suite.Lab, r *suite.Report) error {
	predictor, err := kit.NewTransfer(l, density.Bimodal().Build(diffusion.VP{}), diffusion.ReverseEulerMaruyama)
	if err != nil {
		return err
	}
	defer predictor.Finalize()
	s := &lineStudy{predictor: predictor, plain: map[int]float64{}, corrected: map[float64]map[int]float64{},
		table: suite.Table{Name: "line", Caption: "W1 distance to G1 of the reverse SDE (Euler-Maruyama) with " +
			"one corrector a step, by quadrature; snr is the signal-to-noise ratio of the corrector, 0 stands " +
			"for none",
			Header: []string{"snr", "steps", "evaluations", "W1"}}}
	if err := s.measurePlain(); err != nil {
		return err
	}
	for i, snr := range lineSNRs {
		if err := s.measureCorrected(l, r, snr); err != nil {
			return err
		}
		if err := l.Progress(.35+.25*float64(i+1)/float64(len(lineSNRs)), "G1"); err != nil {
			return err
		}
	}
	r.Tables = append(r.Tables, s.table)
	s.check(r)
	f, err := s.figure()
	r.Figures = append(r.Figures, f)
	return err
}

// measurePlain measures the predictor alone.
func (s *lineStudy) measurePlain() error {
	for _, n := range []int{5, 10, 20, 40, 50, 100, 200} {
		p, err := densityAfter(s.predictor, nil, n)
		if err != nil {
			return err
		}
		if s.plain[n], err = p.toData(s.predictor); err != nil {
			return err
		}
	}
	for _, n := range gridSizes {
		s.table.Rows = append(s.table.Rows, []any{0., n, n, s.plain[n]})
	}
	return nil
}

// measureCorrected measures the predictor with a corrector after each step.
func (s *lineStudy) measureCorrected(l *suite.Lab, r *suite.Report, snr float64) error {
	corrector, err := kit.NewTransfer(l, density.Bimodal().Build(diffusion.VP{}), diffusion.PredictorCorrector(
		stay, 1, snr))
	if err != nil {
		return err
	}
	defer corrector.Finalize()
	w1 := map[int]float64{}
	for _, n := range gridSizes {
		p, err := densityAfter(s.predictor, &corrector, n)
		if err != nil {
			return err
		}
		if w1[n], err = p.toData(s.predictor); err != nil {
			return err
		}
		s.table.Rows = append(s.table.Rows, []any{snr, n, 2 * n, w1[n]})
		if snr == correctorSNR && n == 20 {
			if err := samplesFollow(l, r, p.GridDensity, n); err != nil {
				return err
			}
		}
	}
	s.corrected[snr] = w1
	return nil
}

// check compares with and without a corrector: at equal steps, and at equal evaluations.
func (s *lineStudy) check(r *suite.Report) {
	with := s.corrected[correctorSNR]
	for _, n := range gridSizes {
		r.Add(
			suite.Between{Claim: claims.D003GeneralizedLangevin,
				Metric: fmt.Sprintf("W1 to G1 with a corrector over W1 without, %d steps, by quadrature", n),
				Got:    metrics.Exactly(with[n] / s.plain[n]), Lo: 0, Hi: 1, Alpha: 0,
				Why: "the purpose of a corrector: less than 1"},
			suite.Between{Claim: claims.D003GeneralizedLangevin, Metric: fmt.Sprintf("W1 to G1 of twice %d steps "+
				"over that of %d steps with a corrector, the same number of evaluations, by quadrature", n, n),
				Got: metrics.Exactly(s.plain[2*n] / with[n]), Lo: 0, Hi: 1, Alpha: 0,
				Why:   "less than 1: with the exact score, evaluations are better spent on a finer grid",
				Shows: suite.Qualified})
	}
}

// stay is a predictor that leaves x where it is, so that the corrector can be measured alone.
func stay(_ diffusion.Model, _ diffusion.Span, x *Node, _ *random.Source) *Node { return x }

// timedDensity is a density and its time t.
type timedDensity struct {
	kit.GridDensity
	t float64
}

// toData is the W1 distance to the noised data of that time.
func (w timedDensity) toData(c kit.Transfer) (float64, error) {
	exact, err := c.DensityAt(w.GridDensity, w.t)
	return w.W1(exact), err
}

// densityAfter is the density after n steps back from N(0, 1), each followed by the corrector unless that is nil.
func densityAfter(predictor kit.Transfer, corrector *kit.Transfer, n int) (timedDensity, error) {
	grid, err := kit.ReverseGrid(n)
	if err != nil {
		return timedDensity{}, err
	}
	p := kit.NormalOnGrid(1, 1024)
	for i := range n {
		points := 1024
		if corrector != nil && grid[i+1] < .04 { // a corrector's noise is fine there
			points = 16384
		}
		if p, err = predictor.AdvanceTo(p, grid[i], grid[i+1], points); err != nil {
			return timedDensity{}, err
		}
		if corrector == nil {
			continue
		}
		if p, err = corrector.AdvanceTo(p, grid[i], grid[i+1], points); err != nil {
			return timedDensity{}, err
		}
	}
	return timedDensity{p, grid[n]}, nil
}

// samplesFollow compares samples of the whole scheme with the density that its parts give.
func samplesFollow(l *suite.Lab, r *suite.Report, p kit.GridDensity, n int) error {
	start, err := kit.FromPrior(l, density.Bimodal(), "line start", l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	grid, err := kit.ReverseGrid(n)
	if err != nil {
		return err
	}
	end, err := diffusion.Plan{Build: density.Bimodal().Build(diffusion.VP{}), Sampler: corrected(correctorSNR),
		Grid:  grid,
		Noise: l.Key("line")}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	check, err := kit.KSCheck(claims.D003GeneralizedLangevin, fmt.Sprintf("KS distance of samples to the law by "+
		"quadrature, %d steps with a corrector", n), kit.Points(end).X, p.CDF(), 0, "")
	r.Add(check)
	return err
}
