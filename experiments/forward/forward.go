package forward

import (
	"fmt"
	"math"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/affine"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var forward = suite.Experiment{
	ID:     "forward-process",
	Stream: "E07-forward",
	Title:  "The forward process turns data into noise, and one draw reaches any time",
	Question: "Does dx = -x dt + sqrt(2) dB carry the cross, a mixture of two crossed Gaussians, to N(0, I), and is " +
		"one exact draw as good as many small steps?",
	Sources: []string{"000, 2.1", "001, The 'forward process' (fifth figure)", "002, section 5",
		"004, Perturbing Data: Forward Process"},
	Run: runForward,
}

const forwardStep = .005

// forwardTimes are the times at which samples are compared with the exact distribution.
var forwardTimes = []float64{.1, .3, 1, 4}

func runForward(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. At every time tested, samples from steps of 0.005 and from exact transitions " +
		"match the exact distribution along both diagonals. The diagonals matter: the covariance of the cross is I " +
		"at every time, so it cannot show the change. One exact transition is valid over any span. The two-step " +
		"derivation of document 001 keeps first order only: for two steps of 0.1 it gives variance 0.4, where the " +
		"discrete chain has 0.362 and the process 0.330."}
	clouds := map[string][]metrics.Points{}
	for _, s := range []struct {
		name    string
		sampler diffusion.OneStep
		dt      float64
	}{{"Euler-Maruyama", diffusion.EulerMaruyama, forwardStep}, {"jumps", diffusion.Transition, .1}} {
		var err error
		if clouds[s.name], err = runCross(l, r, s.name, s.sampler, s.dt); err != nil {
			return nil, err
		}
	}
	if _, err := kit.InTurn(l, r, meanFactor, twoSteps, semigroup, forwardOrders); err != nil {
		return nil, err
	}
	return r, forwardFigures(l, r, clouds["Euler-Maruyama"])
}

// runCross carries samples of the cross forward and checks them at forwardTimes. It returns the samples, those at t =
// 0 first.
func runCross(l *suite.Lab, r *suite.Report, name string, sampler diffusion.OneStep, dt float64) ([]metrics.Points,
	error) {
	x2 := density.Cross()
	start, err := x2.Sample(l.Backend, l.Key("data"), l.Size(10_000, 100_000))
	if err != nil {
		return nil, err
	}
	end := forwardTimes[len(forwardTimes)-1]
	grid, err := diffusion.Uniform(0, end, int(math.Round(end/dt)))
	if err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: kit.Static(x2), Sampler: sampler, Grid: grid, Noise: l.Key(name)}
	clouds := []metrics.Points{kit.Points(start)}
	for s, err := range plan.Trace(l.Backend, start, kit.StepsAt(dt, forwardTimes...)...) {
		if err != nil {
			return nil, err
		}
		if s.Step == 0 {
			continue
		}
		p := kit.Points(s.X)
		clouds = append(clouds, p)
		if err := diagonalChecks(r, name, s.Time, p); err != nil {
			return nil, err
		}
	}
	return clouds, l.Progress(.3, name)
}

// diagonalChecks compares samples at time t with the exact distribution along both diagonals, and their moment E[x1^2
// x2^2] with the exact one.
func diagonalChecks(r *suite.Report, name string, t float64, p metrics.Points) error {
	exact, err := density.Cross().Noised(math.Exp(-t), math.Sqrt(-math.Expm1(-2*t)))
	if err != nil {
		return err
	}
	claim := claims.D004EulerMaruyama
	if name == "jumps" {
		claim = claims.D001OneJump
	}
	for _, d := range []struct {
		name string
		sign float64
	}{{"(x1 + x2)/sqrt 2", 1}, {"(x1 - x2)/sqrt 2", -1}} {
		direction := []float64{1 / math.Sqrt2, d.sign / math.Sqrt2}
		marginal, err := exact.Marginal(direction)
		if err != nil {
			return err
		}
		ks, err := kit.KSCheck(claim, fmt.Sprintf("KS distance of %s to its exact law at t = %g, %s", d.name, t, name),
			p.Along(direction...), marginal.CDF, 0, "; the bias of Euler-Maruyama steps is a tenth of that")
		if err != nil {
			return err
		}
		r.Add(ks)
	}
	m22, err := metrics.M22(p)
	if err != nil {
		return err
	}
	r.Add(suite.Near{Claim: claims.D001ForwardProcess,
		Metric: fmt.Sprintf("E[x1^2 x2^2] at t = %g, %s", t, name),
		Got:    m22, Want: 1 + 1.62*math.Exp(-4*t),
		Why: kit.WhySE + "; exact: 1 + 1.62 exp(-4t), which falls from 2.62 for the cross to 1 for N(0, I)"})
	return nil
}

// meanFactor starts from N((2, -1), 0.25 I): both coordinates shrink by the same factor.
func meanFactor(l *suite.Lab, r *suite.Report) error {
	n := l.Size(10_000, 100_000)
	from := []float64{2, -1}
	start, err := kit.Normal(from, .25).Sample(l.Backend, l.Key("shifted"), n)
	if err != nil {
		return err
	}
	grid := []float64{0, 1}
	end, err := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.Transition),
		Grid:  grid,
		Noise: l.Key("shifted noise")}.Run(l.Backend, start)
	if err != nil {
		return err
	}
	p := kit.Points(end)
	for j, m := range from {
		mean, err := metrics.Mean(p.Col(j))
		if err != nil {
			return err
		}
		variance, err := metrics.Variance(p.Col(j))
		if err != nil {
			return err
		}
		r.Add(
			suite.Near{Claim: claims.D001IsotropicPath, Metric: fmt.Sprintf("mean of x%d at t = 1 from %g", j+1, m),
				Got: mean, Want: m / math.E, Why: kit.WhySE + "; exact: exp(-t) of the start"},
			suite.Near{Claim: claims.D001IsotropicPath, Metric: fmt.Sprintf("variance of x%d at t = 1 from 0.25", j+1),
				Got: variance, Want: .25*math.Exp(-2) - math.Expm1(-2), Why: kit.WhySE})
	}
	return nil
}

// twoSteps composes two Euler-Maruyama steps exactly, without samples.
func twoSteps(l *suite.Lab, r *suite.Report) error {
	const dt = .1
	em := diffusion.OneStep(diffusion.EulerMaruyama)
	step, err := kit.AffineSteps(l, em, diffusion.OU{}, 1, 0, dt)
	if err != nil {
		return err
	}
	two := step.Then(step)
	exact := 2*dt*(1-dt)*(1-dt) + 2*dt
	small, err := kit.AffineSteps(l, em, diffusion.OU{}, 1, 0, forwardStep)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "mean factor of two steps at dt = 0.1; the document's 1 - 2 " +
			"dt is 0.8", Got: two.Gain, Want: (1 - dt) * (1 - dt), Tol: 1e-15, Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "variance of two steps at dt = 0.1; the document's 4 dt " +
			"is 0.4", Got: two.Noise * two.Noise, Want: exact, Tol: 1e-15, Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D001TwoSteps, Metric: "its distance from 4 dt, -4 dt^2 + 2 dt^3",
			Got: two.Noise*two.Noise - 4*dt, Want: -4*dt*dt + 2*dt*dt*dt, Tol: 1e-15,
			Why: "rounding", Shows: suite.Qualified},
		suite.Equals{Claim: claims.D004EulerMaruyama, Metric: "stationary variance of the discrete chain at dt = 0.005",
			Got: small.Stationary(), Want: 1 / (1 - forwardStep/2), Tol: 1e-12,
			Why: kit.WhyRounding + " and of 1 - gain^2", Shows: suite.Qualified})
	jump, err := kit.AffineSteps(l, diffusion.OneStep(diffusion.Transition), diffusion.OU{}, 1, 0, 2*dt)
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: claims.D001OneJump, Metric: "variance of the exact jump over 0.2",
		Got: jump.Noise * jump.Noise, Want: -math.Expm1(-4 * dt), Tol: 1e-15, Why: "rounding"})
	return nil
}

// semigroup checks on every process that two exact transitions compose to one.
func semigroup(l *suite.Lab, r *suite.Report) error {
	jump := diffusion.OneStep(diffusion.Transition)
	for _, p := range diffusion.Processes {
		var jumps [3]affine.Map
		for i, span := range [][2]float64{{.1, .35}, {.35, .8}, {.1, .8}} {
			var err error
			if jumps[i], err = kit.AffineSteps(l, jump, p.Process, 1, span[0], span[1]); err != nil {
				return err
			}
		}
		two, one := jumps[0].Then(jumps[1]), jumps[2]
		gap := math.Max(math.Abs(two.Gain-one.Gain), math.Abs(two.Noise/one.Noise-1))
		r.Add(suite.Below{Claim: claims.D002ClosedFormMarginal, Metric: "two jumps against one, " + p.Name,
			Got: gap, Bound: 1e-14, Why: "rounding"})
	}
	return nil
}
