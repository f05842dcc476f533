package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// field has a known Jacobian: f(x) = (x1 x2, x2^2 + sin x1), with trace 3 x2.
func field(x *Node) *Node {
	x1, x2 := Slice(x, AxisRange(), AxisElem(0)), Slice(x, AxisRange(), AxisElem(1))
	return Concatenate([]*Node{Mul(x1, x2), Add(Square(x2), Sin(x1))}, 1)
}

func TestDivergence(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := [][]float64{{1, 2}, {-.5, .3}, {0, -1}}
		out := MustExecOnceN(b, func(x *Node) []*Node {
			// With v = e1 + e2 and v = e1 - e2, half the sum of v.Jv over the two is the trace.
			plus := Const(x.Graph(), [][]float64{{1, 1}, {1, 1}, {1, 1}})
			minus := Const(x.Graph(), [][]float64{{1, -1}, {1, -1}, {1, -1}})
			both := Add(Hutchinson(field, x, plus), Hutchinson(field, x, minus))
			return []*Node{Divergence(field, x), MulScalar(both, .5)}
		}, x)
		for i, o := range out {
			for k, v := range tensors.MustCopyFlatData[float64](o) {
				near(t, "divergence", float64(i), v, 3*x[k][1], 1e-14)
			}
		}
	})
}

func TestRademacherIsFair(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const n = 20000
		v := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(g *Graph) *Node {
			return random.New(g, random.NewKey(3, "signs")).Rademacher(Const(g, make([]float64, n)))
		}))
		sum := 0.0
		for _, s := range v {
			if math.Abs(s) != 1 {
				t.Fatalf("a sign is %g", s)
			}
			sum += s
		}
		if math.Abs(sum) > 5*math.Sqrt(n) {
			t.Errorf("signs sum to %g of %d", sum, n)
		}
	})
}

// TestProbesHaveUnitCovariance checks that every probe has E v v^T = I.
func TestProbesHaveUnitCovariance(t *testing.T) {
	const n, d = 20000, 3
	b := backendtest.Interpreter(t)
	for _, spec := range Probes {
		v := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(g *Graph) *Node {
			return spec.Probe(random.New(g, random.NewKey(4, spec.Name)), BroadcastToDims(Const(g, 0.), n, d))
		}))
		for i := range d {
			for j := range i + 1 {
				sum, squares := 0., 0.
				for k := 0; k < n*d; k += d {
					product := v[k+i] * v[k+j]
					sum, squares = sum+product/n, squares+product*product/n
				}
				want := 0.
				if i == j {
					want = 1
				}
				near(t, spec.Name, float64(d*i+j), sum, want, 5*math.Sqrt(max(0, squares-sum*sum)/n)+1e-12)
			}
		}
	}
}
