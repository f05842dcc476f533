package diffusion

import (
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

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

// TestPlanFollowsItsGrid checks that a plan steps over its own grid, in order. On an uneven grid the deterministic
// chain is the composition of the affine maps of its spans. A driver that is off by one time, or skips an end, would
// fail.
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

// kindsOfLoop are samplers of each kind that a loop treats in its own way: they draw noise, carry history, or repeat a
// step. XLA compiles each for a second, so some tests run only these there.
var kindsOfLoop = map[string]bool{"reverse-em": true, "dpm-solver++-2m": true, "flow-dopri5": true}

// TestRunEqualsTrace checks that both drivers, every backend, and one batch or many give the same chain. Within a
// backend's driver it is the same bit for bit. Between drivers the compiler's rearrangement changes a few ulp a step.
func TestRunEqualsTrace(t *testing.T) {
	const n = 12
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range append(Samplers, SamplerSpec{Name: "carrying", Sampler: carrying{OneStep(Langevin)},
			Kind: StaticKind}) {
			for _, process := range Processes {
				if (testing.Short() || b.Name() == "xla") && process.Name != "vp" {
					continue // each pair compiles twice, on XLA for half a second; the process is only numbers
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

				if b.Name() == "xla" && !kindsOfLoop[spec.Name] {
					continue
				}
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

// TestChunksAgreeWithTheWhole checks that the noise of a sample is independent of the batch around it: a chunk of the
// batch gives the chunk of the result.
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

// TestEveryStepCount checks that any number of steps from 1 up works.
func TestEveryStepCount(t *testing.T) {
	b := backendtest.Interpreter(t)
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

// TestWeightsAndTablesInLoops checks that weights and tables reach the loop's body, in either driver, and stay
// unchanged.
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

// TestConvolutionLeavesTheLoop checks that a body with a native convolution is stepped from the host on a CPU.
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
