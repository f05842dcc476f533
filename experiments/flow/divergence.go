package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// relative gives, at time t of the Ornstein-Uhlenbeck process from G1, the Fisher divergence E|s_t + x|^2 from N(0, 1)
// and the KL divergence in nats, both by the trapezoidal rule.
type relative func(t float64) (fisher, kl float64, err error)

func relativeToNoise(l *suite.Lab) (relative, func(), error) {
	x, cell, err := density.Grid(-9, 9, 601, 1)
	if err != nil {
		return nil, nil, err
	}
	exec, err := exec.New(l.Backend, func(x, t *Node) []*Node {
		m := density.Bimodal().Model(diffusion.OU{})
		log := m.LogDensity(x, t)
		p := Exp(log)
		z := Squeeze(x, 1)
		gauss := MulScalar(AddScalar(Square(z), math.Log(2*math.Pi)), -.5)
		gap := Add(Squeeze(m.Score(x, t), 1), z)
		return []*Node{ReduceAllSum(Mul(p, Square(gap))), ReduceAllSum(Mul(p, Sub(log, gauss))), ReduceAllSum(p)}
	})
	if err != nil {
		return nil, nil, err
	}
	return func(t float64) (float64, float64, error) {
		out, err := exec.Call(x, t)
		if err != nil {
			return 0, 0, err
		}
		if err := density.CheckSum(fmt.Sprintf("G1 at t = %g", t), []float64{tensors.ToScalar[float64](out[2])},
			cell); err != nil {
			return 0, 0, err
		}
		return cell * tensors.ToScalar[float64](out[0]), cell * tensors.ToScalar[float64](out[1]), nil
	}, exec.Finalize, nil
}

// klIsFisher checks that d/dt KL(p_t || N(0, I)) = -E|s_t + x|^2 along the Ornstein-Uhlenbeck process (de Bruijn's
// identity relative to a Gaussian: Barron 1986). So the KL divergence of the data is an integral of Fisher divergences
// over noise levels.
func klIsFisher(l *suite.Lab, r *suite.Report) error {
	at, done, err := relativeToNoise(l)
	if err != nil {
		return err
	}
	defer done()
	_, kl, err := at(0)
	if err != nil {
		return err
	}
	// In the signal's power u = exp(-2t) the integrand E|s + x|^2/(2u) is smooth on [0, 1].
	const n = 40
	u, weights := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(u, weights, 0, 1)
	integral := 0.
	for i := range u {
		fisher, _, err := at(-math.Log(u[i]) / 2)
		if err != nil {
			return err
		}
		integral += weights[i] * fisher / (2 * u[i])
	}
	const known = .6254496439 // nats, from an independent computation
	r.Add(
		suite.Equals{Claim: claims.D003FisherAndKL, Metric: "KL(G1 || N(0, 1))", Got: kl, Want: known, Tol: 1e-9,
			Why: "ten digits of an independent computation", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D003FisherAndKL, Metric: "integral of the Fisher divergence E|score + x|^2 over " +
			"all times of the OU process", Got: integral, Want: known, Tol: 1e-9,
			Why: "ten digits of an independent computation", Shows: suite.Qualified},
		suite.Below{Claim: claims.D003FisherAndKL, Metric: "difference of the two",
			Got: math.Abs(kl - integral), Bound: 1e-9,
			Why:   "40-point Gauss-Legendre quadrature of a smooth function in time, trapezoidal rule in space",
			Shows: suite.Qualified})
	table := suite.Table{Name: "fisher", Caption: "Fisher and KL divergence of G1 from N(0, 1) along the " +
		"Ornstein-Uhlenbeck process; the KL divergence is the integral of the Fisher divergence from t on",
		Header: []string{"t", "Fisher divergence", "KL divergence"}}
	for i := range 61 {
		t := 2 * float64(i) / 60
		fisher, kl, err := at(t)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{t, fisher, kl})
	}
	r.Tables = append(r.Tables, table)
	return l.Progress(.85, "wrong scores")
}

// wrongModel is N(0, 1/4) data on the Ornstein-Uhlenbeck process, with the score multiplied by 1 + d.
func wrongModel(d float64) diffusion.Model {
	exact := kit.Normal([]float64{0}, wrongVariance).Model(diffusion.OU{})
	score := func(x, t *Node) *Node { return MulScalar(exact.Score(x, t), 1+d) }
	return diffusion.Model{
		Process:    exact.Process,
		Score:      score,
		Denoise:    func(x, t *Node) *Node { return exact.At(t).Tweedie(score(x, t), x) },
		Divergence: func(x, t *Node) *Node { return MulScalar(exact.Divergence(x, t), 1+d) },
	}
}

const (
	wrongVariance = .25
	wrongEnd      = 6.
)

// wrongScore compares the two models that a score off by a factor 1 + d defines: the reverse SDE and the flow. Theorem
// 1 of Song, Durkan, Murray and Ermon 2021 bounds KL(data || SDE) by 1/2 int g^2 E|score error|^2 dt + KL(p_T ||
// prior). Everything is Gaussian, so the values are exact.
func wrongScore(l *suite.Lab, r *suite.Report) error {
	ds := []float64{.01, .02, .05, .1, .2, .3}
	sde, bound, err := sdeAndBound(l, ds)
	if err != nil {
		return err
	}
	flow, err := flowDivergence(l, ds)
	if err != nil {
		return err
	}
	for i, d := range ds {
		name := fmt.Sprintf("score off by %g %%", 100*d)
		exact := wrongExact(d)
		r.Add(
			suite.Equals{Claim: claims.D002MaximumLikelihood, Metric: "KL(data || reverse SDE), " + name,
				Got: sde[i], Want: exact.sde, Tol: 1e-9,
				Why: "closed form up to a quadrature; Runge-Kutta 4 in 3,000 steps", Shows: suite.Qualified},
			suite.Equals{Claim: claims.D002MaximumLikelihood, Metric: "KL(data || flow) by its likelihood, " + name,
				Got: flow[i], Want: exact.flow, Tol: 1e-6 * (1 + exact.flow), Why: whySolver + "; closed form",
				Shows: suite.Qualified},
			suite.Equals{Claim: claims.D004ELBOIsScore, Metric: "bound by the score error weighted by g^2, " + name,
				Got: bound[i], Want: exact.bound, Tol: 1e-9, Why: "closed form; Runge-Kutta 4 in 3,000 steps"},
			suite.Below{Claim: claims.D004ELBOIsScore, Metric: "KL(data || reverse SDE) beyond the bound, " + name,
				Got: math.Max(0, sde[i]-bound[i]), Bound: 1e-12, Why: "theorem 1 of Song et al. 2021"})
	}
	r.Tables = append(r.Tables, suite.Table{Name: "wrong-score", Caption: "KL divergence in nats from N(0, 1/4) to " +
		"the models that a score off by a factor 1 + d defines. The bound holds for the reverse SDE; the flow " +
		"exceeds it", Header: []string{"d", "KL to the reverse SDE", "bound", "KL to the flow"},
		Rows: kit.Rows(ds, sde, bound, flow)})
	return divergenceFigure(r, ds, sde, bound, flow)
}

// wrongExact are the divergences of a wrong score in closed form. The wrong drift is linear with rate c/v - 1, where v
// is the variance at t and c = 1 + d in the flow; the integral of 1/v is t + ln(v)/2.
func wrongExact(d float64) (exact struct{ sde, bound, flow float64 }) {
	c := 1 + d
	v := func(t float64) float64 { return 1 - (1-wrongVariance)*math.Exp(-2*t) }
	part := func(t float64) float64 { return t + math.Log(v(t))/2 }
	// Reverse SDE: d/dt (m V) = -2 m with m = exp(2t - 4 c part(t)).
	m := func(t float64) float64 { return math.Exp(2*t - 4*c*part(t)) }
	variance := (m(wrongEnd) + 2*quad.Fixed(m, 0, wrongEnd, 60, nil, 0)) / m(0)
	exact.sde = kit.GaussianKL(wrongVariance, variance)
	exact.bound = d*d*(part(wrongEnd)-part(0)) + kit.GaussianKL(v(wrongEnd), 1)
	// Flow: from t = dataTime to the end it stretches by exp of the integrated rate.
	stretch := c*(part(wrongEnd)-part(dataTime)) - (wrongEnd - dataTime)
	exact.flow = kit.GaussianKL(v(dataTime), -math.Expm1(-2*wrongEnd)*math.Exp(-2*stretch))
	return exact
}

// sdeAndBound integrates two things by Runge-Kutta from the noise end to the data: the variance of the reverse SDE
// with the wrong score, started from N(0, 1), and the bound.
func sdeAndBound(l *suite.Lab, ds []float64) (kl, bound []float64, err error) {
	const steps = 3000
	exec, err := exec.New(l.Backend, func(from, to, variance, bound *Node) []*Node {
		m := wrongModel(0)
		d := ConstAs(variance, ds)
		field := func(t *Node, y []*Node) []*Node {
			f, g2 := m.At(t).Rates()
			unit := OnesLike(InsertAxes(t, -1, -1))
			precision := Neg(Reshape(m.Score(unit, t))) // the score is -x/v
			drift := Add(f, Mul(g2, Mul(OnePlus(d), precision)))
			return []*Node{Sub(MulScalar(Mul(drift, y[0]), 2), g2),
				Neg(MulScalar(Mul(g2, Mul(Square(d), precision)), .5))}
		}
		return diffusion.ClassicMethod.Step(field, diffusion.Span{From: from, To: to}, []*Node{variance, bound})
	})
	if err != nil {
		return nil, nil, err
	}
	defer exec.Finalize()
	grid, err := diffusion.Uniform(wrongEnd, 0, steps)
	if err != nil {
		return nil, nil, err
	}
	prior := kit.GaussianKL(1-(1-wrongVariance)*math.Exp(-2*wrongEnd), 1)
	y := []any{kit.Map(ds, func(float64) float64 { return 1 }), kit.Map(ds, func(float64) float64 { return prior })}
	for i := range steps {
		out, err := exec.Call(grid[i], grid[i+1], y[0], y[1])
		if err != nil {
			return nil, nil, err
		}
		y = []any{out[0], out[1]}
	}
	kl = kit.Map(tensors.MustCopyFlatData[float64](y[0].(*tensors.Tensor)), func(v float64) float64 {
		return kit.GaussianKL(wrongVariance, v)
	})
	return kl, tensors.MustCopyFlatData[float64](y[1].(*tensors.Tensor)), nil
}

// flowDivergence is KL(data || flow) for each wrong score: the mean of log p minus the flow's log density, by the
// trapezoidal rule.
func flowDivergence(l *suite.Lab, ds []float64) ([]float64, error) {
	x, cell, err := density.Grid(-4.5, 4.5, 121, 1)
	if err != nil {
		return nil, err
	}
	exact, err := kit.LogDensity(l, kit.Normal([]float64{0}, wrongVariance), diffusion.OU{}, dataTime, x)
	if err != nil {
		return nil, err
	}
	if err := density.CheckSum("the data", kit.Map(exact, math.Exp), cell); err != nil {
		return nil, err
	}
	out := make([]float64, len(ds))
	for k, d := range ds {
		plan := diffusion.Plan{Build: diffusion.Fixed(func() diffusion.Model { return wrongModel(d) }),
			Grid:    []float64{dataTime, wrongEnd},
			Sampler: diffusion.FlowLikelihood{Method: diffusion.DormandPrince{RTol: 1e-8}}}
		got, err := plan.LogLikelihood(l.Backend, x, diffusion.NoisePrior)
		if err != nil {
			return nil, err
		}
		for i, log := range exact {
			out[k] += math.Exp(log) * (log - got.Nats[i]) * cell
		}
	}
	return out, nil
}
