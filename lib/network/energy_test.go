package network

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

var points = [][]float64{{.3, -1}, {1.2, .4}, {-.5, -.6}, {2, 1}}

// jacobian is the Jacobian of f at x [batch, 2], as [batch, 4], by rows.
func jacobian(f func(x *Node) *Node, x *Node) *Node {
	y := f(x)
	var rows []*Node
	for i := range 2 {
		rows = append(rows, Gradient(ReduceAllSum(Slice(y, AxisRange(), AxisElem(i))), x)[0])
	}
	return Concatenate(rows, 1)
}

// The score of an energy has a symmetric Jacobian under every head. The score of an unconstrained network does not.
func TestEnergyHasNoCurl(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, spec := range small {
		_, energy := spec.Network.(Energy)
		if !energy && spec.Name != "mlp" {
			continue
		}
		out, err := model.CallOnceN(b, scrambled(t, spec.Network, dtypes.Float64, 2),
			func(scope *model.Scope, x *Node) []*Node {
				var all []*Node
				for _, head := range diffusion.Heads {
					score := head.Head(.8).Score(diffusion.VP{}, spec.Network.Net(scope), nil)
					all = append(all, jacobian(func(x *Node) *Node {
						return score(x, Scalar(x.Graph(), x.DType(), .4))
					}, x))
				}
				return all
			}, points)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range out {
			curl, size := 0., 0.
			j := tensors.MustCopyFlatData[float64](o)
			for k := 0; k < len(j); k += 4 {
				curl = max(curl, math.Abs(j[k+1]-j[k+2]))
				size = max(size, math.Abs(j[k]), math.Abs(j[k+1]), math.Abs(j[k+2]), math.Abs(j[k+3]))
			}
			if energy && curl > 1e-14*size {
				t.Errorf("%s under %s: curl %g of a Jacobian of size %g", spec.Name, diffusion.Heads[i].Name, curl,
					size)
			}
			if !energy && curl < 1e-3*size {
				t.Errorf("%s under %s: curl %g of a Jacobian of size %g, from a network without an energy",
					spec.Name, diffusion.Heads[i].Name, curl, size)
			}
		}
	}
}

// The gradient of the log density of an energy is the score, under every head, at one time and at many. The gradient of
// its potential is minus the network's output.
func TestEnergyLogDensity(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, n := range small {
		m, energy := n.Network.(Energy)
		if !energy {
			continue
		}
		for _, process := range diffusion.Processes {
			p := process.Process
			lo, hi := p.Horizon()
			early, late := lo+.2*(hi-lo), lo+.7*(hi-lo)
			out, err := model.CallOnceN(b, scrambled(t, m, dtypes.Float64, 2),
				func(scope *model.Scope, x, many *Node) []*Node {
					one := Scalar(x.Graph(), x.DType(), early)
					var all []*Node
					for _, head := range diffusion.Heads {
						h := head.Head(.8)
						for _, at := range []*Node{one, many} {
							logP := m.LogDensity(scope, h, p, nil)(x, at)
							logP.AssertDims(len(points))
							all = append(all, h.Score(p, m.Net(scope), nil)(x, at), Gradient(ReduceAllSum(logP), x)[0])
						}
					}
					return all
				}, points, [][]float64{{early}, {late}, {early}, {late}})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(out); i += 2 {
				// Both divide a difference from D by sigma^2, which amplifies rounding to 1e-16/sigma^2.
				closeTo(t, n.Name+"/"+process.Name, tensors.MustCopyFlatData[float64](out[i+1]),
					tensors.MustCopyFlatData[float64](out[i]), 1e-11)
			}
		}
	}
}

// The gradients that train an energy match central differences. For the objectives with a trace they are third
// derivatives.
func TestEnergyLearns(t *testing.T) {
	const step = 1e-5
	b := backendtest.Interpreter(t)
	m := diffusion.Matching{Times: diffusion.FixedTime(.3)}
	n := small[4].Network
	store := scrambled(t, n, dtypes.Float64, 2)
	for name, o := range map[string]diffusion.Objective{
		"denoising": diffusion.Denoising(diffusion.EDMHead(1), diffusion.Plain, diffusion.FixedTime(.3)),
		"implicit":  diffusion.Implicit(m),
		"sliced":    diffusion.Sliced(m, (*random.Source).Normal),
	} {
		exec, err := model.NewExec(b, store, func(scope *model.Scope, x *Node) []*Node {
			net := n.Net(scope)
			w := scope.At("layer1").GetVariable("weights").NodeValue(x)
			loss := ReduceAllMean(o(diffusion.VP{}, net, diffusion.Batch{X0: x},
				random.New(x.Graph(), random.NewKey(1, "noise"))))
			return []*Node{loss, Gradient(loss, w)[0]}
		})
		if err != nil {
			t.Fatal(err)
		}
		call := func() []*tensors.Tensor {
			out, err := exec.Call(points)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		gradient := tensors.MustCopyFlatData[float64](call()[1])
		weights := store.Scope("/layer1").GetVariable("weights")
		original := tensors.MustCopyFlatData[float64](weights.MustValue())
		at := func(i int, by float64) float64 {
			moved := append([]float64{}, original...)
			moved[i] += by
			if err := weights.SetValue(tensors.FromFlatDataAndDimensions(moved, weights.Shape().Dimensions...)); err !=
				nil {
				t.Fatal(err)
			}
			return tensors.ToScalar[float64](call()[0])
		}
		for _, i := range []int{0, 9, 33, 63} {
			slope := (at(i, step) - at(i, -step)) / (2 * step)
			// errors of step^2 and of 1e-16/step times the loss
			closeTo(t, name, []float64{gradient[i]}, []float64{slope}, 1e-7)
		}
		at(0, 0)
		exec.Finalize()
	}
}
