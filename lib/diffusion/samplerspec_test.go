package diffusion

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestEndsAtData checks that the samplers with EndsAtData end where sigma = 0, on every process and with Tweedie's
// score. The other samplers from noise to data must return an error.
func TestEndsAtData(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, spec := range Samplers {
		if spec.Kind != ReverseKind {
			continue
		}
		for _, process := range Processes {
			lo, hi := process.Process.Horizon()
			grid := []float64{hi, (lo + hi) / 2, max(lo, 1e-3*hi), 0}
			build := gaussian(process.Process, dataMean, dataVariance)
			plan := Plan{Sampler: spec.Sampler, Grid: grid, Noise: random.NewKey(8), Build: Fixed(func() Model {
				return Model{Process: process.Process, Denoise: build(nil, nil).Denoise}
			})}
			_, err := plan.Run(b, samples(3, 2))
			if spec.EndsAtData && err != nil {
				t.Errorf("%s on %s: %v", spec.Name, process.Name, err)
			}
			if !spec.EndsAtData && err == nil && vanishes(t, process.Process) {
				t.Errorf("%s on %s ends where sigma = 0, and says that it does not", spec.Name, process.Name)
			}
		}
	}
}

// vanishes reports whether a path has sigma = 0 at t = 0.
func vanishes(t *testing.T, p Process) bool {
	t.Helper()
	out, err := ExecOnce(backendtest.Interpreter(t), func(at *Node) *Node { return p.At(at).Sigma }, 0.)
	if err != nil {
		t.Fatal(err)
	}
	return out.Value().(float64) == 0
}

// TestEvaluations checks that a step after the first ones evaluates the model as often as the sampler's entry says.
func TestEvaluations(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, spec := range Samplers {
		if spec.Evaluations == Adaptive {
			continue
		}
		_, err := ExecOnce(b, func(g *Graph) *Node {
			asked := 0
			exact := gaussian(VP{}, dataMean, dataVariance)(nil, nil)
			counted := func(of func(x, t *Node) *Node) func(x, t *Node) *Node {
				return func(x, t *Node) *Node { asked++; return of(x, t) }
			}
			m := Model{Process: exact.Process, Denoise: counted(exact.Denoise), LogDensity: exact.LogDensity}
			if spec.Kind == StaticKind {
				m.Score = counted(exact.Score)
			}
			times := []float64{.8, .6, .5, .4, .3}
			if spec.Kind != ReverseKind {
				times = []float64{.1, .2, .3, .4, .5}
			}
			x, r := Zeros(g, shapes.Make(dtypes.Float64, 3, 2)), random.New(g, random.NewKey(1))
			carry := spec.Sampler.Init(m, x, r)
			for i := range times[1:] {
				asked = 0
				s := Span{From: Const(g, times[i]), To: Const(g, times[i+1]), Index: Const(g, int32(i)),
					Steps: Const(g, int32(len(times)-1))}
				x, carry = spec.Sampler.Step(m, s, x, carry, r)
			}
			if asked != spec.Evaluations {
				t.Errorf("%s asks the model %d times in a step, and says %d", spec.Name, asked, spec.Evaluations)
			}
			return x
		})
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
	}
}
