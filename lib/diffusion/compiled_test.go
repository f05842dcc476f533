package diffusion

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestCompiledIsThePlan checks that a compiled plan gives the plan's results. It covers every sampler, grids shorter
// and longer than what one call reads, both precisions, and one sample or more.
func TestCompiledIsThePlan(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	specs := append(Samplers,
		SamplerSpec{Name: "flow-likelihood", Sampler: FlowLikelihood{}, Kind: ReverseKind},
		SamplerSpec{Name: "bound", Sampler: ELBO{}, Kind: ReverseKind, Stochastic: true})
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range specs {
			if b.Name() == "xla" && !kindsOfLoop[spec.Name] {
				continue
			}
			plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: spec.Sampler,
				Noise: random.NewKey(3, spec.Name)}
			compiled, err := plan.Compile(b)
			if err != nil {
				t.Fatal(err)
			}
			defer compiled.Finalize()
			from, to := ends(spec.Kind, VP{})
			lengths, starts := []int{1, 7, 2*stretchOfGrid + 5}, []*tensors.Tensor{
				samples(5, 2), tensors.FromValue([][]float32{{.5}, {-1}}), samples(1, 1),
			}
			if b.Name() == "xla" { // where each pair compiles for a second
				lengths, starts = lengths[2:], starts[:2]
			}
			for _, n := range lengths {
				if plan.Grid, err = Uniform(from, to, n); err != nil {
					t.Fatal(err)
				}
				for _, x := range starts {
					want, err := plan.End(b, x)
					if err != nil {
						t.Fatalf("%s: %v", spec.Name, err)
					}
					got, err := compiled.End(plan.Grid, x)
					if err != nil {
						t.Fatalf("%s: %v", spec.Name, err)
					}
					within := 1e-12
					if x.DType().Size() == 4 {
						within = 1e-4
					}
					sameWithin(t, spec.Name+", compiled - plan", want.X, got.X, within)
					if len(got.Carry) != len(want.Carry) || got.Step != n || got.Time != want.Time {
						t.Errorf("%s: step %d at %g, carrying %d; the plan: %d at %g, carrying %d", spec.Name, got.Step,
							got.Time, len(got.Carry), want.Step, want.Time, len(want.Carry))
					}
				}
			}
		}
	})
}

// TestCompiledRefuses checks that a compiled plan refuses what a plan refuses, and works afterwards.
func TestCompiledRefuses(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		compiled, err := Plan{Build: gaussian(VP{}, 0, 1), Sampler: OneStep(ReverseEulerMaruyama)}.Compile(b)
		if err != nil {
			t.Fatal(err)
		}
		defer compiled.Finalize()
		x := samples(2, 1)
		for range 2 {
			for want, c := range map[string]struct {
				grid []float64
				x    *tensors.Tensor
			}{
				"times 0 and 1 are 1 and 1": {[]float64{1, 1}, x},
				"at least 2 times":          {nil, x},
				"samples are Int32": {[]float64{1, .5},
					tensors.FromValue([][]int32{{1}})},
				"are the same number in float32": {[]float64{1, 1 - 1e-9},
					tensors.FromValue([][]float32{{1}})},
				"ReverseEulerMaruyama leads from noise to data": {[]float64{.5, 1}, x},
				"sampling to t = 0.5, step 1 of 1: sample 1 is not": {[]float64{1, .5},
					tensors.FromValue([][]float64{{1}, {math.NaN()}})},
			} {
				if _, err := compiled.Run(c.grid, c.x); err == nil || !strings.Contains(err.Error(), want) ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q", err, want)
				}
			}
			if _, err := compiled.Run([]float64{1, .5}, x); err != nil {
				t.Error(err)
			}
		}
		for want, plan := range map[string]Plan{
			"needs Build and Sampler": {},
			"set Block to 0":          {Build: gaussian(VP{}, 0, 1), Sampler: DDIM(0), Block: 4},
		} {
			if _, err := plan.Compile(b); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		hopeless, err := Plan{Build: gaussian(VP{}, 0, 1), Sampler: DormandPrince{MaxEvaluations: 8}}.Compile(b)
		if err != nil {
			t.Fatal(err)
		}
		defer hopeless.Finalize()
		if _, err := hopeless.Run([]float64{1, .01}, x); err == nil || !strings.Contains(err.Error(),
			"evaluations of the model, the maximum") {
			t.Errorf("a sample that gave up: %v", err)
		}
	})
}
