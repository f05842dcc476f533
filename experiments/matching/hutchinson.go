package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var hutchinson = suite.Experiment{
	ID:       "hutchinson",
	Stream:   "E09-hutchinson",
	Title:    "Hutchinson's estimator: a trace from one backward pass",
	Question: "Is Hutchinson's estimator v.Jv of the trace of a Jacobian J unbiased, and what is its variance?",
	Sources:  []string{"001, Implicit Score Matching", "002, section 3"},
	Run:      runHutchinson,
}

// traced is a vector field and the point at which the trace of its Jacobian is estimated.
type traced struct {
	name  string
	at    []float64
	field func(x *Node) *Node
}

// linearField is x -> J x with J = [[1, 2], [3, -4]].
func linearField(x *Node) *Node {
	return DotGeneral(x, []int{1}, nil, ConstAs(x, [][]float64{{1, 2}, {3, -4}}), []int{1}, nil)
}

// probedNet is a fixed two-layer perceptron on R^8: a Jacobian without structure.
func probedNet(x *Node) *Node {
	weights := func(rows, columns int, phase float64) *Node {
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, columns)
			for j := range w[i] {
				w[i][j] = math.Sin(phase + float64(7*i*columns+3*j*j))
			}
		}
		return ConstAs(x, w)
	}
	return Dot(Tanh(Dot(x, weights(8, 16, .3)).Product()), weights(16, 8, 1.1)).Product()
}

func runHutchinson(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It is unbiased. With normal and with Rademacher probes v (random signs), the mean of " +
		"v.Jv is the trace of J. The variance is 2|S|^2 for normal probes, where S is the symmetric part of J. For " +
		"Rademacher probes the diagonal adds nothing: 2(|S|^2 - sum S_ii^2). Sliced score matching adds (v.s)^2/2. " +
		"The variant with |s|^2/2 instead has the variance of v.Jv alone. That may be smaller, as for the perceptron " +
		"(68 instead of 2300 with normal probes), or larger, as for the score of the cross at (1, 0.4), where the " +
		"two terms nearly cancel (185 instead of 7)."}
	x2 := density.Cross()
	for i, f := range []traced{
		{"J = [[1, 2], [3, -4]]", []float64{0, 0}, linearField},
		{"the score of the cross at (1, 0.4)", []float64{1, .4}, func(x *Node) *Node { return kit.StaticScore(x2, x) }},
		{"a perceptron on R^8", []float64{.3, -.2, .9, 0, -1, .5, .1, .7}, probedNet},
	} {
		exact, err := f.exact(l)
		if err != nil {
			return nil, err
		}
		estimates, err := f.probe(l, r, exact)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			checkMatrix(r, exact)
			if err := estimateFigure(r, f.name, exact, estimates); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// traceMoments are the trace of a Jacobian, and the variances of its estimates.
type traceMoments struct {
	trace     float64
	variances []float64 // of v.Jv by probe: normal, Rademacher
	sliced    float64   // of v.Jv + (v.s)^2/2 by normal probes
}

// exact computes the moments from the whole Jacobian.
func (f traced) exact(l *suite.Lab) (traceMoments, error) {
	d := len(f.at)
	jacobian, err := kit.Evaluate(l, func(in []*Node) []*Node {
		y := f.field(in[0])
		rows := make([]*Node, d)
		for i := range d {
			rows[i] = Gradient(ReduceAllSum(Slice(y, AxisRange(), AxisElem(i))), in[0])[0]
		}
		return []*Node{Concatenate(rows, 0), diffusion.Divergence(f.field, in[0]), y}
	}, [][]float64{f.at})
	if err != nil {
		return traceMoments{}, err
	}
	j, value := jacobian[0], jacobian[2]
	frobenius, diagonal, sliced := 0., 0., 0. // of S, of its diagonal, and of S + s s^T/2
	for a := range d {
		for b := range d {
			s := (j[a*d+b] + j[b*d+a]) / 2
			frobenius += s * s
			sliced += (s + value[a]*value[b]/2) * (s + value[a]*value[b]/2)
		}
		diagonal += j[a*d+a] * j[a*d+a]
	}
	return traceMoments{jacobian[1][0], []float64{2 * frobenius, 2 * (frobenius - diagonal)}, 2 * sliced}, nil
}

// probe estimates the trace with both probes and compares mean and variance with the exact ones.
func (f traced) probe(l *suite.Lab, r *suite.Report, exact traceMoments) (estimates [][]float64, err error) {
	n, d := l.Size(50_000, 500_000), len(f.at)
	for k, p := range kit.Probes {
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			x := BroadcastToDims(in[0], n, d)
			v := p.Draw(random.New(x.Graph(), l.Key(f.name+p.Name)), x)
			estimate := diffusion.Hutchinson(f.field, x, v)
			along := ReduceSum(Mul(v, f.field(x)), 1)
			return []*Node{estimate, Add(estimate, MulScalar(Square(along), .5))}
		}, [][]float64{f.at})
		if err != nil {
			return nil, err
		}
		mean, err := metrics.Mean(out[0])
		if err != nil {
			return nil, err
		}
		variance, err := metrics.MeanOf(n, func(i int) float64 {
			return (out[0][i] - exact.trace) * (out[0][i] - exact.trace)
		})
		if err != nil {
			return nil, err
		}
		r.Add(
			suite.Near{Claim: claims.D001Hutchinson, Metric: fmt.Sprintf("mean with %s probes, %s", p.Name, f.name),
				Got: mean, Want: exact.trace, Why: kit.WhySE},
			kit.NearReference{Claim: claims.D002Hutchinson,
				Metric: fmt.Sprintf("variance about the trace with %s probes, %s", p.Name, f.name),
				Got:    variance, Want: exact.variances[k], SE: 1e-13 * exact.variances[k],
				Why: kit.WhySE + " and rounding, since in two dimensions all Rademacher estimates have the same " +
					"error up to its sign; exact from the Jacobian"})
		if k == 0 {
			sliced, err := metrics.Variance(out[1])
			if err != nil {
				return nil, err
			}
			r.Add(suite.Near{Claim: claims.D001Hutchinson, Metric: "variance of the sliced objective v.Jv + " +
				"(v.s)^2/2, " + f.name, Got: sliced, Want: exact.sliced,
				Why: kit.WhySE + "; exact: 2|S + s s^T/2|^2"})
		}
		estimates = append(estimates, out[0])
	}
	return estimates, nil
}

// checkMatrix compares the moments of J = [[1, 2], [3, -4]] with numbers worked out by hand.
func checkMatrix(r *suite.Report, exact traceMoments) {
	r.Add(
		suite.Equals{Claim: claims.D002Hutchinson, Metric: "trace of J", Got: exact.trace, Want: -3, Tol: 0,
			Why: "exact"},
		suite.Equals{Claim: claims.D002Hutchinson, Metric: "2|S|^2 of J", Got: exact.variances[0], Want: 59, Tol: 1e-12,
			Why: kit.WhyRounding},
		suite.Equals{Claim: claims.D002Hutchinson, Metric: "2(|S|^2 - sum S_ii^2) of J",
			Got: exact.variances[1], Want: 25, Tol: 1e-12, Why: kit.WhyRounding})
}
