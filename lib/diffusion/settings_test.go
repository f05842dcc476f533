package diffusion

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// badSampler is a sampler with settings that a plan refuses, and a part of the reason.
type badSampler struct {
	sampler Sampler
	want    string
}

// badChurns are invalid settings of EDMHeun, by the reason.
var badChurns = map[string]Churn{
	"Gamma is NaN":                 {Gamma: math.NaN()},
	"Gamma is -1":                  {Gamma: -1},
	"Gamma is +Inf":                {Gamma: math.Inf(1)},
	"from Low 2 to High 1":         {Gamma: .1, Low: 2, High: 1},
	"from Low NaN to High 0":       {Gamma: .1, Low: math.NaN()},
	"from Low 0 to High NaN":       {Gamma: .1, High: math.NaN()},
	"from Low -1 to High 0":        {Gamma: .1, Low: -1},
	"Inflation is NaN":             {Gamma: .1, Inflation: math.NaN()},
	"Inflation is -1; give a posi": {Gamma: .1, Inflation: -1},
}

func badSamplers() []badSampler {
	nan, inf := math.NaN(), math.Inf(1)
	euler := OneStep(ReverseEulerMaruyama)
	half := EulerMethod
	half.B = []float64{.5}
	uneven := HeunMethod
	uneven.C = []float64{0, .5}
	implicit := RungeKutta{A: [][]float64{{1}}, B: []float64{1}, C: []float64{1}}
	rows := []badSampler{
		{Flow(RungeKutta{}), "have 0, 0, 0 and 0 rows"},
		{Flow(half), "the weights B sum to 0.5"},
		{Flow(uneven), "stage 2 stands at C = 0.5, and its row of A sums to 1"},
		{Flow(implicit), "row 1 of A has 1 weights"},
		{Flow(RungeKutta{A: [][]float64{{}}, B: []float64{nan}, C: []float64{0}}), "the weights B sum to NaN"},
		{Flow(RungeKutta{A: [][]float64{{}}, B: []float64{1}, C: []float64{0}, E: []float64{1}}),
			"the weights E of the error sum to 1"},
		{FlowLikelihood{Method: half}, "the weights B sum to 0.5"},
		{FlowLikelihood{Probes: 3}, "3 probes and no Probe"},
		{FlowLikelihood{Probe: (*random.Source).Rademacher, Probes: -1}, "-1 probes"},
		{Ancestral(ReverseVariance(7)), "there is no ReverseVariance 7"},
		{Ancestral(ReverseVariance(-1)), "there is no ReverseVariance -1"},
		{ELBO{Variance: 7}, "there is no ReverseVariance 7"},
		{ELBO{Prior: nan}, "standard deviation NaN"},
		{ELBO{Prior: inf}, "standard deviation +Inf"},
		{PredictorCorrector(nil, 1, .16), "there is no predictor"},
		{PredictorCorrector(euler, 0, .16), "0 Langevin steps"},
		{AnnealedLangevin(0, .1), "0 Langevin steps"},
		{AnnealedLangevin(1, nan), "of size NaN sigma^2"},
		{AnnealedLangevin(1, 2), "of size 2 sigma^2"},
		{DormandPrince{RTol: nan}, "tolerances NaN"},
		{DormandPrince{ATol: -1}, "tolerances 1e-05 and -1"},
	}
	for _, snr := range []float64{-.16, 0, 1, nan, inf} {
		rows = append(rows, badSampler{PredictorCorrector(euler, 1, snr), fmt.Sprintf("the signal-to-noise ratio is %g",
			snr)})
	}
	for _, eta := range []float64{2, -.5, nan, inf} {
		rows = append(rows, badSampler{DDIM(eta), fmt.Sprintf("eta is %g", eta)})
	}
	for want, churn := range badChurns {
		rows = append(rows, badSampler{EDMHeun(churn), want})
	}
	return rows
}

// TestSamplerSettings checks that invalid settings of samplers are refused with one line when the plan is built,
// however the plan is run.
func TestSamplerSettings(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := samples(2, 1)
		for _, r := range badSamplers() {
			for _, precise := range []bool{true, false} {
				plan := Plan{Build: gaussian(VP{}, 0, 1), Sampler: r.sampler, Grid: []float64{.9, .5, .1}}
				start := x
				if !precise {
					start = tensors.FromValue([][]float32{{1}})
				}
				for name, run := range ways(plan) {
					if err := run(b, start); err == nil || !strings.Contains(err.Error(), r.want) || strings.Contains(
						err.Error(), "\n") {
						t.Errorf("%s: %v, want one line with %q", name, err, r.want)
					}
				}
			}
		}
	})
}

// ways are the ways to run a plan.
func ways(p Plan) map[string]func(compute.Backend, *tensors.Tensor) error {
	return map[string]func(compute.Backend, *tensors.Tensor) error{
		"Run": func(b compute.Backend, x *tensors.Tensor) error { _, err := p.Run(b, x); return err },
		"Block": func(b compute.Backend, x *tensors.Tensor) error {
			blocks := p
			blocks.Block = 2
			_, err := blocks.Run(b, x)
			return err
		},
		"Trace": func(b compute.Backend, x *tensors.Tensor) (last error) {
			for _, err := range p.Trace(b, x) {
				last = err
			}
			return last
		},
		"Compile": func(b compute.Backend, x *tensors.Tensor) error {
			c, err := p.Compile(b)
			if err != nil {
				return err
			}
			defer c.Finalize()
			_, err = c.Run(p.Grid, x)
			return err
		},
	}
}

// TestGridsAgainstTheirDirection checks that every sampler refuses grids against its direction, and that those of the
// probability flow accept both directions.
func TestGridsAgainstTheirDirection(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	both := map[string]bool{
		"ddim": true, "flow-euler": true, "flow-midpoint": true, "flow-heun": true, "flow-rk4": true,
		"flow-dopri5": true,
		"edm-heun":    true, "dpm-solver-2": true, "dpm-solver++-2m": true, "dpm-solver++-3m": true,
		"exponential-adams-2": true,
		"exponential-adams-3": true, "deis-2": true, "deis-3": true, "unipc-2": true, "unipc-3": true,
	}
	others := []SamplerSpec{
		{Name: "churn", Sampler: EDMHeun(Churn{Gamma: .1}), Kind: ReverseKind},
		{Name: "bound", Sampler: ELBO{}, Kind: ReverseKind},
	}
	b := backendtest.Interpreter(t)
	for _, spec := range append(others, Samplers...) {
		from, to := ends(spec.Kind, VP{})
		grid, err := Uniform(to, from, 400)
		if err != nil {
			t.Fatal(err)
		}
		plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: spec.Sampler, Grid: grid,
			Noise: random.NewKey(1, spec.Name)}
		if spec.Kind == StaticKind {
			plan.Grid = []float64{1, .5, 0}
		}
		if !both[spec.Name] {
			for name, run := range ways(plan) {
				if err := run(b, samples(2, 1)); err == nil || !strings.Contains(err.Error(), "give a grid that") ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("%s, %s: %v", spec.Name, name, err)
				}
			}
			continue
		}
		// Against the usual direction, too, the flow leads from one marginal to the other: x has the same quantile.
		out, err := plan.Run(b, tensors.FromValue([][]float64{{1.2}}))
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
			continue
		}
		c := coefficients(t, b, VP{}, []float64{grid[0], grid[len(grid)-1]})
		sd := func(k int) float64 { return math.Sqrt(c[0][k]*c[0][k]*dataVariance + c[1][k]*c[1][k]) }
		want := c[0][1]*dataMean + sd(1)/sd(0)*(1.2-c[0][0]*dataMean)
		// Order 1 and an error constant of about 1 for each step of 1/400.
		near(t, spec.Name, to, tensors.MustCopyFlatData[float64](out)[0], want, 1.5e-2)
	}
}

// TestStartsOfAnotherSize checks that a start that is smaller than the noise runs with one warning. A start that may be
// right runs without a warning.
func TestStartsOfAnotherSize(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			what    string
			process Process
			grid    []float64
			sampler Sampler
			scale   float64
			n       int
			warns   bool
		}{
			{"N(0, 1) where the noise is 20", EDM{}, []float64{20, 1, .1}, DDIM(0), 1, 100, true},
			{"the same in float32 and blocks", EDM{}, []float64{20, 1, .1}, DDIM(0), 1, 64, true},
			{"noise of the right size", EDM{}, []float64{20, 1, .1}, DDIM(0), 20, 100, false},
			{"data of any size", EDM{}, []float64{20, 1, .1}, DDIM(0), 1e6, 100, false},
			{"too few numbers to tell", EDM{}, []float64{20, 1, .1}, DDIM(0), 1, 10, false},
			{"from data to noise", EDM{}, []float64{.1, 1, 20}, FlowLikelihood{}, 1e-3, 100, false},
			{"N(0, 1) on VP", VP{}, []float64{1, .5, .1}, OneStep(ReverseEulerMaruyama), 1, 100, false},
			{"chains on the density of the data", EDM{}, []float64{0, .1}, OneStep(Langevin), 1e-9, 100, false},
		} {
			var said []string
			plan := Plan{Build: gaussian(c.process, 0, 1), Sampler: c.sampler, Grid: c.grid,
				Noise: random.NewKey(1, "start"), Warn: func(s string) {
					said = append(said, s)
				}}
			x := random.NewKey(2, "x")
			start := MustExecOnce(b, func(g *Graph) *Node {
				return MulScalar(random.New(g, x).Normal(Zeros(g, samples(c.n, 1).Shape())), c.scale)
			})
			if c.n == 64 {
				plan.Block = 64
				start = tensors.FromFlatDataAndDimensions(narrow(tensors.MustCopyFlatData[float64](start)), c.n, 1)
			}
			if _, err := plan.Run(b, start); err != nil {
				t.Fatal(err)
			}
			if warned := len(said) > 0; warned != c.warns || len(said) > 1 || warned && !strings.Contains(
				said[0], "the process has noise of standard deviation 20 at t = 20") {
				t.Errorf("%s: %q", c.what, said)
			}
		}
	})
}

// TestAncestralFromPureNoise checks that DDPM's chain starts where no data is left. There it equals DDIM with all of
// its noise.
func TestAncestralFromPureNoise(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid := []float64{1, .7, .3, 0} // alpha is 0 at t = 1
		plan := Plan{Build: gaussian(Linear{}, dataMean, dataVariance), Grid: grid, Noise: random.NewKey(4, "pure")}
		plan.Sampler = DDIM(1)
		want, err := plan.Run(b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		plan.Sampler = Ancestral(PosteriorVariance)
		got, err := plan.Run(b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		sameWithin(t, "ancestral - DDIM(1)", want, got, 1e-14)
	})
}

// TestReplayRefuses checks that numbers to replay must be those that the sampler draws.
func TestReplayRefuses(t *testing.T) {
	b := backendtest.Interpreter(t)
	x := samples(3, 1)
	zeros := func(dims ...int) *tensors.Tensor {
		size := 1
		for _, d := range dims {
			size *= d
		}
		return tensors.FromFlatDataAndDimensions(make([]float64, size), dims...)
	}
	plan := Plan{Build: gaussian(VP{}, 0, 1), Sampler: OneStep(ReverseEulerMaruyama), Grid: []float64{.9, .5, .1}}
	for want, c := range map[string]struct {
		replay  *tensors.Tensor
		sampler Sampler
		block   int
	}{
		"of shape (Float64)[3, 1, 3, 1] for 2 steps": {replay: zeros(3, 1, 3, 1)},
		"of shape (Float64)[2, 1, 4, 1] for 2 steps": {replay: zeros(2, 1, 4, 1)},
		"of shape (Float64)[2, 3, 1] for 2 steps":    {replay: zeros(2, 3, 1)},
		"replayed noise has 1 draws a step; the sampler": {replay: zeros(2, 1, 3, 1), sampler: AnnealedLangevin(
			2, .1)},
		"replayed noise has 0 draws a step; the sampler": {replay: zeros(2, 1, 3, 1), sampler: FlowLikelihood{
			Probe: (*random.Source).Normal}},
		"replayed noise is for all samples at once: set Block": {replay: zeros(2, 1, 3, 1), block: 2},
	} {
		p := plan
		p.Replay, p.Block = c.replay, c.block
		if c.sampler != nil {
			p.Sampler = c.sampler
		}
		if _, err := p.Run(b, x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
