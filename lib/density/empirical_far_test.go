package density

import (
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// farData are n points of a grid of half units, of which every coordinate starts at an offset that its type holds exactly.
func farData(n, d int, offset float64) *tensors.Tensor {
	flat := make([]float64, n*d)
	for i := range n {
		for j := range d {
			flat[i*d+j] = offset + .5*float64(i*(j+1)%(n+j))
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, n, d)
}

// Data far from 0 and close together: noise of .05 leaves a copy its own denoised point, whose neighbours are 10 standard
// deviations away, and half way between two points the mean of both; the nearest point of a copy is itself. In one dimension
// and in as many as take a matrix product, of one sample and of all.
func TestEmpiricalFarFromZero(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			dtype  dtypes.DType
			offset float64
		}{{dtypes.Float32, 1e4}, {dtypes.Float32, -1e4}, {dtypes.Float32, 0}, {dtypes.Float64, 1e7}, {dtypes.Float64, 0}} {
			for _, d := range []int{1, 2, directDim, directDim + 1, 40} {
				for _, batch := range []int{1, 30} {
					t.Run(fmt.Sprintf("%s/%g/%d/%d", c.dtype, c.offset, d, batch), func(t *testing.T) {
						checkCopies(t, b, c.dtype, c.offset, d, batch)
					})
				}
			}
		}
	})
}

func checkCopies(t *testing.T, b compute.Backend, dtype dtypes.DType, offset float64, d, batch int) {
	const n, sigma = 30, .05
	out := MustExecOnceN(b, func(data *Node) []*Node {
		data = ConvertDType(data, dtype)
		x := Slice(data, AxisRange(n-batch), AxisRange())
		m, at := Empirical(diffusion.EDM{}, data), Scalar(data.Graph(), dtype, sigma)
		index, _, squared := Nearest(data, x)
		between := Add(x, MulScalar(OnesLike(x), .125)) // on the way from a point to others
		_, row, apart := Nearest(data, between)
		return []*Node{
			ReduceAllMax(Abs(Sub(m.Denoise(x, at), x))),
			ConvertDType(index, dtypes.Float64), squared,
			m.LogDensity(x, at),
			Sub(ReduceSum(Square(Sub(between, row)), 1), apart),
		}
	}, farData(n, d, offset))
	if worst := convert(out[0])[0]; worst != 0 {
		t.Errorf("denoised copies are off by %g", worst)
	}
	// The log density of a copy: its own ball, of n equal ones, and next to nothing of the others, exp(-50) each.
	log := -math.Log(n) - float64(d)*(math.Log(sigma)+logTwoPi/2)
	for i, index := range convert(out[1]) {
		if int(index) != n-batch+i || convert(out[2])[i] != 0 {
			t.Errorf("the nearest of copy %d is point %g at the squared distance %g", n-batch+i, index, convert(out[2])[i])
		}
		// The logarithms of float32 have 7 digits.
		if tol := map[dtypes.DType]float64{dtypes.Float32: 1e-6, dtypes.Float64: 1e-14}[dtype] * (1 + math.Abs(log)); !(math.Abs(convert(out[3])[i]-log) <= tol) {
			t.Errorf("log density of copy %d is %.9g, want %.9g", i, convert(out[3])[i], log)
		}
	}
}

// convert is a tensor of either type, flat.
func convert(t *tensors.Tensor) []float64 {
	if t.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](t)
	}
	var flat []float64
	for _, v := range tensors.MustCopyFlatData[float32](t) {
		flat = append(flat, float64(v))
	}
	return flat
}
