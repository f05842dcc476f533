package diffusion

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

const (
	dataMean     = .6
	dataVariance = .49
)

// ends are the times between which a sampler of this kind runs in the tests.
func ends(kind Kind, p Process) (from, to float64) {
	lo, hi := p.Horizon()
	switch kind {
	case ForwardKind:
		return lo, lo + (hi-lo)/2
	case ReverseKind:
		return lo + (hi-lo)*.8, lo + (hi-lo)/50
	}
	return 0, 1
}

// affine takes a sampler apart on Gaussian data, where every scheme is affine in x and in its noise, and returns the
// mean and variance after the grid, with no Monte Carlo. Without noise a whole chain, whatever it carries, is x -> gain
// x + shift; with noise, and nothing carried, each step is x -> gain x + shift + a sum of its draws.
func affine(t *testing.T, b compute.Backend, spec SamplerSpec, p Process, grid []float64, m, v float64) (
	float64, float64) {
	t.Helper()
	build := gaussian(p, dataMean, dataVariance)
	if !spec.Stochastic {
		end, err := Plan{Build: build, Sampler: spec.Sampler, Grid: grid}.Run(
			b, tensors.FromValue([][]float64{{0}, {1}}))
		if err != nil {
			t.Fatal(err)
		}
		x := tensors.MustCopyFlatData[float64](end)
		gain := x[1] - x[0]
		return gain*m + x[0], gain * gain * v
	}
	if _, stateless := spec.Sampler.(OneStep); !stateless {
		t.Fatalf("%s carries state and draws noise: declare its order NaN and write it a test", spec.Name)
	}
	exec := MustNewExec(b, func(from, to *Node) *Node {
		g := from.Graph()
		const most = 4 // draws a step; draw k is 1 in row 2+k and 0 elsewhere
		x := make([][]float64, 2+most)
		for i := range x {
			x[i] = []float64{0}
		}
		x[1][0] = 1
		var draws []*Node
		for k := range most {
			draw := make([][]float64, 2+most)
			for i := range draw {
				draw[i] = []float64{0}
			}
			draw[2+k][0] = 1
			draws = append(draws, Const(g, draw))
		}
		next, _ := spec.Sampler.Step(build(nil, nil), Span{From: from, To: to, Index: Const(g, int32(0))}, Const(g, x),
			nil, random.Replay(draws...))
		return next
	})
	defer exec.Finalize()
	for i := range len(grid) - 1 {
		next := tensors.MustCopyFlatData[float64](exec.MustCall1(grid[i], grid[i+1]))
		shift, gain := next[0], next[1]-next[0]
		m, v = gain*m+shift, gain*gain*v
		for _, moved := range next[2:] {
			v += (moved - shift) * (moved - shift)
		}
	}
	return m, v
}

// slope fits log error against log steps.
func slope(steps []int, errors []float64) float64 {
	var x, y []float64
	for i, n := range steps {
		x, y = append(x, math.Log(float64(n))), append(y, math.Log(errors[i]))
	}
	_, s := stat.LinearRegression(x, y, nil, false)
	return s
}

// Every sampler has at least the order that it declares, in mean and in variance, on every process, and no more on
// some.
func TestSamplerOrder(t *testing.T) {
	b := interpreter(t)
	steps := []int{40, 80, 160, 320}
	for _, spec := range Samplers {
		if math.IsNaN(spec.Order) {
			continue
		}
		attained := math.IsInf(spec.Order, 1)
		judged := 0 // a filter of go test may leave processes out
		for _, process := range Processes {
			if spec.Kind == StaticKind && process.Name == "ve" {
				continue // VE's density at t = 0 is the data noised by sigma_min: not N(mean, variance)
			}
			judged++
			t.Run(spec.Name+"/"+process.Name, func(t *testing.T) {
				judged--
				p := process.Process
				from, to := ends(spec.Kind, p)
				space := Uniform
				if _, stateless := spec.Sampler.(OneStep); !stateless {
					// Multistep methods start with order 1, which costs nothing only where D hardly moves: at the end
					// of the horizon, on their own grid.
					_, from = p.Horizon()
					space = func(from, to float64, n int) ([]float64, error) {
						return InRatio(b, p, from, to, n, Geometric)
					}
				}
				at := func(t0 float64) (float64, float64) {
					c := coefficients(t, b, p, []float64{t0})
					return c[0][0], c[1][0]
				}
				m0, v0 := staticStart.mean, staticStart.variance
				if spec.Kind != StaticKind {
					alpha, sigma := at(from)
					m0, v0 = alpha*dataMean, alpha*alpha*dataVariance+sigma*sigma
				}
				wantM, wantV := law(spec, dataMean, dataVariance, from, to, at)
				var errM, errV []float64
				var lastM, lastV float64
				for _, n := range steps {
					grid, err := space(from, to, n)
					if err != nil {
						t.Fatal(err)
					}
					m, v := affine(t, b, spec, p, grid, m0, v0)
					lastM, lastV = m, v
					errM, errV = append(errM, math.Abs(m-wantM)), append(errV, math.Abs(v-wantV))
				}
				for what, errs := range map[string][]float64{"mean": errM, "variance": errV} {
					tends, exact := lastM, wantM
					if what == "variance" {
						tends, exact = lastV, wantV
					}
					last := errs[len(errs)-1]
					if math.IsInf(spec.Order, 1) {
						if !(last <= 1e-12*(1+wantV)) {
							t.Errorf("the %s is %.6g, exact is %.6g (at t = %g), in %d steps that are declared exact",
								what, tends, exact, to, steps[len(steps)-1])
						}
						continue
					}
					if last < 1e-13 {
						continue // exact in this moment (VE's mean does not move)
					}
					// The slope, or its limit if it goes like p + c/n, whichever is higher. An error constant may
					// vanish, or change its sign within reach, on one process; it does not on all.
					early, late := -slope(steps[1:3], errs[1:3]), -slope(steps[2:], errs[2:])
					mean, limit := (early+late)/2, 2*late-early
					if math.Max(mean, limit) < spec.Order-.15 {
						t.Errorf("the %s tends to %.6g, exact is %.6g (at t = %g, after %d steps): it converges with "+
							"order %.3f, in the limit %.3f; declared is %g",
							what, tends, exact, to, steps[len(steps)-1], mean, limit, spec.Order)
					}
					attained = attained || mean < spec.Order+.15
				}
			})
		}
		if judged == 0 && !attained {
			t.Errorf("%s does better than its declared order %g on every process", spec.Name, spec.Order)
		}
	}
}

// One step by hand, of every sampler, on N(0.6, 0.49) data along VP: orders cannot see a consistent scheme that is
// evaluated at the wrong end of its step.
func TestOneStepByHand(t *testing.T) {
	const from, to, x, z, z2 = .5, .3, .8, -.7, .4
	at := func(t float64) (alpha, sigma, beta float64) {
		integral := .1*t + 19.9*t*t/2
		return math.Exp(-integral / 2), math.Sqrt(1 - math.Exp(-integral)), .1 + 19.9*t
	}
	a, s, _ := at(from)
	a1, s1, _ := at(to)
	denoised := dataMean + a*dataVariance/(a*a*dataVariance+s*s)*(x-a*dataMean)
	score0 := -(x - dataMean) / dataVariance // at t = 0
	_, _, beta := at(to)                     // forward steps start at the earlier time
	by := from - to
	up := a / a1
	tilde := (1 - up*up) * s1 * s1 / (s * s)
	// dx/dt of the probability flow is gain(t) x + shift(t), so a stage is a line in x.
	velocity := func(t, x float64) float64 {
		a, s, beta := at(t)
		score := -(x - a*dataMean) / (a*a*dataVariance + s*s)
		return -beta / 2 * (x + score)
	}
	_, _, betaFrom := at(from)
	scoreFrom := -(x - a*dataMean) / (a*a*dataVariance + s*s)
	level := func(x, size, z float64) float64 { // a step of Langevin dynamics on the density at the end
		delta := size * s1 * s1
		return x - delta*(x-a1*dataMean)/(a1*a1*dataVariance+s1*s1) + math.Sqrt(2*delta)*z
	}
	reverseEM := x + by*betaFrom*(x/2+scoreFrom) + math.Sqrt(betaFrom*by)*z
	k1 := velocity(from, x)
	k2 := velocity((from+to)/2, x-by/2*k1)
	k3 := velocity((from+to)/2, x-by/2*k2)
	k4 := velocity(to, x-by*k3)
	// In the noise level l = sigma/alpha, y = x/alpha moves by dy/dl = eps.
	eps := func(t, y float64) float64 {
		a, s, _ := at(t)
		x := a * y
		return (x - a*(dataMean+a*dataVariance/(a*a*dataVariance+s*s)*(x-a*dataMean))) / s
	}
	l, l1 := s/a, s1/a1
	e1 := eps(from, x/a)
	e2 := eps(to, x/a+(l1-l)*e1)
	lMid := math.Sqrt(l * l1) // 1 + l^2 = exp(.1 t + 9.95 t^2)
	mid := (math.Sqrt(.01+4*9.95*math.Log1p(lMid*lMid)) - .1) / (2 * 9.95)
	eMid := eps(mid, x/a+(lMid-l)*e1)
	ddim := a1*denoised + s1*(x-a*denoised)/s
	want := map[string]float64{
		"reverse-em":    reverseEM,
		"flow-euler":    x - by*k1,
		"flow-midpoint": x - by*k2,
		"flow-heun":     x - by/2*(k1+velocity(to, x-by*k1)),
		"flow-rk4":      x - by/6*(k1+2*k2+2*k3+k4),
		"forward-em":    x - beta*by/2*x + math.Sqrt(beta*by)*z,
		"forward-jump":  up*x + math.Sqrt(s*s-up*up*s1*s1)*z,
		"score-ode":     x + by*score0,
		"langevin":      x + by*score0 + math.Sqrt(2*by)*z,
		"ddim":          ddim,
		"edm-heun":      a1 * (x/a + (l1-l)*(e1+e2)/2),
		"dpm-solver-2":  a1 * (x/a + (l1-l)*eMid),
		// DDPM in its own letters: alpha_t = (a/a1)^2, beta_t = 1 - alpha_t.
		"ancestral":        (x-(1-up*up)/s*(x-a*denoised)/s)/up + math.Sqrt(tilde)*z,
		"ancestral-kernel": (x-(1-up*up)/s*(x-a*denoised)/s)/up + math.Sqrt(1-up*up)*z,
		"ddim-eta":         a1*denoised + math.Sqrt(s1*s1-tilde/4)*(x-a*denoised)/s + math.Sqrt(tilde)/2*z,
		// Langevin dynamics on the level at the end, of a step that two draws make.
		"predictor-corrector": level(reverseEM, 2*.16*.16, z2),
		"annealed-langevin":   level(level(a1/a*x, .1, z), .1, z2),
	}
	b := interpreter(t)
	for _, spec := range Samplers {
		value, known := want[spec.Name]
		switch spec.Sampler.(type) {
		case Multistep, UniPC:
			value, known = ddim, true // with nothing to remember; the steps after it: parity_test.go
		}
		if !known {
			if !math.IsNaN(spec.Order) { // those have a test of their own
				t.Errorf("%s has no step by hand: add it here", spec.Name)
			}
			continue
		}
		start, end := from, to
		if spec.Kind != ReverseKind {
			start, end = to, from
		}
		build := gaussian(VP{}, dataMean, dataVariance)
		out, err := ExecOnce(b, func(start, end *Node) *Node {
			g := start.Graph()
			m, at := build(nil, nil), Const(g, [][]float64{{x}})
			noise := random.Replay(Const(g, [][]float64{{z}}), Const(g, [][]float64{{z2}}))
			next, _ := spec.Sampler.Step(m, Span{From: start, To: end, Index: Const(g, int32(0))}, at,
				spec.Sampler.Init(m, at, noise), noise)
			return next
		}, start, end)
		if err != nil {
			t.Fatal(err)
		}
		near(t, spec.Name, to, tensors.MustCopyFlatData[float64](out)[0], value, 1e-14)
	}
}

// A plan steps over its own grid, in order: on an uneven grid the deterministic chain is the composition of the affine
// maps of its spans, which a driver that is off by one time, or skips an end, would miss.
func TestPlanFollowsItsGrid(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid := []float64{.95, .7, .66, .3, .1, .02}
		spec := SamplerSpec{Sampler: DDIM(0)}
		shift, _ := affine(t, b, spec, VP{}, grid, 0, 0)
		at1, _ := affine(t, b, spec, VP{}, grid, 1, 0)
		x := samples(7, 2)
		got, err := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: spec.Sampler, Grid: grid}.Run(b, x)
		if err != nil {
			t.Fatal(err)
		}
		want := tensors.MustCopyFlatData[float64](x)
		for i := range want {
			want[i] = shift + (at1-shift)*want[i]
		}
		sameWithin(t, "Run - composed spans", tensors.FromFlatDataAndDimensions(want, 7, 2), got, 1e-12)
	})
}

// Both drivers, every backend, one batch or many: the same chain. Bit for bit within a backend's driver, up to the
// compiler's rearrangement (a few ulp a step) between drivers.
func TestRunEqualsTrace(t *testing.T) {
	const n = 12
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range append(Samplers, SamplerSpec{Name: "carrying", Sampler: carrying{OneStep(Langevin)},
			Kind: StaticKind}) {
			for _, process := range Processes {
				if (testing.Short() || b.Name() == "xla") && process.Name != "vp" {
					continue // each pair compiles twice, on XLA for half a second; the process is only numbers in it
				}
				from, to := ends(spec.Kind, process.Process)
				grid, _ := Uniform(from, to, n)
				plan := Plan{Build: gaussian(process.Process, dataMean, dataVariance), Sampler: spec.Sampler,
					Grid: grid, Noise: random.NewKey(3, spec.Name)}
				x := samples(9, 2)
				plan.driver = compiled
				whole, err := plan.Run(b, x)
				if err != nil {
					t.Fatalf("%s on %s: %v", spec.Name, process.Name, err)
				}
				plan.driver = hosted
				var stepwise *tensors.Tensor
				count := 0
				for s, err := range plan.Trace(b, x) {
					if err != nil {
						t.Fatal(err)
					}
					if s.Step != count || s.Time != grid[count] {
						t.Fatalf("snapshot %d is step %d at time %g, want %g", count, s.Step, s.Time, grid[count])
					}
					stepwise, count = s.X, count+1
				}
				if count != n+1 {
					t.Fatalf("%d snapshots, want %d", count, n+1)
				}
				sameWithin(t, spec.Name+" on "+process.Name+": Run - Trace", whole, stepwise, 1e-12)

				plan.driver = compiled // stretches of one compiled loop: bit for bit
				for s, err := range plan.Trace(b, x, 5, n) {
					if err != nil {
						t.Fatal(err)
					}
					if s.Step == n {
						sameWithin(t, spec.Name+" on "+process.Name+": Run - stretches", whole, s.X, 0)
					}
				}
			}
		}
	})
}

// The noise of a sample does not depend on the batch around it: a chunk of the batch gives the chunk of the result.
func TestChunksAgreeWithTheWhole(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid, _ := Uniform(0, 1, 20)
		plan := Plan{Build: gaussian(OU{}, dataMean, dataVariance), Sampler: OneStep(Langevin), Grid: grid,
			Noise: random.NewKey(4)}
		all := samples(10, 3)
		whole, err := plan.Run(b, all)
		if err != nil {
			t.Fatal(err)
		}
		flat, start := tensors.MustCopyFlatData[float64](whole), tensors.MustCopyFlatData[float64](all)
		plan.First = 6
		part, err := plan.Run(b, tensors.FromFlatDataAndDimensions(start[18:], 4, 3))
		if err != nil {
			t.Fatal(err)
		}
		sameWithin(t, "chunk", tensors.FromFlatDataAndDimensions(flat[18:], 4, 3), part, 1e-13)
	})
}

// Any number of steps from 1 up works.
func TestEveryStepCount(t *testing.T) {
	b := interpreter(t)
	for _, spec := range Samplers {
		p := VP{}
		from, to := ends(spec.Kind, p)
		for n := 1; n <= 9; n++ {
			grid, err := Uniform(from, to, n)
			if err != nil {
				t.Fatal(err)
			}
			plan := Plan{Build: gaussian(p, dataMean, dataVariance), Sampler: spec.Sampler, Grid: grid,
				Noise: random.NewKey(5)}
			if _, err := plan.Run(b, samples(2, 1)); err != nil {
				t.Errorf("%s with %d steps: %v", spec.Name, n, err)
			}
		}
	}
}

// Weights and tables reach the loop's body, in either driver, and stay what they were.
func TestWeightsAndTablesInLoops(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid, _ := Uniform(.9, .1, 8)
		want, err := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DDIM(0), Grid: grid}.Run(
			b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []driver{compiled, hosted} {
			store := model.NewStore()
			store.RootScope().VariableWithValue("mean", dataMean)
			got, err := Plan{
				Build: weighted(VP{}, dataMean), Store: store, Sampler: DDIM(0), Grid: grid, driver: d,
				Inputs: []*tensors.Tensor{tensors.FromScalar(dataVariance)},
			}.Run(b, samples(5, 2))
			if err != nil {
				t.Fatal(err)
			}
			sameWithin(t, fmt.Sprint("driver ", d), want, got, 1e-12)
			if w := store.GetVariable("/mean").MustValue().Value(); w != dataMean {
				t.Errorf("sampling changed a weight to %v", w)
			}
		}
	})
}

// A body with a native convolution is stepped from the host on a CPU.
func TestConvolutionLeavesTheLoop(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		kernel := tensors.FromValue([][][][]float32{{{{.5}}}})
		build := func(_ *model.Scope, in []*Node) Model {
			return Model{Process: VP{}, Denoise: func(x, _ *Node) *Node {
				return Convolve(x, in[0]).NoPadding().Done()
			}}
		}
		grid, _ := Uniform(.9, .1, 3)
		plan := Plan{Build: build, Inputs: []*tensors.Tensor{kernel}, Sampler: DDIM(0), Grid: grid}
		c, err := plan.start(b, tensors.FromFlatDataAndDimensions(make([]float32, 8), 2, 2, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.finalize()
		if _, err := c.advance(3); err != nil {
			t.Fatal(err)
		}
		if c.drive != hosted {
			t.Errorf("the loop was compiled with a convolution inside")
		}
	})
}

// interpreter is the Go backend: it builds a graph in a millisecond, where XLA optimises it for a quarter of a second.
func interpreter(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samples(n, d int) *tensors.Tensor {
	flat := make([]float64, n*d)
	for i := range flat {
		flat[i] = math.Sin(float64(3 * i))
	}
	return tensors.FromFlatDataAndDimensions(flat, n, d)
}

func sameWithin(t *testing.T, what string, want, got *tensors.Tensor, tol float64) {
	t.Helper()
	if !want.Shape().Equal(got.Shape()) {
		t.Fatalf("%s: %s, want %s", what, got.Shape(), want.Shape())
	}
	w, g := numbers(want), numbers(got)
	for i := range w {
		if !(math.Abs(w[i]-g[i]) <= tol*(1+math.Abs(w[i]))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, g[i], w[i])
		}
	}
}

// docs/samplers.md lists what is registered.
func TestSamplersAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/samplers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range Samplers {
		if !strings.Contains(string(page), "`"+spec.Name+"`") {
			t.Errorf("docs/samplers.md does not list %s", spec.Name)
		}
	}
}

// The samplers that may end where sigma = 0, as docs/samplers.md says, end there, on every process and with Tweedie's
// score.
func TestEndAtData(t *testing.T) {
	b := interpreter(t)
	for _, spec := range Samplers {
		switch spec.Name {
		case "ancestral", "ancestral-kernel", "ddim", "ddim-eta", "annealed-langevin", "edm-heun", "dpm-solver-2":
		default:
			if _, single := spec.Sampler.(OneStep); single || spec.Kind != ReverseKind || spec.Name == "flow-dopri5" {
				continue
			}
		}
		for _, process := range Processes {
			lo, hi := process.Process.Horizon()
			grid := []float64{hi, (lo + hi) / 2, max(lo, 1e-3*hi), 0}
			build := gaussian(process.Process, dataMean, dataVariance)
			plan := Plan{Sampler: spec.Sampler, Grid: grid, Noise: random.NewKey(8), Build: Fixed(func() Model {
				return Model{Process: process.Process, Denoise: build(nil, nil).Denoise}
			})}
			if _, err := plan.Run(b, samples(3, 2)); err != nil {
				t.Errorf("%s on %s: %v", spec.Name, process.Name, err)
			}
		}
	}
}
