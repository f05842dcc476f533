package matching

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var implicitScoreMatching = suite.Experiment{
	ID:     "implicit-matching",
	Stream: "E09-ism",
	Title:  "Implicit score matching: learning a score without knowing it",
	Question: "Does the implicit objective, which is free of the true score, have the same minimizer as the " +
		"explicit one?",
	Sources: []string{"001, Implicit Score Matching", "002, section 3", "000, section 4"},
	Run:     runImplicitScoreMatching,
}

const (
	implicitClaim = claims.D001ImplicitObjective
	byPartsClaim  = claims.D002ByParts
)

// halfFisher is E|s|^2/2 of the cross, from an independent quadrature.
const halfFisher = 4.065319

func runImplicitScoreMatching(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, if the density of the data has no edge. For every network v, the explicit " +
		"objective J = E|v - s|^2/2 and the implicit one J_I = E[div v + |v|^2/2] differ by the same constant, " +
		"E|s|^2/2, where s is the true score. This holds to rounding by quadrature, and within the intervals over " +
		"samples. With a linear model on Gaussian data, implicit score matching is maximum likelihood. Where the " +
		"density of the data has an edge, a boundary term remains, and the minimizer is a different one."}
	return kit.InTurn(l, r, byParts, atAnEdge, linearMinimizer)
}

// onData matches the score of the data without noise, by a network whose input is x itself.
var onData = diffusion.Matching{Score: diffusion.ScoreNet(0), Times: diffusion.FixedTime(0)}

// crossScore is the exact score of the cross.
func crossScore(x, t *Node) *Node { return density.Cross().Model(diffusion.EDM{}).Score(x, t) }

// bothObjectives returns the explicit and the implicit objective of a network at the points x, [batch] each.
func bothObjectives(net diffusion.Net, x *Node, score func(x, t *Node) *Node) (explicit, implicit *Node) {
	batch, none := diffusion.Batch{X0: x}, random.New(x.Graph(), random.Key{}) // noise of sigma 0
	return diffusion.Explicit(onData, score)(diffusion.EDM{}, net, batch, none), diffusion.Implicit(onData)(
		diffusion.EDM{}, net, batch, none)
}

// smooth is an untrained network with biases and the given activation.
func smooth(l *suite.Lab, activation string) network.MLP {
	return network.MLP{Hidden: []int{32, 32}, Activation: activation, Init: "torch",
		Key: l.Key("network " + activation)}
}

// byParts compares the objectives of untrained networks on the cross, by quadrature and over samples.
func byParts(l *suite.Lab, r *suite.Report) error {
	table := suite.Table{Name: "by-parts", Caption: "Explicit objective J and implicit objective J_I of untrained " +
		"networks on the cross, by quadrature. The last column is the same for all: E|s|^2/2",
		Header: []string{"network", "J", "J_I", "J - J_I"}}
	for _, activation := range []string{"tanh", "swish", "softplus", "sine"} {
		o, err := bothOnCross(l, activation)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{activation, o.explicit, o.implicit, o.explicit - o.implicit})
		if err := o.check(r, activation); err != nil {
			return err
		}
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// objectives are the objectives of one network on the cross.
type objectives struct {
	explicit, implicit float64   // by quadrature
	halfFisher         float64   // E|s|^2/2, by quadrature
	j, jI              []float64 // by sample
}

// bothOnCross evaluates the objectives of a random network of the given activation.
func bothOnCross(l *suite.Lab, activation string) (objectives, error) {
	const side, nodes = 11., 221 // the density at the border is below e^-60
	lattice, cell, err := density.Grid(-side, side, nodes, 2)
	if err != nil {
		return objectives{}, err
	}
	if err := density.CheckOnGrid(l.Backend, density.Cross(), diffusion.EDM{}, lattice, cell, 0); err != nil {
		return objectives{}, err
	}
	mlp := smooth(l, activation)
	store := model.NewStore()
	if err := network.Create(l.Backend, store.RootScope(), mlp, dtypes.Float64, 2); err != nil {
		return objectives{}, err
	}
	out, err := exec.ModelOnceN(l.Backend, store, func(scope *model.Scope, in []*Node) []*Node {
		net, x, x2 := mlp.Net(scope), in[0], density.Cross()
		t := kit.ScalarLike(x, 0)
		explicit, implicit := bothObjectives(net, x, crossScore)
		p := MulScalar(Exp(x2.Model(diffusion.EDM{}).LogDensity(x, t)), cell)
		mean := func(v *Node) *Node { return ReduceAllSum(Mul(p, v)) }
		fisher := MulScalar(ReduceSum(Square(crossScore(x, t)), 1), .5)
		samples, _ := x2.Draw(x.Graph(), random.New(x.Graph(), l.Key("samples "+activation)), dtypes.Float64,
			l.Size(50_000, 500_000))
		j, jI := bothObjectives(net, samples, crossScore)
		return []*Node{mean(explicit), mean(implicit), mean(fisher), j, jI}
	}, lattice)
	if err != nil {
		return objectives{}, err
	}
	v := kit.Flatten(out)
	return objectives{v[0][0], v[1][0], v[2][0], v[3], v[4]}, nil
}

// check compares the difference of the objectives with E|s|^2/2.
func (o objectives) check(r *suite.Report, activation string) error {
	gap, err := metrics.Mean(kit.Differences(o.j, o.jI))
	if err != nil {
		return err
	}
	alone, err := metrics.Mean(o.jI)
	if err != nil {
		return err
	}
	why := "rounding: the trapezoidal rule converges exponentially on smooth integrands that vanish at the border"
	r.Add(
		suite.Equals{Claim: implicitClaim, Metric: "J - J_I - E|s|^2/2 of a random network, by quadrature, " +
			activation, Got: o.explicit - o.implicit - o.halfFisher, Want: 0, Tol: 1e-9, Why: why},
		suite.Near{Claim: byPartsClaim, Metric: "mean of the difference of the objectives over samples, " +
			activation, Got: gap, Want: o.halfFisher, Why: kit.WhySE + "; exact by quadrature"},
		suite.Near{Claim: claims.D002NoDensity, Metric: "J_I over samples alone, less its value by quadrature, " +
			activation, Got: shifted(alone, -o.implicit), Want: 0, Why: kit.WhySE})
	if activation == "tanh" {
		r.Add(suite.Equals{Claim: claims.D000ByParts, Metric: "the constant, E|s|^2/2 of the cross",
			Got: o.halfFisher, Want: halfFisher, Tol: 5e-7, Why: "the reference has six decimals"})
	}
	return nil
}

// shifted adds a constant to a summary.
func shifted(s metrics.Summary, by float64) metrics.Summary {
	return metrics.Summary{Center: s.Center + by, Lo: s.Lo + by, Hi: s.Hi + by, N: s.N}
}

// atAnEdge compares the objectives on exponential data, whose density jumps at 0. The jump leaves the boundary term
// p(0) s_net(0) of the integration by parts. The true score is -1, with J_I = 1/2. The score 1 - x of the Gaussian with
// the same mean and variance has a smaller J_I, -1/2.
func atAnEdge(l *suite.Lab, r *suite.Report) error {
	const end, nodes = 45., 400 // a probability of e^-45 lies beyond
	x, weights := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(x, weights, 0, end)
	for i := range x {
		weights[i] *= math.Exp(-x[i])
	}
	score := func(x, _ *Node) *Node { return Neg(OnesLike(x)) }
	fields := []func(x *Node) *Node{
		smoothField,
		func(x *Node) *Node { return Sub(MulScalar(x, 0), OnesLike(x)) },
		OneMinus,
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x, w := InsertAxes(in[0], -1), in[1]
		var means []*Node
		for _, f := range fields {
			j, jI := bothObjectives(func(x, _, _ *Node) *Node { return f(x) }, x, score)
			means = append(means, ReduceAllSum(Mul(w, j)), ReduceAllSum(Mul(w, jI)))
		}
		return means
	}, x, weights)
	if err != nil {
		return err
	}
	j := func(k int) float64 { return out[2*k][0] }
	jI := func(k int) float64 { return out[2*k+1][0] }
	const why = "Gauss-Legendre quadrature of smooth functions, and rounding"
	r.Add(
		suite.Equals{Claim: byPartsClaim, Metric: "J - J_I - E|s|^2/2 of s_net = 2 cos x on exponential data: the " +
			"edge leaves p(0) s_net(0)", Got: j(0) - jI(0) - .5, Want: 2, Tol: 1e-9, Why: why, Shows: suite.Qualified},
		suite.Equals{Claim: implicitClaim, Metric: "J_I of the true score -1 on exponential data",
			Got: jI(1), Want: .5, Tol: 1e-9, Why: why, Shows: suite.Qualified},
		suite.Equals{Claim: implicitClaim, Metric: "J_I of 1 - x on exponential data, below that of the true score",
			Got: jI(2), Want: -.5, Tol: 1e-9, Why: why, Shows: suite.Qualified},
		suite.Equals{Claim: implicitClaim, Metric: "J of 1 - x on exponential data, above that of the true score, 0",
			Got: j(2), Want: 1, Tol: 1e-9, Why: why, Shows: suite.Qualified})
	return nil
}

// smoothField is a smooth score with the value 2 at the edge.
func smoothField(x *Node) *Node { return MulScalar(Cos(x), 2) }

// linearMinimizer fits s = -theta x to data sets of N(0, v) by the implicit objective alone. It is quadratic in theta,
// so one step of Newton's method from 0 reaches the minimum.
func linearMinimizer(l *suite.Lab, r *suite.Report) error {
	const v, n = 2., 1000
	sets := l.Size(400, 2000)
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		like := Zeros(in[0].Graph(), shapes.Make(dtypes.Float64, sets*n, 1))
		x := MulScalar(random.New(like.Graph(), l.Key("data sets")).Normal(like), math.Sqrt(v))
		slope := func(at float64) *Node {
			theta := AddScalar(Zeros(x.Graph(), shapes.Make(dtypes.Float64, sets, 1)), at)
			every := Reshape(BroadcastToDims(theta, sets, n), sets*n, 1)
			_, implicit := bothObjectives(func(x, _, _ *Node) *Node { return Neg(Mul(every, x)) }, x,
				func(x, _ *Node) *Node { return x })
			return Gradient(ReduceAllSum(implicit), theta)[0]
		}
		atZero, atOne := slope(0), slope(1)
		return []*Node{Div(atZero, Sub(atZero, atOne)), ReduceMean(Reshape(Square(x), sets, n), 1)}
	}, 0.)
	if err != nil {
		return err
	}
	fits := out[0]
	worst := 0.
	for i, square := range out[1] {
		worst = math.Max(worst, math.Abs(fits[i]*square-1))
	}
	mean, err := metrics.Mean(fits)
	if err != nil {
		return err
	}
	variance, err := metrics.Variance(fits)
	if err != nil {
		return err
	}
	// n mean(x^2)/v is chi-square with n degrees of freedom, and the fitted theta is n/v divided by it.
	const wantMean = n / (v * (n - 2))
	const wantVariance = 2 * wantMean * wantMean / (n - 4)
	r.Add(
		suite.Below{Claim: implicitClaim, Metric: "relative distance of the linear minimiser of J_I to 1/mean(x^2), " +
			"the maximum-likelihood estimate", Got: worst, Bound: 1e-11,
			Why: "rounding in sums of 1000 numbers, and in a difference of two slopes"},
		suite.Near{Claim: claims.D002NoDensity, Metric: "mean of the linear minimiser over data sets of 1000 points " +
			"of N(0, 2)", Got: mean, Want: wantMean, Why: kit.WhySE + "; exact: 1/v n/(n-2)"},
		suite.Near{Claim: claims.D002NoDensity, Metric: "variance of the linear minimiser over data sets of 1000 " +
			"points of N(0, 2)", Got: variance, Want: wantVariance,
			Why: kit.WhySE + "; exact, 2 theta^2/n at leading order"})
	return nil
}
