package diffusion

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// TestHeadConformance checks, on every process, that a network gives x0 back if it returns the target that its
// parameterization declares. The target that the head computes from skip and out must be the same.
func TestHeadConformance(t *testing.T) {
	const sd = .7
	x0 := [][]float64{{1, -2}, {.5, 3}, {0, .1}}
	eps := [][]float64{{.3, .1}, {-2, 1}, {1, 1}}
	for _, head := range Heads {
		t.Run(head.Name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				for _, process := range Processes {
					out, err := ExecOnceN(b, func(x0, eps, at *Node) []*Node {
						p, h := process.Process, head.Head(sd)
						c := p.At(at)
						target := head.Target(sd, c, x0, eps)
						perfect := func(_, _, _ *Node) *Node { return target }
						got := h.Denoiser(p, perfect, nil)(c.Forward(x0, eps), at)
						_, _, in := h(c)
						variance := Mul(Square(in), Add(MulScalar(Square(c.Alpha), sd*sd), Square(c.Sigma)))
						return []*Node{Sub(got, x0), OneMinus(variance),
							Mul(c.Sigma, Sub(h.Target(c, x0, eps), target))}
					}, x0, eps, [][]float64{{.2}, {.5}, {.9}})
					if err != nil {
						t.Fatal(err)
					}
					// At t = .9 sub-VP divides by alpha = .017: rounding grows by its inverse square.
					for _, v := range tensors.MustCopyFlatData[float64](out[0]) {
						near(t, process.Name+": D - x0", 0, v, 0, 1e-11)
					}
					for _, v := range tensors.MustCopyFlatData[float64](out[1]) {
						near(t, process.Name+": input variance - 1", 0, v, 0, 1e-14)
					}
					for _, v := range tensors.MustCopyFlatData[float64](out[2]) {
						near(t, process.Name+": sigma (target of the head - declared target)", 0, v, 0, 1e-11)
					}
				}
			})
		})
	}
}

// TestEDMTargetHasUnitVariance checks that the target of EDM has unit variance at every noise level, which is the
// purpose of the head (Karras et al. 2022, appendix B.6). Its coefficients on x0 and eps satisfy a^2 sd^2 + b^2 = 1.
func TestEDMTargetHasUnitVariance(t *testing.T) {
	const sd = .7
	b := backendtest.Default(t)
	for _, process := range Processes {
		out, err := ExecOnce(b, func(at *Node) *Node {
			c := process.Process.At(at)
			one, zero := OnesLike(at), ZerosLike(at)
			h := EDMHead(sd)
			a, e := h.Target(c, one, zero), h.Target(c, zero, one)
			return Add(MulScalar(Square(a), sd*sd), Square(e))
		}, inside(process.Process, 9))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range tensors.MustCopyFlatData[float64](out) {
			near(t, process.Name+": target variance", 0, v, 1, 1e-9)
		}
	}
}
