package errata

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// readings of the objective of 004 at time t: E over x ~ p(x) of |s(x, t) - grad log p(x_t)|^2/2, where p is the
// distribution of the data. The next slide has x_t ~ p(x_t), which is right. As printed, either the network takes
// the clean x and the target belongs to the noisy x_t, or both are taken at the clean x. What each reading learns
// with a linear score s = -theta x is known exactly on the Ornstein-Uhlenbeck path.
var readings = []struct {
	name  string
	color figure.Color
	// input is the argument of the network, score that of the target.
	input, score func(x0, xt *Node) *Node
	verdict      suite.Verdict
}{
	{"network and target at x_t", figure.Blue, atNoisy, atNoisy, suite.Confirmed},
	{"network and target at the data", figure.Orange, atData, atData, suite.Qualified},
	{"network at the data, target at x_t", figure.Vermillion, atData, atNoisy, suite.Qualified},
}

func atData(x, _ *Node) *Node  { return x }
func atNoisy(_, x *Node) *Node { return x }

// learned is the theta that each reading learns from n samples of a distribution in one dimension at time t:
// -E[input score]/E[input^2].
func learned(l *suite.Lab, m *density.Mixture, t float64, n int) ([]metrics.Summary, error) {
	data, err := m.Sample(l.Backend, l.Key(fmt.Sprint("objective ", m.Name(), t)), n)
	if err != nil {
		return nil, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x0, time := in[0], kit.ScalarLike(in[0], t)
		model := m.Model(diffusion.OU{})
		xt := model.At(time).Forward(
			x0, random.New(x0.Graph(), l.Key(fmt.Sprint("objective noise ", m.Name(), t))).Normal(x0))
		var columns []*Node
		for _, r := range readings {
			input := r.input(x0, xt)
			product := Neg(Mul(input, model.ScoreAt(r.score(x0, xt), time)))
			columns = append(columns, Reshape(product, n), Reshape(Square(input), n))
		}
		return columns
	}, data)
	if err != nil {
		return nil, err
	}
	thetas := make([]metrics.Summary, len(readings))
	for i := range thetas {
		if thetas[i], err = metrics.Ratio(out[2*i], out[2*i+1]); err != nil {
			return nil, err
		}
	}
	return thetas, nil
}

// learnedExactly is the same in closed form, by reading and time. Two integrals are by quadrature: the Fisher
// information F of x_t, and the mean of x s_t(x) over the data. In the last reading E[x_0 s_t(x_t)] = (sigma^2 F -
// 1)/alpha, by Stein's identity.
func learnedExactly(l *suite.Lab, m *density.Mixture, times ...float64) ([][]float64, error) {
	nodes, cell, err := density.Grid(-9, 9, 3601, 1)
	if err != nil {
		return nil, err
	}
	if err := density.CheckOnGrid(l.Backend, m, diffusion.OU{}, nodes, cell, append([]float64{0}, times...)...); err !=
		nil {
		return nil, err
	}
	exec, err := exec.New(l.Backend, func(x, t *Node) []*Node {
		model := m.Model(diffusion.OU{})
		mean := func(time, f *Node) *Node {
			w := MulScalar(Exp(model.LogDensity(x, time)), cell)
			return ReduceAllSum(Mul(w, Reshape(f, x.Shape().Dim(0))))
		}
		zero, score, c := kit.ScalarLike(x, 0), model.ScoreAt(x, t), model.At(t)
		power, fisher := mean(zero, Square(x)), mean(t, Square(score))
		noise := Square(c.Sigma)
		return []*Node{
			Reciprocal(Add(Mul(Square(c.Alpha), power), noise)),
			Neg(Div(mean(zero, Mul(x, score)), power)),
			Div(OneMinus(Mul(noise, fisher)), Mul(c.Alpha, power)),
		}
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	thetas := make([][]float64, len(readings))
	for _, t := range times {
		out, err := exec.Call(nodes, t)
		if err != nil {
			return nil, err
		}
		for i, theta := range out {
			thetas[i] = append(thetas[i], tensors.ToScalar[float64](theta))
		}
	}
	return thetas, nil
}

// timeObjective measures what each reading of the objective learns.
func timeObjective(l *suite.Lab, r *suite.Report) error {
	const claim, v, t = claims.D004TimeObjective, .25, .5
	n := l.Size(50_000, 500_000)
	gauss, err := learned(l, kit.Normal([]float64{0}, v), t, n)
	if err != nil {
		return err
	}
	alpha := math.Exp(-t)
	variance := alpha*alpha*v - math.Expm1(-2*t)
	what := fmt.Sprintf("slope of the linear score learned on N(0, 0.25) at t = %g, ", t)
	r.Add(
		suite.Equals{Claim: claim, Metric: what + readings[1].name + ": a model that can be exact learns the score " +
			"over any law", Got: gauss[1].Center, Want: 1 / variance, Tol: 1e-12, Why: kit.WhyRounding},
		suite.Near{Claim: claim, Metric: what + readings[2].name + "; the score has 1/V, this alpha/V",
			Got: gauss[2], Want: alpha / variance, Why: kit.WhySE + "; closed form", Shows: readings[2].verdict})
	if err := weighedError(l, r, v, t, variance, n); err != nil {
		return err
	}
	return bestSlopes(l, r, n)
}

// bestSlopes compares the slopes that the readings learn on G1 with the exact ones.
func bestSlopes(l *suite.Lab, r *suite.Report, n int) error {
	g1, times := density.Bimodal(), []float64{.1, .3, 1}
	measured := make([][]metrics.Summary, len(readings))
	for _, t := range times {
		want, err := learnedExactly(l, g1, t)
		if err != nil {
			return err
		}
		got, err := learned(l, g1, t, n)
		if err != nil {
			return err
		}
		for i, reading := range readings {
			r.Add(suite.Near{Claim: claims.D004TimeObjective, Metric: fmt.Sprintf("slope of the best linear score of "+
				"G1 at t = %g, %s", t, reading.name), Got: got[i], Want: want[i][0],
				Why: kit.WhySE + "; exact by quadrature", Shows: reading.verdict})
			measured[i] = append(measured[i], got[i])
		}
	}
	f, err := objectiveFigure(l, times, measured)
	r.Figures = append(r.Figures, f)
	return err
}

// weighedError measures the loss of one and the same error, a score that is 1 + d times too large, in units of
// d^2/2: the mean squared score, 1/V over x_t and v/V^2 over the data.
func weighedError(l *suite.Lab, r *suite.Report, v, t, variance float64, n int) error {
	m := kit.Normal([]float64{0}, v)
	data, err := m.Sample(l.Backend, l.Key("weights"), n)
	if err != nil {
		return err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x0, time := in[0], kit.ScalarLike(in[0], t)
		model := m.Model(diffusion.OU{})
		xt := model.At(time).Forward(x0, random.New(x0.Graph(), l.Key("weights noise")).Normal(x0))
		size := func(x *Node) *Node { return Reshape(Square(model.ScoreAt(x, time)), n) }
		return []*Node{size(xt), size(x0)}
	}, data)
	if err != nil {
		return err
	}
	for i, where := range []struct {
		name    string
		want    float64
		verdict suite.Verdict
	}{{"x_t", 1 / variance, suite.Confirmed}, {"the data", v / variance / variance, suite.Qualified}} {
		loss, err := metrics.Mean(out[i])
		if err != nil {
			return err
		}
		r.Add(suite.Near{Claim: claims.D004TimeObjective, Metric: fmt.Sprintf("loss of a score of N(0, 0.25) at t = "+
			"%g that is 1 + d times too large, over d^2/2, averaged over %s", t, where.name),
			Got: loss, Want: where.want, Why: kit.WhySE + "; closed form", Shows: where.verdict})
	}
	return nil
}
