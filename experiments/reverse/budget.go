package reverse

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var errorBudget = suite.Experiment{
	ID:     "error-budget",
	Long:   true,
	Stream: "E34-error-budget",
	Title:  "Four errors of a sampler, one budget",
	Question: "A sampler starts from approximate noise, stops before the data, takes finite steps, and has an " +
		"inexact score. How much does each cost, and which should one reduce?",
	Sources: []string{"000, section 5", "002, section 6", "003, Practical Implications for Diffusion Training"},
	Run:     runErrorBudget,
}

// baseSetting is a setting of Heun's method at which the four terms are about equal.
var baseSetting = setting{start: 8, end: .1, steps: 16, wrong: .2}

// wrongCross is the distribution with the wrong score: the cross with correlations of 0.8 in place of 0.9.
func wrongCross() (*density.Mixture, error) {
	component := func(rho float64) density.Component {
		return density.Component{Weight: .5, Mean: []float64{0, 0}, Cov: [][]float64{{1, rho}, {rho, 1}}}
	}
	return density.NewMixture("the wrong cross", component(.8), component(-.8))
}

func runErrorBudget(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Each term follows its own setting. The steps of Heun's method cost an error of " +
		"order 2; the noise levels at the start and at the end enter by their squares; the score error enters " +
		"in proportion. The total lies between the largest term minus the others, and the sum of all four. So " +
		"only the largest term is worth reducing. With four equal terms, four times the steps gain nothing; all " +
		"four settings together, improved by a factor of four, gain a factor of 6. The reverse SDE forgets a " +
		"wrong start, which the probability flow keeps, but needs more steps."}
	gauss, err := gaussBudget(l, r)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.2, "the cross"); err != nil {
		return nil, err
	}
	wrong, err := wrongCross()
	if err != nil {
		return nil, err
	}
	f, err := newFlows(l, density.Cross(), wrong)
	if err != nil {
		return nil, err
	}
	defer f.finalize()
	p, err := onLattice(l, f, density.Cross())
	if err != nil {
		return nil, err
	}
	if err := pairingChecks(r, p); err != nil {
		return nil, err
	}
	k, err := sweepParameters(l, r, p)
	if err != nil {
		return nil, err
	}
	if err := budgetOfParticles(l, r, f, p); err != nil {
		return nil, err
	}
	if err := scoreTable(l, r, p, wrong); err != nil {
		return nil, err
	}
	return r, budgetFigures(r, k, gauss)
}

// pairingChecks compare the exact map with what is known at both its ends.
func pairingChecks(r *suite.Report, p *pairing) error {
	mixed := 0.
	for i, w := range p.weight {
		mixed += w * math.Pow(p.noise[2*i]*p.noise[2*i+1], 2)
	}
	back, err := p.exactly(p.from(allNoise), allNoise, allData, 0)
	if err != nil {
		return err
	}
	const why = "integration of order 4 in steps of a tenth in log sigma"
	r.Add(
		suite.Equals{Claim: claims.D003FlowCounterpart, Metric: "E[z1^2 z2^2] of the noise that the flow carries the " +
			"cross to; the data has 2.62", Got: mixed, Want: 1, Tol: 1e-5, Why: why},
		suite.Below{Claim: claims.D003FlowCounterpart, Metric: "root mean squared distance of the cross from itself " +
			"after the flow to noise and back", Got: p.distance(back, p.data), Bound: 1e-6, Why: why})
	return nil
}

// budgetOfParticles measures the base setting on pairs of data and noise, drawn at random.
func budgetOfParticles(l *suite.Lab, r *suite.Report, f *flows, p *pairing) error {
	n := l.Size(2000, 20_000)
	data, err := density.Cross().Sample(l.Backend, l.Key("pairs"), n)
	if err != nil {
		return err
	}
	weight := make([]float64, n)
	for i := range weight {
		weight[i] = 1 / float64(n)
	}
	drawn, err := newPairing(f, data, weight)
	if err != nil {
		return err
	}
	i, err := drawn.run(f.heun, baseSetting)
	if err != nil {
		return err
	}
	want, err := p.measure(f.heun, baseSetting)
	if err != nil {
		return err
	}
	for k, c := range []struct {
		name  string
		image *tensors.Tensor
		want  float64
	}{
		{termNames[0], i.truncated, want.alone[0]}, {termNames[1], i.prior, want.alone[1]},
		{termNames[2], i.score, want.alone[2]}, {termNames[3], i.steps, want.alone[3]},
		{"all four", i.real, want.total},
	} {
		got, err := metrics.Mean(squares(c.image, data))
		if err != nil {
			return err
		}
		claim := claims.D003IntegrationAccuracy
		if k == 1 {
			claim = claims.D000PriorApproximates
		}
		r.Add(suite.Near{Claim: claim, Metric: "mean squared error of particles, base setting: " + c.name,
			Got: got, Want: c.want * c.want, Why: kit.WhySE + "; exact by quadrature"})
	}
	return assignment(r, i.real, data)
}

// assignment compares the distance of samples from the data of the same noise with W2, which may pair them
// otherwise.
func assignment(r *suite.Report, samples, data *tensors.Tensor) error {
	const few = 1000 // the assignment takes the cube of their number
	a, b := kit.Points(samples), kit.Points(data)
	a.N, a.X = few, a.X[:2*few]
	b.N, b.X = few, b.X[:2*few]
	w2, err := metrics.W2(a, b)
	if err != nil {
		return err
	}
	rms, err := metrics.Mean(squares(samples, data)[:few])
	if err != nil {
		return err
	}
	r.Add(suite.Between{Claim: claims.D003IntegrationAccuracy, Metric: "W2 between 1000 samples of the base setting " +
		"and the data of the same noise, over their root mean squared distance",
		Got: metrics.Exactly(w2.Center / math.Sqrt(rms.Center)), Lo: 0, Hi: 1 + 1e-9, Alpha: 0,
		Why: "the pairs are one coupling of the two samples, so that W2 is at most their distance"})
	return nil
}

// scoreTable translates the share of the wrong score into the units of score matching, E|s_w - s|^2 over E|s|^2.
func scoreTable(l *suite.Lab, r *suite.Report, p *pairing, wrong *density.Mixture) error {
	exec, err := exec.New(l.Backend, func(x, sigma, w *Node) []*Node {
		right, other := misled(density.Cross(), wrong, ScalarZero(x.Graph(), x.DType())), misled(density.Cross(), wrong,
			w)
		s := right.ScoreAt(x, sigma)
		return []*Node{ReduceSum(Square(Sub(other.ScoreAt(x, sigma), s)), 1), ReduceSum(Square(s), 1)}
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	table := suite.Table{Name: "score", Caption: "Squared error of the score in the base setting, relative to " +
		"the score: E|s_w - s|^2 over E|s|^2, by noise level",
		Header: []string{"sigma", "relative Fisher error"}}
	for _, sigma := range []float64{.05, .1, .2, .5, 1, 2, 5} {
		x, err := p.level(sigma)
		if err != nil {
			return err
		}
		off, fisher, err := exec.Call2(x, sigma, baseSetting.wrong)
		if err != nil {
			return err
		}
		wrongness, size := 0., 0.
		for i, w := range p.weight {
			wrongness += w * kit.Points(off).X[i]
			size += w * kit.Points(fisher).X[i]
		}
		table.Rows = append(table.Rows, []any{sigma, wrongness / size})
		for s, want := range map[float64]float64{.1: 7.370500, .5: 2.471799, 1: 1.065383} {
			if s == sigma {
				r.Add(suite.Equals{Claim: claims.D003FlowCounterpart,
					Metric: fmt.Sprintf("E|s|^2 over the cross carried to sigma = %g by the flow", sigma),
					Got:    size, Want: want, Tol: 1e-5,
					Why: "six decimals of an independent computation, and the flow's steps"})
			}
		}
	}
	r.Tables = append(r.Tables, table)
	return nil
}
