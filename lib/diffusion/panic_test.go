package diffusion

import (
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
)

// TestPanicsInAPlan checks that every way to run a plan, and CoefficientsAt, returns one line at once, however a
// model's Build ends.
func TestPanicsInAPlan(t *testing.T) {
	for what, fail := range map[string]func(){
		"text of a model":   func() { panic("text of a model") },
		"index out of":      func() { _ = []int{}[len(samplesOfNone)] },
		"runtime.Goexit":    runtime.Goexit,
		"there is no proce": nil, // no panic: the model has no process
	} {
		build := func(*model.Scope, []*Node) Model {
			if fail != nil {
				fail()
			}
			return Model{}
		}
		backendtest.Each(t, func(t *testing.T, b compute.Backend) {
			plan := Plan{Build: build, Sampler: DPMSolverPP(2), Grid: []float64{.9, .5, .1}}
			all := ways(plan)
			plan.Sampler = nil
			all["LogLikelihood"] = func(b compute.Backend, x *tensors.Tensor) error {
				_, err := plan.LogLikelihood(b, x, NoisePrior)
				return err
			}
			all["LogPrior"] = func(b compute.Backend, x *tensors.Tensor) error {
				_, err := plan.LogPrior(b, x, NoisePrior)
				return err
			}
			all["Read"] = func(b compute.Backend, _ *tensors.Tensor) error {
				_, err := CoefficientsAt(b, failing{VP{}, fail}, plan.Grid)
				return err
			}
			all["InRatio"] = func(b compute.Backend, _ *tensors.Tensor) error {
				_, err := InRatio(b, failing{VP{}, fail}, 1, .1, 3, Geometric)
				return err
			}
			all["AtRatios"] = func(b compute.Backend, _ *tensors.Tensor) error {
				_, err := AtRatios(b, failing{VP{}, fail}, []float64{1})
				return err
			}
			for name, run := range all {
				done := make(chan error)
				go func() { done <- run(b, samples(3, 2)) }()
				select {
				case err := <-done:
					if fail == nil && (name == "Read" || name == "InRatio" || name == "AtRatios") {
						continue
					}
					if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "\n") {
						t.Errorf("%s: %v, want one line with %q", name, err, what)
					}
				case <-time.After(time.Minute):
					t.Fatalf("%s never returned from %q", name, what)
				}
			}
		})
	}
}

var samplesOfNone []int

// failing is a process whose formulas fail.
type failing struct {
	Process
	fail func()
}

func (f failing) At(t *Node) Coeffs {
	if f.fail != nil {
		f.fail()
	}
	return f.Process.At(t)
}
