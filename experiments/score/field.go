package score

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var scoreField = suite.Experiment{
	ID:       "score-field",
	Stream:   "E01-score-field",
	Title:    "The score points uphill on the log density",
	Question: "What does the score s(x) = grad log p(x) look like, and is it independent of the normalizer of p?",
	Sources: []string{"001, The 'Score' (first figure)", "002, section 1", "003, Probability Densities and Scores",
		"004, Intuition for Score Function"},
	Run: runScoreField,
}

func runScoreField(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "The score is an arrow at every point. It shows the direction in which " +
		"the log density rises fastest, and its length is the slope. For the cross X2, a mixture of two crossed " +
		"Gaussians, the closed form agrees with automatic differentiation to rounding. The normalizer drops out: the " +
		"score of an unnormalized density equals q'/q of the normalized density q to 1e-9. Between two modes on a " +
		"line the density has a minimum, where the score is zero and shows no direction."}
	return kit.InTurn(l, r, gradientOnGrid, scoreMoments, normalizer, profiles)
}

// gradientOnGrid compares the closed-form score of X2 with autodiff and with a difference along the score.
func gradientOnGrid(l *suite.Lab, r *suite.Report) error {
	grid, _, err := density.Grid(-4, 4, 15, 2)
	if err != nil {
		return err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node { return gradientGaps(in[0]) }, grid)
	if err != nil {
		return err
	}
	r.Add(
		suite.Below{Claim: claims.D001ScoreUphill, Metric: "largest |closed form - autodiff| on the 15 x 15 grid, " +
			"float64", Got: kit.LargestAbs(out[1]), Bound: 1e-10, Why: kit.WhyRounding},
		suite.Below{Claim: claims.D001ScoreUphill, Metric: "the same in float32 against float64",
			Got: kit.LargestAbs(out[4]), Bound: 1e-4, Why: "rounding in float32 of scores up to 57"},
		suite.Below{Claim: claims.D001ScoreUphill, Metric: "slope of log p along the arrow minus its length",
			Got: kit.LargestAbs(out[3]), Bound: 1e-4,
			Why: "central differences, h = 1e-4: h^2/6 times third derivatives below 10^3, and rounding 1e-13/h"},
		suite.Below{Claim: claims.D004ScoreField, Metric: "asymmetry of the score's Jacobian: a gradient field " +
			"has none", Got: kit.LargestAbs(out[2]), Bound: 1e-10, Why: kit.WhyRounding})

	x, s := kit.Points(grid), metrics.Points{N: len(out[0]) / 2, D: 2, X: out[0]}
	r.Tables = append(r.Tables, suite.Table{Name: "field", Caption: "Score (s1, s2) of the cross X2 at the grid " +
		"points (x1, x2) of the figure",
		Header: []string{"x1", "x2", "s1", "s2"}, Rows: kit.Rows(x.Col(0), x.Col(1), s.Col(0), s.Col(1))})
	return fieldFigure(l, r, x, s)
}

// gradientGaps returns the score of the cross at x, [n, 2], then four numbers that should vanish: its distance to
// autodiff [n, 2], the asymmetry of its Jacobian [n, 1], the slope of log p along it minus its length [n], and its
// rounding in float32 [n, 2].
func gradientGaps(x *Node) []*Node {
	const h = 1e-4
	m, t := density.Cross().Model(diffusion.OU{}), kit.ScalarLike(x, 0)
	score := m.Score(x, t)
	auto := Gradient(ReduceAllSum(m.LogDensity(x, t)), x)[0]
	column := func(i int) *Node {
		return Gradient(ReduceAllSum(Slice(m.Score(x, t), AxisRange(), AxisElem(i))), x)[0]
	}
	asymmetry := Sub(Slice(column(0), AxisRange(), AxisElem(1)), Slice(column(1), AxisRange(), AxisElem(0)))
	length := Sqrt(ReduceAndKeep(Square(score), ReduceSum, 1))
	ahead := MulScalar(Div(score, MaxScalar(length, 1e-300)), h)
	rise := DivScalar(Sub(m.LogDensity(Add(x, ahead), t), m.LogDensity(Sub(x, ahead), t)), 2*h)
	narrow, narrowT := ConvertDType(x, dtypes.Float32), ConvertDType(t, dtypes.Float32)
	single := Sub(ConvertDType(m.Score(narrow, narrowT), dtypes.Float64), score)
	return []*Node{score, Sub(score, auto), asymmetry, Sub(rise, Squeeze(length, 1)), single}
}

// scoreMoments checks that the score has mean 0, and that its mean square is the Fisher information by quadrature.
func scoreMoments(l *suite.Lab, r *suite.Report) error {
	x2 := density.Cross()
	n := l.Size(100_000, 1_000_000)
	x, err := x2.Sample(l.Backend, l.Key("samples"), n)
	if err != nil {
		return err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{kit.StaticScore(x2, in[0])}
	}, x)
	if err != nil {
		return err
	}
	s := metrics.Points{N: n, D: 2, X: out[0]}
	square := func(i int) float64 { return s.X[2*i]*s.X[2*i] + s.X[2*i+1]*s.X[2*i+1] }
	fisher, err := metrics.MeanOf(n, square)
	if err != nil {
		return err
	}
	r.Add(suite.Near{Claim: claims.D003ScoreDefinition, Metric: "E|s|^2 over samples of X2",
		Got: fisher, Want: 8.130638, Why: kit.WhySE + "; exact by quadrature"})
	for j := range 2 {
		mean, err := metrics.Mean(s.Col(j))
		if err != nil {
			return err
		}
		r.Add(suite.Near{Claim: claims.D003ScoreDefinition, Metric: fmt.Sprintf("E s_%d over samples of X2", j+1),
			Got: mean, Want: 0, Why: kit.WhySE})
	}
	return nil
}

// energy is -log of an unnormalized density, exp(-x^4/4 + x^2 - x/3), whose normalizer has no closed form.
func energy(x *Node) *Node {
	return Add(Sub(MulScalar(Square(Square(x)), .25), Square(x)), DivScalar(x, 3))
}

// normalizer compares the score of the unnormalized density with q'/q, where q is that density normalized by quadrature
// and q' a numerical derivative. A second check is Stein's identity E_q[x s] = -1.
func normalizer(l *suite.Lab, r *suite.Report) error {
	const n, half = 4001, 5.0
	nodes, h, err := density.Grid(-half, half, n, 1)
	if err != nil {
		return err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{in[0], Exp(Neg(energy(in[0]))), Gradient(ReduceAllSum(Neg(energy(in[0]))), in[0])[0]}
	}, nodes)
	if err != nil {
		return err
	}
	x, q, s := out[0], out[1], out[2]
	z := 0.0
	for _, v := range q {
		z += v * h
	}
	for i := range q {
		q[i] /= z
	}
	stencil := []float64{4. / 5, -1. / 5, 4. / 105, -1. / 280} // central, order 8
	worst, stein := 0.0, 0.0
	for i := range q {
		stein += q[i] * h * x[i] * s[i]
		if math.Abs(x[i]) > 2.5 {
			continue
		}
		slope := 0.0
		for k, w := range stencil {
			slope += w * (q[i+k+1] - q[i-k-1]) / h
		}
		worst = math.Max(worst, math.Abs(slope/q[i]-s[i]))
	}
	r.Add(
		suite.Below{Claim: claims.D001Normalizer, Metric: "|q'/q - score of the unnormalised density|, q normalised " +
			"by quadrature", Got: worst, Bound: 1e-9,
			Why: "differences of order 8 at h = 0.0025: truncation below 1e-14, rounding 1e-16/h relative to q, " +
				"where q is at least 1e-2 of its maximum"},
		suite.Equals{Claim: claims.D002Normalizer, Metric: "Stein: E_q[x s]", Got: stein, Want: -1, Tol: 1e-10,
			Why: "trapezoidal rule on a smooth density: rounding"})
	return nil
}

// profile returns the log density and the score of a 1-D mixture at the points x.
func profile(l *suite.Lab, m *density.Mixture, x []float64) (log, score []float64, err error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x := InsertAxes(in[0], -1)
		model := m.Model(diffusion.OU{})
		return []*Node{model.LogDensity(x, kit.ScalarLike(x, 0)), model.Score(x, kit.ScalarLike(x, 0))}
	}, x)
	if err != nil {
		return nil, nil, err
	}
	return out[0], out[1], nil
}

// profiles checks two scores on a line: a Gaussian's is linear, that of G1 is zero at two modes and at a minimum.
func profiles(l *suite.Lab, r *suite.Report) error {
	const mu, sigma2 = .7, 2.25
	x := make([]float64, 2401)
	gap := make([]float64, len(x))
	for i := range x {
		x[i] = -12 + .01*float64(i) + .003 // so that no point is a zero of the score
	}
	_, line, err := profile(l, kit.Normal([]float64{mu}, sigma2), x)
	if err != nil {
		return err
	}
	for i, s := range line {
		gap[i] = s + (x[i]-mu)/sigma2
	}
	_, s, err := profile(l, density.Bimodal(), x)
	if err != nil {
		return err
	}
	var zeros []float64
	inward := 0
	for i := 1; i < len(s); i++ {
		if s[i]*s[i-1] < 0 {
			zeros = append(zeros, x[i-1]+(x[i]-x[i-1])*s[i-1]/(s[i-1]-s[i]))
		}
	}
	for i := range s {
		if math.Abs(x[i]) > 4 && s[i]*x[i] < 0 || math.Abs(x[i]) <= 4 {
			inward++
		}
	}
	r.Add(
		suite.Below{Claim: claims.D003GaussianScore, Metric: "|s + (x - mu)/sigma^2| on [-12, 12]",
			Got: kit.LargestAbs(gap), Bound: 1e-12, Why: kit.WhyRounding},
		suite.Equals{Claim: claims.D003Regions, Metric: "share of points beyond |x| = 4 where the score of G1 " +
			"points home", Got: float64(inward) / float64(len(s)), Want: 1, Tol: 0, Why: "exact"},
		suite.Equals{Claim: claims.D003BetweenModes, Metric: "zeros of the score of G1: two modes and a saddle, " +
			"where it guides nowhere", Got: float64(len(zeros)), Want: 3, Tol: 0, Why: "exact", Shows: suite.Qualified})
	return nil
}
