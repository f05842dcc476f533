package density

import (
	"runtime"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// Samples and data that do not fit give a one-sentence error with both shapes, whichever way the graph is built.
func TestPlanNamesBothShapes(t *testing.T) {
	grid, err := diffusion.Uniform(.9, .1, 2)
	if err != nil {
		t.Fatal(err)
	}
	empirical := EmpiricalBuild(diffusion.VP{})
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		data := tensors.FromValue([][]float64{{1, 2}, {3, 4}}) // a tensor belongs to its backend
		for _, c := range []struct {
			build  diffusion.Build
			inputs []*tensors.Tensor
			x      *tensors.Tensor
			want   string
		}{
			{Cross().Build(diffusion.VP{}), nil, tensors.FromValue([][]float64{{1, 2, 3}}),
				"mixture X2 takes x of shape [batch, 2], not (Float64)[1, 3]"},
			{Cross().Build(diffusion.VP{}), nil, tensors.FromValue([][][]float64{{{1, 2}}}),
				"mixture X2 takes x of shape [batch, 2], not (Float64)[1, 1, 2]"},
			{empirical, []*tensors.Tensor{data}, tensors.FromValue([][]float64{{1, 2, 3}}),
				"samples of shape (Float64)[1, 3] do not fit data of shape (Float64)[2, 2]: give [batch, 2] of the " +
					"same type"},
			{empirical, []*tensors.Tensor{data}, tensors.FromValue([][]float32{{1, 2}}),
				"samples of shape (Float32)[1, 2] do not fit data of shape (Float64)[2, 2]"},
			{empirical, []*tensors.Tensor{tensors.FromValue([]float64{1})}, data, "an empirical density takes data " +
				"of shape [n, d], not (Float64)[1]"},
			{empirical, nil, data, "takes its data from the first input of the plan, which has none"},
		} {
			plan := diffusion.Plan{Build: c.build, Inputs: c.inputs, Sampler: diffusion.DDIM(0), Grid: grid}
			_, err := plan.Run(b, c.x)
			// Nothing was sampled yet, so the error is about the model and gives no time or step.
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sampling to") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
	})
}

// A function that panics with any value gives a one-line error from a quadrature and from ScoreErrors.
func TestPanicsInAQuadrature(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, fail := range map[string]func(){"text": func() { panic("text") }, "runtime.Goexit": runtime.Goexit} {
			_, err := Expect(b, Bimodal(), diffusion.EDM{}, 1, func(diffusion.Model, *Node, *Node) *Node {
				fail()
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Expect: %v, want one line with %q", err, want)
			}
			_, err = ScoreErrors(b, Bimodal(), nil, diffusion.EDM{}, func(*model.Scope, []*Node) diffusion.Model {
				fail()
				return diffusion.Model{}
			}, 1)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("ScoreErrors: %v, want one line with %q", err, want)
			}
		}
	})
}
