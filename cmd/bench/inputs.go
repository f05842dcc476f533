package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// inputs is the folder through which our side hands a work's inputs to the peers, as NPY files.
type inputs struct {
	dir string
	err error // the first one
}

// put writes numbers of a shape; a name may have slashes. All errors are kept for err.
func put[T float32 | float64](in *inputs, name string, values []T, dims ...int) {
	if in.err != nil {
		return
	}
	kind := "<f8"
	if _, narrow := any(values).([]float32); narrow {
		kind = "<f4"
	}
	shape := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(dims)), ","), "[]")
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }", kind, shape)
	const fixed = 10 // bytes before the header
	header += strings.Repeat(" ", 63-(fixed+len(header))%64) + "\n"
	var file bytes.Buffer
	file.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&file, binary.LittleEndian, uint16(len(header)))
	file.WriteString(header)
	_ = binary.Write(&file, binary.LittleEndian, values)
	in.err = os.WriteFile(filepath.Join(in.dir, strings.ReplaceAll(strings.Trim(name, "/"), "/", ".")+".npy"),
		file.Bytes(), 0o644)
}

// putTensor writes a tensor.
func (in *inputs) putTensor(name string, x *tensors.Tensor) {
	if x.DType() == dtypes.Float32 {
		put(in, name, tensors.MustCopyFlatData[float32](x), x.Shape().Dimensions...)
	} else {
		put(in, name, tensors.MustCopyFlatData[float64](x), x.Shape().Dimensions...)
	}
}

// putWeights writes the variables of a store by their paths.
func (in *inputs) putWeights(store *model.Store) {
	for v := range store.IterVariables() {
		x, err := v.Value()
		if err != nil && in.err == nil {
			in.err = err
		}
		if in.err == nil {
			in.putTensor(v.Path(), x)
		}
	}
}

// flat are the numbers of a tensor in float64.
func flat(x *tensors.Tensor) []float64 {
	if x.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](x)
	}
	return wide(tensors.MustCopyFlatData[float32](x))
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// tensor makes a tensor of numbers in either precision.
func tensor[T float32 | float64](values []T, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}
