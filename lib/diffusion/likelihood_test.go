package diffusion

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// gaussianLogDensity is the log density of N(dataMean, dataVariance) data at time t, in every coordinate, at a sample.
func gaussianLogDensity(t *testing.T, b compute.Backend, p Process, at float64, x ...float64) float64 {
	t.Helper()
	c := coefficients(t, b, p, []float64{at})
	v := c[0][0]*c[0][0]*dataVariance + c[1][0]*c[1][0]
	sum := 0.
	for _, xi := range x {
		r := xi - c[0][0]*dataMean
		sum -= (r*r/v + math.Log(2*math.Pi*v)) / 2
	}
	return sum
}

// withDivergence adds the divergence of the score, where gaussian leaves it to reverse passes.
func withDivergence(build Build) Build {
	return Fixed(func() Model {
		m := build(nil, nil)
		m.Divergence = func(x, t *Node) *Node {
			c := m.At(t)
			precision := Reciprocal(Add(MulScalar(Square(c.Alpha), dataVariance), Square(c.Sigma)))
			return Reshape(perSample(Neg(Mul(OnesLike(x), precision))), x.Shape().Dim(0))
		}
		return m
	})
}

// TestLikelihoodIsExact checks that the likelihood of Gaussian data is exact on every process and in both directions.
// It covers both forms of the exact divergence, the adaptive method and a fixed-step one.
func TestLikelihoodIsExact(t *testing.T) {
	const tol = 1e-9
	b := backendtest.Interpreter(t)
	for _, spec := range Processes {
		hi, lo := ends(ReverseKind, spec.Process)
		for name, build := range map[string]Build{
			"reverse passes": gaussian(spec.Process, dataMean, dataVariance),
			"closed form":    withDivergence(gaussian(spec.Process, dataMean, dataVariance)),
		} {
			x := samples(5, 2)
			plan := Plan{Build: build, Sampler: FlowLikelihood{Method: DormandPrince{RTol: tol}},
				Grid: []float64{lo, hi}}
			up, err := plan.LogLikelihood(b, x, ExactPrior)
			if err != nil {
				t.Fatal(err)
			}
			flat := tensors.MustCopyFlatData[float64](x)
			for i, nats := range up.Nats {
				near(t, spec.Name+": "+name, float64(i), nats, gaussianLogDensity(t, b, spec.Process, lo, flat[2*i],
					flat[2*i+1]), 300*tol)
			}
			plan.Grid = []float64{hi, lo}
			down, err := plan.LogLikelihood(b, up.End, ExactPrior)
			if err != nil {
				t.Fatal(err)
			}
			sameWithin(t, spec.Name+": there and back", x, down.End, 3e4*tol) // VE stretches by thousands
			for i, nats := range down.Nats {
				near(t, spec.Name+": likelihood while sampling", float64(i), nats, up.Nats[i], 3e4*tol)
			}
		}
	}
	// A Runge-Kutta method in the grid's steps, and its count of evaluations.
	grid, _ := Geometric(.01, 1, 60)
	plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: FlowLikelihood{Method: ClassicMethod},
		Grid: grid}
	fixed, err := plan.LogLikelihood(b, tensors.FromValue([][]float64{{.3}}), ExactPrior)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Runge-Kutta", 60, fixed.Nats[0], gaussianLogDensity(t, b, VP{}, .01, .3), 1e-6)
	if fixed.Evaluations[0] != 240 {
		t.Errorf("%d evaluations in 60 steps of 4", fixed.Evaluations[0])
	}
}

// TestHutchinsonLikelihood checks probes. In one dimension any probe of square 1 is exact. In more dimensions the
// estimate is unbiased: its mean over samples that differ by their probes alone is within 5 standard errors. More
// probes reduce the standard error.
func TestHutchinsonLikelihood(t *testing.T) {
	b := backendtest.Interpreter(t)
	const n = 1500
	flat := make([]float64, 2*n)
	for i := range flat {
		flat[i] = []float64{.4, -.7}[i%2]
	}
	x := tensors.FromFlatDataAndDimensions(flat, n, 2)
	plan := Plan{Build: Fixed(mixing), Grid: []float64{.01, .8}, Noise: random.NewKey(7, "probes")}
	plan.Sampler = FlowLikelihood{}
	exact, err := plan.LogLikelihood(b, tensors.FromFlatDataAndDimensions(flat[:2], 1, 2), NoisePrior)
	if err != nil {
		t.Fatal(err)
	}
	var spreads []float64
	for _, l := range []FlowLikelihood{{Probe: (*random.Source).Normal}, {Probe: (*random.Source).Rademacher},
		{Probe: (*random.Source).Normal, Probes: 4}} {
		plan.Sampler = l
		got, err := plan.LogLikelihood(b, x, NoisePrior)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd := stat.MeanStdDev(got.Nats, nil)
		near(t, "mean", float64(l.Probes), mean, exact.Nats[0], 5*sd/math.Sqrt(n))
		spreads = append(spreads, sd)
		plan.First = n - 3 // a probe belongs to its sample, not to the batch
		part, err := plan.LogLikelihood(b, tensors.FromFlatDataAndDimensions(flat[:6], 3, 2), NoisePrior)
		if err != nil {
			t.Fatal(err)
		}
		for i, nats := range part.Nats {
			near(t, "chunk", float64(i), nats, got.Nats[n-3+i], 1e-12)
		}
		plan.First = 0
	}
	// The expected ratio is 2; the interval is at most 5 standard errors of two spreads.
	if ratio := spreads[0] / spreads[2]; !(1.6 < ratio && ratio < 2.5) {
		t.Errorf("4 probes divide the spread by %.2f", ratio)
	}
	if spreads[1] == 0 || spreads[1] > spreads[0] {
		t.Errorf("spreads %v", spreads)
	}
	plan.Build = gaussian(VP{}, dataMean, dataVariance)
	plan.Sampler = FlowLikelihood{Probe: (*random.Source).Rademacher}
	line, err := plan.LogLikelihood(b, tensors.FromValue([][]float64{{.3}, {1}}), ExactPrior)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Rademacher on the line", .3, line.Nats[0], gaussianLogDensity(t, b, VP{}, .01, .3), 1e-4)
}

// mixing is a model with an asymmetric Jacobian: its denoiser mixes the coordinates.
func mixing() Model {
	return Model{Process: VP{}, Denoise: func(x, _ *Node) *Node {
		return Tanh(Dot(x, ConstAs(x, [][]float64{{.9, -.8}, {.5, .3}})).Product())
	}}
}

// TestLikelihoodInLoops checks that reverse passes inside a compiled loop, which the Go backend does not support, give
// the numbers of the hosted driver.
func TestLikelihoodInLoops(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, l := range []FlowLikelihood{{}, {Probe: (*random.Source).Normal}} {
			plan := Plan{Build: Fixed(mixing), Grid: []float64{.01, .8}, Noise: random.NewKey(7), Sampler: l}
			want, err := plan.LogLikelihood(backendtest.Interpreter(t), samples(3, 2), NoisePrior)
			if err != nil {
				t.Fatal(err)
			}
			got, err := plan.LogLikelihood(b, samples(3, 2), NoisePrior)
			if err != nil {
				t.Fatal(err)
			}
			for i, nats := range got.Nats {
				near(t, "log density", float64(i), nats, want.Nats[i], 1e-10)
			}
		}
	})
}

// TestLikelihoodOfImages checks float32 images with few reverse passes: every pixel of independent data adds its own
// term.
func TestLikelihoodOfImages(t *testing.T) {
	b := backendtest.Interpreter(t)
	flat := make([]float32, 2*4)
	x := make([]float64, len(flat))
	for i := range flat {
		flat[i] = float32(math.Sin(float64(i)))
		x[i] = float64(flat[i])
	}
	plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Grid: []float64{.01, .5, 1}}
	got, err := plan.LogLikelihood(b, tensors.FromFlatDataAndDimensions(flat, 2, 2, 2, 1), ExactPrior)
	if err != nil {
		t.Fatal(err)
	}
	if got.End.DType() != dtypes.Float32 || got.End.Rank() != 4 {
		t.Errorf("latents are %s", got.End.Shape())
	}
	for i, nats := range got.Nats {
		want := gaussianLogDensity(t, b, VP{}, .01, x[4*i:4*i+4]...)
		near(t, "image", float64(i), nats, want, 1e-3)
		near(t, "parts", float64(i), nats, got.Prior[i]+got.Volume[i], 0)
		near(t, "bits", float64(i), BitsPerDim(nats, 4), -nats/4/math.Log(2), 1e-12)
	}
}

// TestPriors checks what a prior contributes: at t = 1 VP's noise is not exactly its distribution.
func TestPriors(t *testing.T) {
	b := backendtest.Interpreter(t)
	plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Grid: []float64{.01, 1}}
	x := tensors.FromValue([][]float64{{.3, -1}})
	noise, err := plan.LogPrior(b, x, NoisePrior)
	if err != nil {
		t.Fatal(err)
	}
	s2 := -math.Expm1(-10.05)
	near(t, "noise", 1, noise[0], -(.09+1)/(2*s2)-math.Log(2*math.Pi*s2), 1e-13)
	exact, err := plan.LogPrior(b, x, ExactPrior)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "exact", 1, exact[0], gaussianLogDensity(t, b, VP{}, 1, .3, -1), 1e-13)
}

func TestLikelihoodFaults(t *testing.T) {
	b := backendtest.Interpreter(t)
	good := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Grid: []float64{.1, .5}}
	with := func(change func(*Plan)) Plan { p := good; change(&p); return p }
	bare := Fixed(func() Model { return Model{Process: VP{}, Denoise: good.Build(nil, nil).Denoise} })
	for _, c := range []struct {
		want string
		plan Plan
	}{
		{"needs the sampler FlowLikelihood, not diffusion.MALA", with(func(p *Plan) { p.Sampler = MALA{} })},
		{"ExactPrior needs a model with LogDensity", with(func(p *Plan) { p.Build = bare })},
		{"-2 probes", with(func(p *Plan) { p.Sampler = FlowLikelihood{Probe: (*random.Source).Normal, Probes: -2} })},
		{"tolerances -1", with(func(p *Plan) { p.Sampler = FlowLikelihood{Method: DormandPrince{RTol: -1}} })},
		{"the maximum", with(func(p *Plan) {
			p.Sampler = FlowLikelihood{Method: DormandPrince{MaxEvaluations: 3}}
		})},
		{"the log density of sample 0 is NaN", with(func(p *Plan) {
			p.Build = Fixed(func() Model {
				m := good.Build(nil, nil)
				m.Divergence = func(x, _ *Node) *Node { return Squeeze(MulScalar(x, math.NaN()), 1) }
				return m
			})
			p.Sampler = FlowLikelihood{Method: ClassicMethod}
		})},
		{"at least 2 times", with(func(p *Plan) { p.Grid = nil })},
		{"sample 0 is not finite", with(func(p *Plan) {
			p.Grid = []float64{0, .5}
			p.Sampler = FlowLikelihood{Method: ClassicMethod}
		})},
	} {
		_, err := c.plan.LogLikelihood(b, samples(2, 1), ExactPrior)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, c.want)
		}
	}
	var first Snapshot
	for s, err := range (Plan{Build: good.Build, Grid: good.Grid, Sampler: DDIM(0)}).Trace(b, samples(2, 1)) {
		if err != nil {
			t.Fatal(err)
		}
		first = s
		break
	}
	if _, err := ChangeOfVolume(first); err == nil {
		t.Errorf("DDIM has no change of volume")
	}
	if _, err := Evaluations(first); err == nil {
		t.Errorf("DDIM counts no evaluations")
	}
}
