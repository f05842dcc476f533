package network

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

var paired = MLP{Hidden: []int{8}, Condition: Condition{Frequencies: 2, Classes: 3, Width: 4}}

// The two denoisers are those of the network with and without the label, under a guide and alone.
func TestPair(t *testing.T) {
	for _, n := range []Network{paired, ResMLP{Width: 8, Blocks: 1, Condition: Condition{Classes: 3}}, Energy{paired}} {
		store, p, head := scrambled(t, n, dtypes.Float64, 2), diffusion.VP{}, diffusion.EDMHead(1)
		out, err := model.CallOnceN(backendtest.Interpreter(t), store, func(scope *model.Scope, x *Node) []*Node {
			pair, err := NewPair(scope, n, head, p, 1)
			if err != nil {
				panic(err)
			}
			at, net := Const(x.Graph(), .4), n.Net(scope)
			three := func(g diffusion.Guide) diffusion.Guide { return g.Scaled(diffusion.Constant(3)) }
			with, without := head.Denoiser(p, net, Const(x.Graph(), []int32{1, 1, 1}))(x, at),
				head.Denoiser(p, net, nil)(x, at)
			return []*Node{
				pair.Conditional(x, at), with, pair.Unconditional(x, at), without,
				pair.Guided(p, three)(x, at), Sub(MulScalar(with, 3), MulScalar(without, 2)),
			}
		}, [][]float64{{.3, -1}, {1.2, .4}, {-.5, 2}})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(out); i += 2 {
			closeTo(t, "denoiser", tensors.MustCopyFlatData[float64](out[i]), tensors.MustCopyFlatData[float64](
				out[i+1]), 1e-13)
		}
	}
}

// Unsuitable weights and classes are refused when the model is built.
func TestPairFaults(t *testing.T) {
	bind := func(n Network, store *model.Store, class int) error {
		_, err := NewPair(store.RootScope(), n, diffusion.EDMHead(1), diffusion.VP{}, class)
		return err
	}
	blank := model.NewStore()
	if err := Create(backendtest.Interpreter(t), blank.RootScope(), paired, dtypes.Float32, 2); err != nil {
		t.Fatal(err)
	}
	trained := scrambled(t, paired, dtypes.Float32, 2)
	for want, err := range map[string]error{
		"a network without classes has no conditional head": bind(MLP{Hidden: []int{3}}, trained, 0),
		"network without classes":                           bind(Energy{}, trained, 0),
		"class 3 of a network with 3; they are 0 to 2":      bind(paired, trained, 3),
		"class -1 of a network with 3":                      bind(paired, trained, -1),
		"no weights for its labels":                         bind(paired, model.NewStore(), 1),
		"never trained without labels":                      bind(paired, blank, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := bind(paired, trained, 2); err != nil {
		t.Error(err)
	}
}

// classifierLoss is the loss at one noise level.
func classifierLoss(scope *model.Scope, m Classifier, x0, label *Node, r *random.Source) *Node {
	return m.Loss(scope, diffusion.VP{}, diffusion.FixedTime(.3), diffusion.Batch{X0: x0, Label: label}, r)
}

// The loss is the cross entropy at x_t. Probabilities sum to 1. Labels may be of any integer type and a column.
func TestClassifier(t *testing.T) {
	m := Classifier{Body: MLP{Hidden: []int{6}, Condition: Condition{Frequencies: 2}}, Classes: 3, SD: 2}
	x0, eps := [][]float64{{1, 2}, {-1, .5}, {0, 3}}, [][]float64{{.1, -.2}, {.7, .4}, {-1, 1}}
	out, err := model.CallOnceN(backendtest.Interpreter(t), model.NewStore(),
		func(scope *model.Scope, in []*Node) []*Node {
			x0, eps, labels := in[0], in[1], in[2]
			p, at := diffusion.VP{}, Const(x0.Graph(), .3)
			loss := classifierLoss(scope, m, x0, labels, random.Replay(eps))
			x := p.At(at).Forward(x0, eps)
			one := func(k int) *Node { return m.LogProb(scope, p, k)(x, at) }
			return []*Node{loss, one(0), one(1), one(2), ReduceSum(Exp(m.LogProbs(scope, p)(x, at)), 1),
				classifierLoss(scope, m, x0, AddScalar(labels, 3), random.Replay(eps))}
		}, x0, eps, [][]int32{{2}, {0}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	flat := func(i int) []float64 { return tensors.MustCopyFlatData[float64](out[i]) }
	closeTo(t, "loss", flat(0), []float64{-flat(3)[0], -flat(1)[1], -flat(2)[2]}, 1e-13)
	closeTo(t, "total", flat(4), []float64{1, 1, 1}, 1e-13)
	for _, v := range flat(5) {
		if !math.IsNaN(v) {
			t.Errorf("a label that is no class has loss %g", v)
		}
	}
}

func TestClassifierFaults(t *testing.T) {
	body := MLP{Hidden: []int{6}}
	call := func(m Classifier, class int, labels bool) error {
		_, err := model.CallOnce(backendtest.Interpreter(t), model.NewStore(), func(scope *model.Scope, x *Node) *Node {
			if !labels {
				return classifierLoss(scope, m, x, nil, random.Replay(x))
			}
			return m.LogProb(scope, diffusion.VP{}, class)(x, Const(x.Graph(), .3))
		}, [][]float64{{1, 2}})
		return err
	}
	for want, err := range map[string]error{
		"class 2 of a classifier of 2; they are 0 to 1": call(Classifier{Body: body, Classes: 2}, 2, true),
		"class -1 of a classifier":                      call(Classifier{Body: body, Classes: 2}, -1, true),
		"without a body":                                call(Classifier{Classes: 2}, 1, true),
		"Classifier of 1 classes":                       call(Classifier{Body: body, Classes: 1}, 0, true),
		"standard deviation -1":                         call(Classifier{Body: body, Classes: 2, SD: -1}, 0, true),
		"without labels":                                call(Classifier{Body: body, Classes: 2}, 0, false),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
