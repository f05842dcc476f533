package network

import (
	"math"
	"testing"

	"scorelab/lib/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// onHost reads weights from a store and applies layers in plain Go, one sample at a time.
type onHost struct{ store *model.Store }

func (h onHost) values(path string) []float64 {
	return tensors.MustCopyFlatData[float64](h.store.GetVariable(path).MustValue())
}

func (h onHost) dense(path string, x []float64) []float64 {
	w, y := h.values(path+"/weights"), h.values(path+"/bias")
	for j := range y {
		for i := range x {
			y[j] += x[i] * w[i*len(y)+j]
		}
	}
	return y
}

// known is the sum of the embedding of a noise level and the row of a label.
func (h onHost) known(frequencies []float64, logSNR float64, row int) []float64 {
	var cosines, sines []float64
	for _, w := range frequencies {
		cosines, sines = append(cosines, math.Cos(w*logSNR)), append(sines, math.Sin(w*logSNR))
	}
	e, table := h.dense("/noise", append(cosines, sines...)), h.values("/label/table")
	for i := range e {
		e[i] += table[row*len(e)+i]
	}
	return swish(e)
}

func swish(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v / (1 + math.Exp(-v))
	}
	return y
}

func sum(x, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = x[i] + y[i]
	}
	return z
}

// Outputs of the networks match plain Go, layer by layer, for samples that each have their noise level and label.
func TestForward(t *testing.T) {
	levels := []float64{-3, .5, 7, 1.2}
	labels := []int32{0, 1, -1, 0}
	for name, byHand := range map[string]func(h onHost, x []float64, logSNR float64, label int) []float64{
		"classes": func(h onHost, x []float64, logSNR float64, label int) []float64 {
			e := h.known([]float64{math.Pi / 40, math.Pi}, logSNR, (label+4)%4)
			return h.dense("/last", swish(sum(h.dense("/layer0", x), h.dense("/condition", e))))
		},
		"res-mlp": func(h onHost, x []float64, logSNR float64, label int) []float64 {
			e := h.known([]float64{math.Pi / 40, math.Pi / math.Sqrt(40), math.Pi}, logSNR, (label+3)%3)
			state := h.dense("/first", x)
			for _, block := range []string{"/block0", "/block1"} {
				y, scale, shift := h.dense(block+"/in", state), h.dense(block+"/scale", e), h.dense(block+"/shift", e)
				for i := range y {
					y[i] = y[i]*(1+scale[i]) + shift[i]
				}
				state = sum(state, h.dense(block+"/out", swish(y)))
			}
			return h.dense("/last", swish(state))
		},
	} {
		for _, spec := range small {
			if spec.Name != name {
				continue
			}
			store := scrambled(t, spec.Network, dtypes.Float64, 2)
			out, err := model.CallOnce(backendtest.Interpreter(t), store, func(scope *model.Scope, x, level,
				label *Node) *Node {
				return spec.Network.Net(scope)(x, Reshape(level, -1, 1), label)
			}, points, levels, labels)
			if err != nil {
				t.Fatal(err)
			}
			got := tensors.MustCopyFlatData[float64](out)
			for i, x := range points {
				label := int(labels[i])
				closeTo(t, name, got[2*i:2*i+2], byHand(onHost{store}, x, levels[i], label), 1e-13)
			}
		}
	}
}
