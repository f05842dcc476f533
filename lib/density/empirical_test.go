package density

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// The empirical density of the probing points, at VE noise of variance 1 and more, equals Probing. The closed forms of
// Probing use other code. Means and logs computed point by point on the host are a second reference.
func TestEmpiricalAgainstMixture(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		p := diffusion.VE{SigmaMin: 1, SigmaMax: 4}
		data := tensors.FromValue(ProbingPoints())
		exec := MustNewExec(b, func(data, x, at *Node) []*Node {
			m := Empirical(p, data)
			return []*Node{m.Denoise(x, at), m.LogDensity(x, at)}
		})
		defer exec.Finalize()
		for _, at := range []float64{0, .3, 1} {
			sigma := math.Pow(4, at)
			out := exec.MustCall(data, points(Probing(), 7), at)
			mean, logs := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
			x := tensors.MustCopyFlatData[float64](points(Probing(), 7))
			for i := range logs {
				var total, mx, my float64
				for _, y := range ProbingPoints() {
					w := math.Exp(-(math.Pow(x[2*i]-y[0], 2) + math.Pow(x[2*i+1]-y[1], 2)) / (2 * sigma * sigma))
					total, mx, my = total+w, mx+w*y[0], my+w*y[1]
				}
				wantLog := math.Log(total / 10 / (2 * math.Pi * sigma * sigma))
				if math.Abs(logs[i]-wantLog) > 1e-12 || math.Hypot(mean[2*i]-mx/total, mean[2*i+1]-my/total) > 1e-12 {
					t.Errorf("t = %g, point %d: log %v mean %v,%v; want %v %v,%v", at, i, logs[i], mean[2*i],
						mean[2*i+1], wantLog, mx/total, my/total)
				}
			}
		}
		// sigma = 1 here is Probing without further noise. The values are known posterior means.
		out := MustExecOnce(b, func(data, x *Node) *Node {
			return Empirical(p, data).Denoise(x, Const(x.Graph(), 0.0))
		}, data, [][]float64{{-1, 1}, {1, 1}, {0, 2}})
		for i, want := range []float64{-1.300668, .573988, 1.300668, .573988, 0, .553896} {
			if got := tensors.MustCopyFlatData[float64](out)[i]; math.Abs(got-want) > 6e-7 {
				t.Errorf("posterior mean %d is %.6f, want %.6f", i, got, want)
			}
		}
	})
}

// Chunks change only the order of the sums, also where one chunk holds all the weight.
func TestEmpiricalChunks(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const n, d = 3000, 4
		data := make([]float64, n*d)
		for i := range data {
			data[i] = 3 * math.Sin(float64(i*i%9973))
		}
		table := tensors.FromFlatDataAndDimensions(data, n, d)
		query := tensors.FromFlatDataAndDimensions(data[:2000*d], 2000, d) // 6e6 weights: two chunks
		exec := MustNewExec(b, func(data, x, at *Node) []*Node {
			m := Empirical(diffusion.VP{}, data)
			few := Slice(x, AxisRange(0, 500), AxisRange())
			first := func(y *Node) *Node { return Slice(y, AxisRange(0, 500)) }
			return []*Node{
				ReduceAllMax(Abs(Sub(first(m.Denoise(x, at)), m.Denoise(few, at)))),
				ReduceAllMax(Abs(Sub(first(m.LogDensity(x, at)), m.LogDensity(few, at)))),
			}
		})
		defer exec.Finalize()
		for _, at := range []float64{.05, .9} {
			out := exec.MustCall(table, query, at)
			for i, o := range out {
				if v := tensors.ToScalar[float64](o); v > 1e-10 {
					t.Errorf("t = %g: output %d differs by %g between one chunk and two", at, i, v)
				}
			}
		}
	})
}

func TestNearest(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		data := [][]float64{{0, 0}, {3, 4}, {-1, 1}, {10, 0}}
		out := MustExecOnceN(b, func(data, x *Node) []*Node {
			index, row, squared := Nearest(data, x)
			return []*Node{index, row, squared}
		}, data, [][]float64{{3, 4}, {9, 1}, {-.4, .4}})
		if got := tensors.MustCopyFlatData[int32](out[0]); got[0] != 1 || got[1] != 3 || got[2] != 0 {
			t.Errorf("indices %v, want 1 3 0", got)
		}
		if got := tensors.MustCopyFlatData[float64](out[2]); got[0] != 0 || got[1] != 2 || math.Abs(got[2]-.32) >
			1e-15 {
			t.Errorf("squared distances %v, want 0 2 0.32", got)
		}
	})
}

// With guidance scale 0 the classes have no effect. With scale 1 each group of the batch gets the denoiser of its
// class. Other scales lie on the line through both.
func TestEmpiricalGuided(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		data := ProbingPoints()
		p, x := diffusion.EDM{}, [][]float64{{-1, 1}, {.3, .2}, {.5, 1}, {0, 2}}
		at := func(build func(in []*Node) diffusion.Denoiser) []float64 {
			out := MustExecOnceN(b, func(in []*Node) []*Node {
				return []*Node{build(in[1:])(in[0], Const(in[0].Graph(), .8))}
			}, x, data, data[:3], data[3:])
			return tensors.MustCopyFlatData[float64](out[0])
		}
		all := at(func(in []*Node) diffusion.Denoiser { return Empirical(p, in[0]).Denoise })
		first := at(func(in []*Node) diffusion.Denoiser { return Empirical(p, in[1]).Denoise })
		second := at(func(in []*Node) diffusion.Denoiser { return Empirical(p, in[2]).Denoise })
		for _, scale := range []float64{0, 1, 3} {
			got := at(func(in []*Node) diffusion.Denoiser {
				return EmpiricalGuided(p, diffusion.Constant(scale))(nil, in).Denoise
			})
			for i := range got {
				told := first[i]
				if i >= 4 {
					told = second[i]
				}
				if want := all[i] + scale*(told-all[i]); math.Abs(got[i]-want) > 1e-13 {
					t.Errorf("scale %g, value %d: %g, want %g", scale, i, got[i], want)
				}
			}
		}
		_, err := ExecOnce(b, func(x *Node) *Node {
			return EmpiricalGuided(p, diffusion.Constant(1))(nil, []*Node{x}).Denoise(x, x)
		}, x)
		if err == nil || !strings.Contains(err.Error(), "those of each class") {
			t.Errorf("without classes: %v", err)
		}
	})
}
