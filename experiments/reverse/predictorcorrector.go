package reverse

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var predictorCorrector = suite.Experiment{
	ID:     "predictor-corrector",
	Stream: "E24-predictor-corrector",
	Title:  "A corrector reduces the error of each step, but costs more than it saves",
	Question: "Do Langevin steps between the steps of the reverse SDE improve the samples, and are they worth " +
		"their cost?",
	Sources: []string{"003, Langevin Dynamics", "003, Continuous-Time Diffusion"},
	Run:     runPredictorCorrector,
}

func runPredictorCorrector(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "They improve the samples at equal steps, but not at equal cost. A step of the " +
		"reverse SDE is a step of the probability flow plus a step of Langevin dynamics. One further Langevin " +
		"step, the corrector, lowers W1 to G1 at every number of steps from 5 to 100. With the exact score it " +
		"is better to spend the same evaluations on twice the steps: W1 to G1 is then smaller by a factor of " +
		"1.5 to 3.4. The two are level only from 100 steps on, and for a single narrow Gaussian. A corrector " +
		"that is too long adds a bias that a finer grid does not remove: it helps at 10 steps and hurts at 100."}
	return kit.InTurn(l, r, flowPlusLangevin, correctedGaussians, correctedLine, correctedCross)
}

// correctorSNR is the signal-to-noise ratio of the corrector in Song et al. 2021 for CIFAR-10.
const correctorSNR = .16

// gridSizes are the numbers of predictor steps.
var gridSizes = []int{5, 10, 20, 50, 100}

// corrected is the reverse SDE by Euler-Maruyama with one corrector a step.
func corrected(snr float64) diffusion.OneStep {
	return diffusion.PredictorCorrector(diffusion.ReverseEulerMaruyama, 1, snr)
}

// flowPlusLangevin decomposes a step of the reverse SDE: one step of the probability flow, and one of Langevin
// dynamics on the same density of length g^2 dt/2.
func flowPlusLangevin(l *suite.Lab, r *suite.Report) error {
	x, err := density.Cross().Sample(l.Backend, l.Key("points"), 1000)
	if err != nil {
		return err
	}
	for _, p := range []diffusion.ProcessSpec{{Name: "vp", Process: diffusion.VP{}},
		{Name: "ve", Process: diffusion.VE{}}} {
		lo, hi := p.Process.Horizon()
		from, to := lo+.7*(hi-lo), lo+.6*(hi-lo)
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			m, x, g := density.Cross().Model(p.Process), in[0], in[0].Graph()
			z := random.New(g, l.Key("noise")).Normal(x)
			span := diffusion.Falling(kit.ScalarLike(x, from), kit.ScalarLike(x, to), Const(g, int32(0)))
			reverse := diffusion.ReverseEulerMaruyama(m, span, x, random.Replay(z))
			flow := diffusion.Flow(diffusion.EulerMethod)(m, span, x, nil)
			_, g2 := m.At(span.From).Rates()
			delta := MulScalar(Mul(g2, span.Length()), .5)
			langevin := Add(Mul(delta, m.ScoreAt(x, span.From)), Mul(Sqrt(MulScalar(delta, 2)), z))
			size := AddScalar(Add(Abs(x), Abs(reverse)), 1)
			return []*Node{ReduceAllMax(Div(Abs(Sub(reverse, Add(flow, langevin))), size))}
		}, x)
		if err != nil {
			return err
		}
		r.Add(suite.Below{Claim: claims.D003GeneralizedLangevin, Metric: "largest |reverse SDE step - (probability " +
			"flow step + Langevin step of g^2 dt/2)| on the cross, " + p.Name, Got: out[0][0], Bound: 1e-12,
			Why: "rounding in float64, relative to 1 + |x|"})
	}
	return l.Progress(.15, "Gaussians")
}

// correctedGaussians compares the variances that the schemes give to Gaussian data with the exact one, by recursion.
// The axes of the cross have the variances 1.9 and 0.1.
func correctedGaussians(l *suite.Lab, r *suite.Report) error {
	table := suite.Table{Name: "gaussians", Caption: "Variance that each scheme gives to N(0, v) data, minus " +
		"the exact one; the predictor-corrector evaluates the score twice a step",
		Header: []string{"v", "steps", "predictor", "predictor-corrector", "predictor, twice the steps"}}
	tMin, _ := diffusion.VP{}.Horizon()
	alpha, sigma, err := diffusion.PathAt(l.Backend, diffusion.VP{}, tMin)
	if err != nil {
		return err
	}
	var grids, fine [][]float64
	for _, n := range gridSizes {
		for _, to := range []*[][]float64{&grids, &fine} {
			grid, err := kit.ReverseGrid(n)
			if err != nil {
				return err
			}
			*to, n = append(*to, grid), 2*n
		}
	}
	for _, v := range []float64{.1, .25, 1.9} {
		exact := alpha*alpha*v + sigma*sigma
		plain, err := affine.Over(l.Backend, diffusion.OneStep(diffusion.ReverseEulerMaruyama),
			kit.NormalModel(diffusion.VP{}, v), append(grids[:len(grids):len(grids)], fine...)...)
		if err != nil {
			return err
		}
		with, err := affine.Over(l.Backend, corrected(correctorSNR), kit.NormalModel(diffusion.VP{}, v), grids...)
		if err != nil {
			return err
		}
		worst := 0.
		for i, n := range gridSizes {
			excess := func(a affine.Map) float64 { return a.Variance(1) - exact }
			table.Rows = append(table.Rows, []any{v, n, excess(plain[i]), excess(with[i]), excess(plain[len(grids)+i])})
			worst = math.Max(worst, math.Abs(excess(with[i])/excess(plain[i])))
		}
		r.Add(suite.Between{Claim: claims.D003GeneralizedLangevin, Metric: fmt.Sprintf("largest error in the "+
			"variance with a corrector over that without, 5 to 100 steps, data N(0, %g), by recursion", v),
			Got: metrics.Exactly(worst), Lo: 0, Hi: 1, Alpha: 0,
			Why: "the purpose of a corrector: less than 1 at every number of steps"})
	}
	r.Tables = append(r.Tables, table)
	return l.Progress(.35, "G1")
}

// crossScheme is a sampler of the cross, and the sliced W2 distance of its samples to as many exact ones, by
// gridSizes.
type crossScheme struct {
	name     string
	sampler  diffusion.OneStep
	distance []metrics.Summary
}

// correctedCross measures samples of the cross, with and without a corrector.
func correctedCross(l *suite.Lab, r *suite.Report) error {
	n := l.Size(10_000, 100_000)
	exact, err := density.Cross().Sample(l.Backend, l.Key("exact"), n)
	if err != nil {
		return err
	}
	start, err := kit.FromPrior(l, density.Cross(), "cross start", n)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "cross", Caption: "Samples of the cross: sliced W2 distance to as many exact " +
		"ones, and E[x1^2 x2^2] (target 2.62)",
		Header: []string{"scheme", "steps", "sliced W2", "lo", "hi", "m22", "lo", "hi"}}
	schemes := []crossScheme{{name: "predictor", sampler: diffusion.ReverseEulerMaruyama},
		{name: "predictor-corrector", sampler: corrected(correctorSNR)}}
	for i := range schemes {
		s := &schemes[i]
		for _, steps := range gridSizes {
			d, m22, err := s.measure(l, start, kit.Points(exact), steps)
			if err != nil {
				return err
			}
			table.Rows = append(table.Rows, []any{s.name, steps, d.Center, d.Lo, d.Hi, m22.Center, m22.Lo, m22.Hi})
			if err := l.Progress(.6+.035*float64(len(table.Rows)), "the cross"); err != nil {
				return err
			}
		}
		scale := math.Sqrt(1e4 / float64(n))
		r.Add(suite.Between{Claim: claims.D000SamplingGivesData, Metric: "sliced W2 between samples of the " +
			"cross and exact ones, " + s.run(100), Got: s.distance[len(gridSizes)-1], Lo: .010 * scale,
			Hi: .060 * scale, Alpha: 1e-5, Why: kit.WhyFloor})
	}
	r.Tables = append(r.Tables, table)
	f, err := crossFigure(schemes, n)
	r.Figures = append(r.Figures, f)
	return err
}

func (s *crossScheme) run(steps int) string { return fmt.Sprintf("%s, %d steps", s.name, steps) }

// measure runs the scheme and returns the sliced W2 distance to exact samples, and E[x1^2 x2^2].
func (s *crossScheme) measure(l *suite.Lab, start *tensors.Tensor, exact metrics.Points, steps int) (
	distance, m22 metrics.Summary, err error) {
	grid, err := kit.ReverseGrid(steps)
	if err != nil {
		return distance, m22, err
	}
	end, err := diffusion.Plan{Build: density.Cross().Build(diffusion.VP{}), Sampler: s.sampler, Grid: grid,
		Noise: l.Key(s.run(steps))}.Run(l.Backend, start)
	if err != nil {
		return distance, m22, err
	}
	if m22, err = metrics.M22(kit.Points(end)); err != nil {
		return distance, m22, err
	}
	distance, err = metrics.SlicedW2(kit.Points(end), exact, metrics.Projections)
	s.distance = append(s.distance, distance)
	return distance, m22, err
}
