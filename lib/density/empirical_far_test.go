package density

import (
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// farData returns n points of a grid of half units. Every coordinate starts at an offset that its type represents
// exactly.
func farData(n, d int, offset float64) *tensors.Tensor {
	flat := make([]float64, n*d)
	for i := range n {
		for j := range d {
			flat[i*d+j] = offset + .5*float64(i*(j+1)%(n+j))
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, n, d)
}

// Data far from 0 and close together. Under noise of .05 the denoiser maps a copy of a point to that point, since the
// next one is 10 standard deviations away. The nearest point of a copy is the point itself. This holds in one dimension
// and in so many that distances take a loop, for one sample and for all.
func TestEmpiricalFarFromZero(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			dtype  dtypes.DType
			offset float64
		}{{dtypes.Float32, 1e4}, {dtypes.Float32, -1e4}, {dtypes.Float32, 0}, {dtypes.Float64, 1e7},
			{dtypes.Float64, 0}} {
			if b.Name() != "go" && c.offset != 1e4 && c.offset != 1e7 { // XLA takes seconds for each
				continue
			}
			t.Run(fmt.Sprintf("%s/%g", c.dtype, c.offset), func(t *testing.T) { checkCopies(t, b, c.dtype, c.offset) })
		}
	})
}

func checkCopies(t *testing.T, b compute.Backend, dtype dtypes.DType, offset float64) {
	const n, sigma = 30, .05
	dims, batches := []int{1, 2, directDim + 1, 40}, []int{1, n}
	if b.Name() != "go" {
		dims = []int{1, 40}
	}
	var inputs []any
	for _, d := range dims {
		inputs = append(inputs, farData(n, d, offset))
	}
	out := MustExecOnceN(b, func(in []*Node) []*Node {
		var out []*Node
		for _, data := range in {
			data = ConvertDType(data, dtype)
			m, at := Empirical(diffusion.EDM{}, data), Scalar(data.Graph(), dtype, sigma)
			for _, batch := range batches {
				x := Slice(data, AxisRange(n-batch), AxisRange())
				index, row, squared := Nearest(data, x)
				out = append(out, ReduceAllMax(Abs(Sub(m.Denoise(x, at), x))), index, ReduceAllMax(Abs(Sub(row, x))),
					squared, m.LogDensity(x, at))
			}
		}
		for i, v := range out {
			out[i] = ConvertDType(v, dtypes.Float64)
		}
		return out
	}, inputs...)
	v := func(i int) []float64 { return tensors.MustCopyFlatData[float64](out[i]) }
	for k, d := range dims {
		for j, batch := range batches {
			first := 5 * (k*len(batches) + j)
			if worst := v(first)[0]; !(worst <= 1e-20) { // the next point has the weight exp(-50)
				t.Errorf("%d dimensions, batch of %d: denoised copies are off by %g", d, batch, worst)
			}
			// The log density of a copy: its own ball, of n equal ones. Logarithms of float32 have 7 digits.
			log := -math.Log(n) - float64(d)*(math.Log(sigma)+logTwoPi/2)
			tol := map[dtypes.DType]float64{dtypes.Float32: 1e-6, dtypes.Float64: 1e-14}[dtype] * (1 + math.Abs(log))
			for i, index := range v(first + 1) {
				if int(index) != n-batch+i || v(first + 2)[0] != 0 || v(first + 3)[i] != 0 {
					t.Errorf("%d dimensions: the nearest of copy %d is point %g at the squared distance %g", d,
						n-batch+i, index, v(first + 3)[i])
				}
				if got := v(first + 4)[i]; !(math.Abs(got-log) <= tol) {
					t.Errorf("%d dimensions: log density of copy %d is %.9g, want %.9g", d, i, got, log)
				}
			}
		}
	}
}

// Many points are closer to each other than a matrix product resolves in float32. Nearest still returns the point at
// the smallest direct distance.
func TestNearestAmongNeighbors(t *testing.T) {
	const n, d = 4, 40
	flat := make([]float32, n*d)
	for i := range n {
		for j := range d {
			flat[i*d+j] = 10 * float32(j%2*2-1) * float32(1+j)
		}
		flat[i*d] += float32(i) * 1e-4 // squared distances of 1e-8 beside |x|^2 of 1e6
	}
	flat = append(flat, make([]float32, d)...) // one point at 0 moves the center away from the others
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		data := tensors.FromFlatDataAndDimensions(append([]float32(nil), flat...), n+1, d)
		out := MustExecOnceN(b, func(data *Node) []*Node {
			index, _, squared := Nearest(data, data)
			return []*Node{index, squared}
		}, data)
		for i, index := range tensors.MustCopyFlatData[int32](out[0]) {
			if squared := tensors.MustCopyFlatData[float32](out[1])[i]; int(index) != i || squared != 0 {
				t.Errorf("the nearest of copy %d is point %d at the squared distance %g", i, index, squared)
			}
		}
	})
}

// The empirical density is independent of the unit, origin and order of the data, in both ways of measuring distances.
// The tolerance is the rounding of moved points, times the largest slope of the closed forms: at most 2 |x - y|/sigma^2
// = 60 for these data.
func TestEmpiricalInvariance(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom([]int{1, 2, directDim + 1}).Draw(rt, "d")
		m := move{math.Pow(10, rapid.Float64Range(-6, 6).Draw(rt, "log scale")),
			rapid.SampledFrom([]float64{0, 1, -1e3, 1e7}).Draw(rt, "offset")}
		dtype, epsilon := dtypes.Float64, 0x1p-52
		if rapid.Bool().Draw(rt, "single") {
			dtype, epsilon, m.offset = dtypes.Float32, 0x1p-23, math.Mod(m.offset, 1e4)
		}
		const n, sigma, alpha = 20, .5, .8
		flat := make([]float64, n*d)
		for i := range flat {
			flat[i] = rapid.Float64Range(-2, 2).Draw(rt, "coordinate")
		}
		out := MustExecOnceN(b, func(data *Node) []*Node {
			at := func(y *Node, m move) (denoised, log *Node) {
				center, scale := ConstAs(y, [][]float64{m.shift(d)}), Scalar(y.Graph(), y.DType(), m.scale)
				moved := func(v *Node) *Node { return ConvertDType(Add(Mul(v, scale), center), dtype) }
				x := Add(MulScalar(Slice(y, AxisRange(0, 3)), alpha), MulScalar(OnesLike(Slice(y, AxisRange(0, 3))),
					.3))
				x = ConvertDType(Add(Mul(x, scale), MulScalar(center, alpha)), dtype)
				p := inUnits{constantPath{alpha, sigma}, m.scale}
				model := Empirical(p, Reverse(moved(y), 0))
				if m == (move{1, 0}) {
					model = Empirical(p, moved(y))
				}
				none := Scalar(y.Graph(), dtype, 0)
				double := func(v *Node) *Node { return ConvertDType(v, dtypes.Float64) }
				return Div(Sub(double(model.Denoise(x, none)), center), scale),
					AddScalar(double(model.LogDensity(x, none)), float64(d)*math.Log(m.scale))
			}
			d0, l0 := at(data, move{1, 0})
			d1, l1 := at(data, m)
			return []*Node{ReduceAllMax(Abs(Sub(d1, d0))), ReduceAllMax(Abs(Sub(l1, l0)))}
		}, tensors.FromFlatDataAndDimensions(flat, n, d))
		for i, v := range out {
			if tol := 60 * 4 * epsilon * (10 + math.Abs(m.offset)); !(tensors.ToScalar[float64](v) <= tol) {
				rt.Errorf("%s is off by %g, allowed %g", []string{"denoiser", "log density"}[i],
					tensors.ToScalar[float64](v), tol)
			}
		}
	})
}

// constantPath has one noise level at all times.
type constantPath struct{ alpha, sigma float64 }

func (p constantPath) At(t *Node) diffusion.Coeffs {
	none := ZerosLike(t)
	return diffusion.Coeffs{Alpha: AddScalar(none, p.alpha), Sigma: AddScalar(none, p.sigma), DAlpha: none, DVar: none}
}

func (constantPath) Horizon() (tMin, tMax float64) { return 0, 1 }

func (constantPath) Validate() error { return nil }
