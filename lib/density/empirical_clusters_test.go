package density

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// Two clusters, one near 0 and one far away: no center is close to both. In the far one |x|^2 is at least 10^8 while
// neighbors are a unit apart. The nearest point of a copy is the point itself. Under noise of .05 the denoiser maps a
// copy to its point, since the next point has the weight exp(-200). This holds in few and in many dimensions, for few
// and for many points.
func TestTwoFarClusters(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	const sigma = .05
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for dtype, far := range map[dtypes.DType]float64{dtypes.Float32: 1e4, dtypes.Float64: 1e10} {
			sizes, dims := []int{12, 200}, []int{1, 2, 5, 6, directDim}
			if b.Name() != "go" {
				sizes, dims = sizes[1:], []int{1, 6, directDim} // XLA takes a second for each graph
			}
			var inputs []any
			var names []string
			for _, n := range sizes {
				for _, d := range dims {
					names = append(names, fmt.Sprintf("%s, %d points in %d dimensions", dtype, n, d))
					inputs = append(inputs, clusters(n, d, far))
				}
			}
			out := MustExecOnceN(b, func(in []*Node) []*Node {
				var out []*Node
				for _, data := range in {
					data = ConvertDType(data, dtype)
					x := Reverse(data, 0)
					index, _, squared := Nearest(data, x)
					missed := ReduceAllSum(ConvertDType(NotEqual(Reverse(index, 0), Iota(x.Graph(), index.Shape(), 0)),
						dtypes.Float64))
					off := ReduceAllMax(
						Abs(Sub(Empirical(diffusion.EDM{}, data).Denoise(x, Scalar(x.Graph(), dtype, sigma)), x)))
					out = append(out, missed, ConvertDType(ReduceAllMax(squared), dtypes.Float64),
						ConvertDType(off, dtypes.Float64))
				}
				return out
			}, inputs...)
			// The mean is a weighted sum of points less the center, so it is rounded relative to the distance of the
			// center.
			tol := map[dtypes.DType]float64{dtypes.Float32: 0x1p-22, dtypes.Float64: 0x1p-51}[dtype] * far
			for i, name := range names {
				missed, squared, off := tensors.ToScalar[float64](out[3*i]), tensors.ToScalar[float64](out[3*i+1]),
					tensors.ToScalar[float64](out[3*i+2])
				if missed != 0 || squared != 0 || !(off <= tol) {
					t.Errorf("%s: %g copies have another nearest point, squared distances are up to %g, denoised "+
						"copies are off by up to %g, allowed %.2g",
						name, missed, squared, off, tol)
				}
			}
		}
	})
}

// clusters returns n points [n, d] that are a unit apart along the first axis, and along the other axes in another
// order. Every other point is far away.
func clusters(n, d int, far float64) *tensors.Tensor {
	flat := make([]float64, n*d)
	for i := range n {
		for j := range d {
			flat[i*d+j] = far*float64(i%2) + float64(i/2*(1+j)%(n+j))
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, n, d)
}

// Gradients are exact also beyond directDim, where distances come from a matrix product.
func TestEmpiricalGradient(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	const n, alpha, sigma = 5, .8, .5
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, d := range []int{directDim, directDim + 1, 3 * directDim} {
			out := MustExecOnceN(b, func(data *Node) []*Node {
				model := Empirical(constantPath{alpha, sigma}, data)
				x := AddScalar(MulScalar(Slice(data, AxisRange(0, 3)), alpha), .3)
				none := ScalarZero(x.Graph(), x.DType())
				byX := Gradient(ReduceAllSum(model.LogDensity(x, none)), x)[0]
				return []*Node{ReduceAllMax(Abs(Sub(byX, model.ScoreAt(x, none))))}
			}, clusters(n, d, .7))
			if gap := tensors.ToScalar[float64](out[0]); !(gap <= 1e-12) {
				t.Errorf("%d dimensions: the gradient of the log density and the score differ by %g", d, gap)
			}
		}
	})
}
