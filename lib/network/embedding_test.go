package network

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// Noise levels within the range of ln SNR have different embeddings, since the first sine increases over the whole
// range.
func TestNoiseFeatures(t *testing.T) {
	b := backendtest.Interpreter(t)
	var levels [][]float64
	for i := range 81 {
		levels = append(levels, []float64{-20 + float64(i)/2})
	}
	const k = 4
	f := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(u *Node) *Node { return NoiseFeatures(u, k) }, levels))
	for i := range levels {
		row := f[i*2*k : (i+1)*2*k]
		for j := range k {
			if r := row[j]*row[j] + row[k+j]*row[k+j]; math.Abs(r-1) > 1e-14 {
				t.Fatalf("level %g, frequency %d: cos^2 + sin^2 = %g", levels[i][0], j, r)
			}
		}
		if i > 0 && row[k] <= f[(i-1)*2*k+k] {
			t.Fatalf("the slowest sine falls at %g", levels[i][0])
		}
		if w := math.Cos(math.Pi * levels[i][0]); math.Abs(row[k-1]-w) > 1e-13 {
			t.Fatalf("the fastest cosine at %g is %g, want %g", levels[i][0], row[k-1], w)
		}
	}
}

// No label, as NoLabel or nil, has its own embedding. Classes differ. An unknown class gives NaN.
func TestLabels(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, i := range []int{2, 3} { // classes, res-mlp
			n := small[i].Network
			out, err := model.CallOnceN(b, scrambled(t, n, dtypes.Float64, 2),
				func(scope *model.Scope, x, label *Node) []*Node {
					net, level := n.Net(scope), Scalar(x.Graph(), x.DType(), .5)
					return []*Node{net(x, level, label), net(x, level, nil),
						net(x, level, ConvertDType(label, dtypes.Int64))}
				}, [][]float64{{.3, -1}, {.3, -1}, {.3, -1}, {.3, -1}, {.3, -1}}, []int32{0, diffusion.NoLabel, 1, 7,
					-2})
			if err != nil {
				t.Fatal(err)
			}
			got, none, wide := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1]),
				tensors.MustCopyFlatData[float64](out[2])
			closeTo(t, "NoLabel against nil", got[2:4], none[:2], 1e-15)
			closeTo(t, "labels as int64", wide[:6], got[:6], 1e-15)
			if got[0] == got[2] || got[0] == got[4] || got[2] == got[4] {
				t.Errorf("%s: classes 0, none and 1 answer %g, %g, %g", small[i].Name, got[0], got[2], got[4])
			}
			for _, v := range got[6:] {
				if !math.IsNaN(v) {
					t.Errorf("%s: a class that there is not answers %g", small[i].Name, v)
				}
			}
		}
	})
}

// Invalid settings and unsuitable inputs give an error of one sentence.
func TestNetworkFaults(t *testing.T) {
	b := backendtest.Interpreter(t)
	for want, n := range map[string]Network{
		`no activation "swihs"; there are swish, tanh`:     MLP{Hidden: []int{3}, Activation: "swihs"},
		`no initialization "xavier"; there are glorot, he`: MLP{Hidden: []int{3}, Last: "xavier"},
		"without hidden layers":                            MLP{},
		"hidden widths [3 0]":                              MLP{Hidden: []int{3, 0}},
		"0 blocks of width 5":                              ResMLP{Width: 5},
		"-1 frequencies, 0 classes, width 0 of the embedding": Energy{
			ResMLP{Width: 5, Blocks: 1, Condition: Condition{Frequencies: -1}}},
		"Energy without a body": Energy{},
	} {
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", n, err, want)
		}
		if err := Create(b, model.NewStore().RootScope(), n, dtypes.Float32, 2); err == nil || !strings.Contains(
			err.Error(), want) {
			t.Errorf("creating %+v: got %v, want %q", n, err, want)
		}
	}
	_, err := model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x, label *Node) *Node {
		return MLP{Hidden: []int{3}}.Net(scope)(x, Scalar(x.Graph(), x.DType(), 0), label)
	}, points, []int32{0, 1, 0, 1})
	if err == nil || !strings.Contains(err.Error(), "a network without classes got labels") {
		t.Errorf("labels for a network without classes: %v", err)
	}
}
