package random

import (
	"fmt"
	"math"
	"math/bits"
	"sort"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
)

// threefryOnHost is the algorithm in plain Go. The graph is checked against it, and the known answers below check it
// against the paper.
func threefryOnHost(k, c [2]uint32) [2]uint32 {
	keys := [3]uint32{k[0], k[1], k[0] ^ k[1] ^ 0x1BD11BDA}
	x0, x1 := c[0]+k[0], c[1]+k[1]
	for round := range 20 {
		x0 += x1
		x1 = bits.RotateLeft32(x1, []int{13, 15, 26, 6, 17, 29, 16, 24}[round%8]) ^ x0
		if round%4 == 3 {
			i := uint32(round/4 + 1)
			x0 += keys[i%3]
			x1 += keys[(i+1)%3] + i
		}
	}
	return [2]uint32{x0, x1}
}

// knownAnswers are those of Random123 (kat_vectors, threefry2x32-20).
var knownAnswers = []struct{ key, counter, want [2]uint32 }{
	{[2]uint32{0, 0}, [2]uint32{0, 0}, [2]uint32{0x6b200159, 0x99ba4efe}},
	{[2]uint32{math.MaxUint32, math.MaxUint32}, [2]uint32{math.MaxUint32, math.MaxUint32},
		[2]uint32{0x1cb996fc, 0xbb002be7}},
	{[2]uint32{0x13198a2e, 0x03707344}, [2]uint32{0x243f6a88, 0x85a308d3}, [2]uint32{0xc4923a9c, 0x483df7a0}},
}

func TestThreefryKnownAnswers(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		exec := MustNewExec(b, func(k0, k1, c0, c1 *Node) []*Node {
			x0, x1 := threefry(k0, k1, c0, c1)
			return []*Node{x0, x1}
		})
		check := func(t interface{ Fatalf(string, ...any) }, key, counter, want [2]uint32) {
			out := exec.MustCall(key[0], key[1], counter[0], counter[1])
			got := [2]uint32{out[0].Value().(uint32), out[1].Value().(uint32)}
			if got != want {
				t.Fatalf("threefry(key %x, counter %x) = %x, want %x", key, counter, got, want)
			}
		}
		for _, c := range knownAnswers {
			if got := threefryOnHost(c.key, c.counter); got != c.want {
				t.Fatalf("host: %x, want %x", got, c.want)
			}
			check(t, c.key, c.counter, c.want)
		}
		rapid.Check(t, func(t *rapid.T) {
			pair := rapid.Custom(func(t *rapid.T) [2]uint32 {
				return [2]uint32{rapid.Uint32().Draw(t, "0"), rapid.Uint32().Draw(t, "1")}
			})
			key, counter := pair.Draw(t, "key"), pair.Draw(t, "counter")
			check(t, key, counter, threefryOnHost(key, counter))
		})
	})
}

// draw returns n x d numbers of a stream.
func draw(t *testing.T, b compute.Backend, key Key, dtype dtypes.DType, n, d, first, step int, normal bool) []float64 {
	t.Helper()
	out, err := ExecOnce(b, func(step, first *Node) *Node {
		g := step.Graph()
		r := &Source{key: [2]*Node{Const(g, key[0]), Const(g, key[1])}, step: step, first: first}
		like := Zeros(g, shapes.Make(dtype, n, d))
		if normal {
			return ConvertDType(r.Normal(like), dtypes.Float64)
		}
		return ConvertDType(r.Uniform(like), dtypes.Float64)
	}, uint32(step), uint32(first))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](out)
}

func TestUniformIsUniform(t *testing.T) {
	const n, d = 1 << 14, 4
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		u := draw(t, b, NewKey(1, "uniform"), dtypes.Float64, n, d, 0, 3, false)
		sort.Float64s(u)
		if u[0] <= 0 || u[len(u)-1] > 1 {
			t.Fatalf("uniforms run from %g to %g, want (0, 1]", u[0], u[len(u)-1])
		}
		worst := 0.0
		for i, v := range u {
			worst = max(worst, math.Abs(v-(float64(i)+.5)/float64(len(u))))
		}
		if limit := 2.69 / math.Sqrt(float64(len(u))); worst > limit { // Kolmogorov's distribution at alpha = 1e-6
			t.Fatalf("KS distance %g from uniform, limit %g", worst, limit)
		}
	})
}

func TestNormalMomentsAndKS(t *testing.T) {
	const n, d = 1 << 13, 7
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			z := draw(t, b, NewKey(2, "normal"), dtype, n, d, 0, 0, true)
			count := float64(len(z))
			// E z^k and the variance of z^k under N(0, 1), compared within 5 standard errors.
			for k, moments := range map[int][2]float64{1: {0, 1}, 2: {1, 2}, 3: {0, 15}, 4: {3, 96}, 6: {15, 10170}} {
				sum := 0.0
				for _, v := range z {
					sum += math.Pow(v, float64(k))
				}
				if got, tol := sum/count-moments[0], 5*math.Sqrt(moments[1]/count); math.Abs(got) > tol {
					t.Errorf("%s: E z^%d is off by %g, 5 s.e. = %g", dtype, k, got, tol)
				}
			}
			sort.Float64s(z)
			worst := 0.0
			for i, v := range z {
				worst = max(worst, math.Abs(distuv.UnitNormal.CDF(v)-(float64(i)+.5)/count))
			}
			if limit := 2.69 / math.Sqrt(count); worst > limit {
				t.Errorf("%s: KS distance %g from N(0,1), limit %g", dtype, worst, limit)
			}
		}
	})
}

// TestStreamsAreIndependent checks streams that differ in one part of their address: their correlation is that of n
// independent pairs.
func TestStreamsAreIndependent(t *testing.T) {
	const n, d = 1 << 12, 3
	b := backendtest.Default(t)
	of := func(seed int64, path ...string) []float64 {
		return draw(t, b, NewKey(seed, path...), dtypes.Float64, n, d, 0, 0, true)
	}
	base := of(1, "a")
	streams := map[string][]float64{
		"seed 1":     base,
		"seed 2":     of(2, "a"),
		"seed 0":     of(0, "a"),
		"seed -1":    of(-1, "a"),
		"seed max":   of(math.MaxInt64, "a"),
		"seed min":   of(math.MinInt64, "a"),
		"name":       of(1, "b"),
		"path":       of(1, "a", ""),
		"below":      draw(t, b, NewKey(1, "a").Sub("a"), dtypes.Float64, n, d, 0, 0, true),
		"below, too": draw(t, b, NewKey(1, "a").Sub("b"), dtypes.Float64, n, d, 0, 0, true),
		"step":       draw(t, b, NewKey(1, "a"), dtypes.Float64, n, d, 0, 1, true),
		"next batch": draw(t, b, NewKey(1, "a"), dtypes.Float64, n, d, n, 0, true),
	}
	for one, x := range streams {
		for other, y := range streams {
			if r := stat.Correlation(x, y, nil); one < other && !(math.Abs(r) < 5/math.Sqrt(float64(len(x)))) {
				t.Errorf("the streams %q and %q correlate: %g", one, other, r)
			}
		}
	}
	// Places of one sample, and neighboring samples.
	for lag := 1; lag <= 2*d; lag++ {
		if r := stat.Correlation(base[lag:], base[:len(base)-lag], nil); math.Abs(r) > 5/math.Sqrt(float64(len(base))) {
			t.Errorf("draws at lag %d correlate: %g", lag, r)
		}
	}
}

// TestNoiseBelongsToTheSample checks that a sample's noise is the same in any batch. It is also the same on every
// backend and in either precision, up to rounding.
func TestNoiseBelongsToTheSample(t *testing.T) {
	const d = 3
	key := NewKey(7, "batches")
	var reference []float64
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		whole := draw(t, b, key, dtypes.Float64, 100, d, 0, 5, true)
		for _, part := range []struct{ first, n int }{{0, 1}, {0, 64}, {40, 17}, {99, 1}} {
			got := draw(t, b, key, dtypes.Float64, part.n, d, part.first, 5, true)
			if want := whole[part.first*d : (part.first+part.n)*d]; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("samples %d..%d drawn alone differ from the whole", part.first, part.first+part.n-1)
			}
		}
		if reference == nil {
			reference = whole
		}
		for i, v := range whole {
			if math.Abs(v-reference[i]) > 1e-14*(1+math.Abs(v)) { // sin, cos and log agree to a few ulp
				t.Fatalf("draw %d is %v here and %v on the other backend", i, v, reference[i])
			}
		}
		for i, v := range draw(t, b, key, dtypes.Float32, 100, d, 0, 5, true) {
			if math.Abs(v-whole[i]) > 1e-5 {
				t.Fatalf("draw %d is %v in float32 and %v in float64", i, v, whole[i])
			}
		}
	})
}

// TestSphereHasItsRadiusWhereNormalsVanish covers float32 normals that are all 0, which happens rarely. They have no
// direction, but the sphere has no such point.
func TestSphereHasItsRadiusWhereNormalsVanish(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		for d := 1; d <= 3; d++ {
			out, err := ExecOnce(backendtest.Default(t), func(g *Graph) *Node {
				zero := Zeros(g, shapes.Make(dtype, 1, d))
				z := Concatenate([]*Node{zero, AddScalar(zero, -.25)}, 0)
				return ConvertDType(ReduceSum(Square(Replay(z).Sphere(z)), 1), dtypes.Float64)
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range tensors.MustCopyFlatData[float64](out) {
				if !(math.Abs(got-float64(d)) < 1e-6) {
					t.Errorf("%s, d = %d, sample %d: |v|^2 = %g", dtype, d, i, got)
				}
			}
		}
	}
}
