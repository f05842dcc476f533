package network

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// users evaluates a trained network in every way that the package offers, at samples x and time t.
func users(t *testing.T, n Spec, scope *model.Scope, x, at *Node) map[string]*Node {
	p, head := diffusion.VP{}, diffusion.EDMHead(1)
	m := Trained(p, n.Network, head)(scope, nil)
	out := map[string]*Node{"Learnt": m.Denoise(x, at), "its score": m.ScoreAt(x, at)}
	if energy, is := n.Network.(Energy); is {
		out["LogDensity"] = energy.LogDensity(scope, head, p, nil)(x, at)
	}
	if body, is := n.Network.(Body); is {
		outputs := x.Shape().Dim(1) // the width of the last layer
		out["Classifier"] = Classifier{Body: body, Classes: outputs}.LogProbs(scope, p)(x, at)
	}
	if c, knows := n.Network.(conditioned); knows && c.condition().Classes > 0 {
		pair, err := NewPair(scope, n.Network, head, p, 1)
		if err != nil {
			panic(err)
		}
		three := func(g diffusion.Guide) diffusion.Guide { return g.Scaled(diffusion.Constant(3)) }
		out["Pair"], out["Pair without"], out["Guided"] = pair.Conditional(x, at), pair.Unconditional(x, at),
			pair.Guided(p, three)(x, at)
	}
	for name, y := range out {
		if y.DType() != x.DType() {
			t.Errorf("%s of %s samples is %s", name, x.DType(), y.DType())
		}
	}
	return out
}

// A network with weights of one precision serves samples of the other. The outputs equal those in float32 alone, to
// rounding.
func TestNetworkServesEveryPrecision(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, n := range small {
			var want map[string][]float64
			for _, c := range []struct{ weights, samples dtypes.DType }{
				{dtypes.Float32, dtypes.Float32}, {dtypes.Float32, dtypes.Float64}, {dtypes.Float64, dtypes.Float32},
				{dtypes.Float64, dtypes.Float64},
			} {
				var names []string
				out, err := model.CallOnceN(b, scrambled(t, n.Network, c.weights, 2),
					func(scope *model.Scope, x *Node) []*Node {
						x, names = ConvertDType(x, c.samples), nil
						var all []*Node
						for name, y := range users(t, n, scope, x, Scalar(x.Graph(), x.DType(), .4)) {
							names, all = append(names, name), append(all, ConvertDType(y, dtypes.Float64))
						}
						return all
					}, [][]float64{{.3, -1}, {1.2, .4}, {-.5, .7}})
				if err != nil {
					t.Fatal(err)
				}
				got := map[string][]float64{}
				for i, name := range names {
					got[name] = tensors.MustCopyFlatData[float64](out[i])
				}
				if want == nil {
					want = got
				}
				for name := range want {
					// A hundred roundings of float32, 6e-8 each, divided by sigma = .7 squared in a score.
					closeTo(t, fmt.Sprintf("%s, weights %s, samples %s: %s", n.Name, c.weights, c.samples, name),
						got[name], want[name], 1e-5)
				}
			}
		}
	})
}

// A guided sampler in float64 runs on a pair with float32 weights, in the loops of both backends. It gives the same
// samples as in float32.
func TestPairSamples(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		build := func(scope *model.Scope, _ []*Node) diffusion.Model {
			pair, err := NewPair(scope, paired, diffusion.EDMHead(1), diffusion.VP{}, 1)
			if err != nil {
				panic(err)
			}
			three := diffusion.ByLabel(pair.Conditional).Scaled(diffusion.Constant(3))
			return diffusion.Model{Process: diffusion.VP{}, Denoise: three(diffusion.VP{}, pair.Unconditional)}
		}
		plan := diffusion.Plan{Build: build, Store: scrambled(t, paired, dtypes.Float32, 2), Sampler: diffusion.DDIM(0),
			Grid: []float64{1, .6, .2, .05}}
		single, err := plan.Run(b, tensors.FromValue([][]float32{{.3, -1}, {1.2, .4}}))
		if err != nil {
			t.Fatal(err)
		}
		double, err := plan.Run(b, tensors.FromValue([][]float64{{.3, -1}, {1.2, .4}}))
		if err != nil {
			t.Fatal(err)
		}
		var wide []float64
		for _, v := range tensors.MustCopyFlatData[float32](single) {
			wide = append(wide, float64(v))
		}
		closeTo(t, "samples", wide, tensors.MustCopyFlatData[float64](double), 1e-4) // three guided steps of float32
	})
}
