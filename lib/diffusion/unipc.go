package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// UniPC is the unified predictor-corrector of Zhao et al. 2023 (algorithms 5 and 6, data prediction, B_2(h)). A
// predictor of the given order makes a step. Before the next step a corrector uses the model's evaluation at the
// predicted point, so it needs no further evaluation.
//
// At order 3 the predictor is ExponentialAdams. The corrector is its implicit counterpart, with the polynomial through
// one more value. At lower orders UniPC uses half of B(h) as a moment. It carries the last corrected samples.
type UniPC struct {
	order int
	plain bool // B_1(h)
	lower bool // the order toward the end of the grid
}

// NewUniPC returns the sampler of order 1, 2 or 3; the default of diffusers is 2. It panics on other orders.
func NewUniPC(order int) UniPC { return UniPC{order: checkedOrder("UniPC", order)} }

// NewUniPCB1 returns the sampler with B_1(h) = h in place of B_2(h) = e^h - 1. It is "bh1" of diffusers.
func NewUniPCB1(order int) UniPC { return UniPC{order: checkedOrder("UniPC", order), plain: true} }

// LowerOrderFinal lowers the order to 1 over the last steps of a grid, and the corrector's order likewise. It is
// lower_order_final of diffusers, which applies it to grids of any length.
func (p UniPC) LowerOrderFinal() UniPC {
	p.lower = true
	return p
}

// half replaces the first moment at low orders. It is half the kernel of D (B_2), or half the step's length in lambda
// times alpha_to (B_1). Both are its first order in h.
func (p UniPC) half(k kernel, from, to Coeffs) *Node {
	if p.plain {
		return MulScalar(Mul(to.Alpha, Sub(to.lambda(), from.lambda())), .5)
	}
	return MulScalar(k.moments[0], .5)
}

// Init implements Sampler.
func (p UniPC) Init(_ Model, x *Node, _ *random.Source) []*Node {
	return append([]*Node{x}, noHistory(x, p.order).carry()...)
}

// Step implements Sampler.
func (p UniPC) Step(m Model, s Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	from, to := m.At(s.From), m.At(s.To)
	last, past := carry[0], historyOf(carry[1:])
	now := past.with(m.Denoise(x, s.From), s.From)
	atMost := most(s, p.lower)
	corrected := p.correct(m, x, last, now, atMost)
	u := now.places(m, from, to)
	var orders []*Node
	for n := 1; n <= p.order; n++ {
		k := dataKernel(from, to, corrected, n)
		if n == 2 {
			k.moments[1] = p.half(k, from, to)
		}
		orders = append(orders, k.step(interpolate(now.values[:n], u[:n])))
	}
	return now.highest(orders, to, atMost), append([]*Node{corrected}, now.forget(p.order).carry()...)
}

// correct repeats the last step from the samples before it. It interpolates the model's newest value as well. In the
// first step there is nothing to correct.
func (p UniPC) correct(m Model, x, last *Node, now history, atMost *Node) *Node {
	before, after := m.At(now.times[1]), m.At(now.times[0])
	past := history{now.values[1:], now.times[1:], AddScalar(now.seen, -1)}
	u := past.places(m, before, after)
	orders := []*Node{x}
	for n := 1; n <= p.order; n++ {
		k := dataKernel(before, after, last, n+1)
		if n == 1 {
			k.moments[1] = p.half(k, before, after)
		}
		values := append(append([]*Node(nil), past.values[:n]...), now.values[0])
		nodes := append(append([]*Node(nil), u[:n]...), OnesLike(u[0]))
		orders = append(orders, k.step(interpolate(values, nodes)))
	}
	if atMost != nil {
		atMost = AddScalar(atMost, 2) // orders[k] corrects at order k, for a step whose bound was one higher
	}
	return now.highest(orders, after, atMost)
}
