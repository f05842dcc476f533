package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"

	"scorelab/lib/random"
)

// Multistep is an exponential integrator of the Adams family. It evaluates the model once a step and interpolates
// through the values of the last steps. Its first steps have fewer values and so a lower order. A step that ends where
// sigma = 0, and lambda is infinite, is a DDIM step.
type Multistep struct {
	order int
	lower bool                              // the order toward the end of the grid
	value func(c Coeffs, x0, x *Node) *Node // what is interpolated: D or eps
	// next is x_to from values at as many times, newest first. u holds their places in the step, with u[0] = 0.
	next func(from, to Coeffs, x *Node, values, u []*Node) *Node
}

// DPMSolverPP is DPM-Solver++ multistep (Lu et al. 2022b). Order 1 is DDIM. Order 2 is their algorithm 2, which uses
// half the kernel as its first moment. Order 3 is that of their code and of diffusers. It halves the second moment, and
// so converges with order 2.
func DPMSolverPP(order int) Multistep {
	m := ExponentialAdams(order)
	m.next = func(from, to Coeffs, x *Node, values, u []*Node) *Node {
		k := dataKernel(from, to, x, len(u))
		switch len(u) {
		case 2:
			k.moments[1] = MulScalar(k.moments[0], .5)
		case 3:
			k.moments[2] = MulScalar(k.moments[2], .5)
		}
		return k.step(interpolate(values, u))
	}
	return m
}

// ExponentialAdams integrates the polynomial through the last values of D exactly. Order 2 is diffusers' DPM-Solver++
// 2M of type "heun". Order 3 is DPM-Solver++ 3M with the exact second moment.
//
// The first step has order 1 and so leaves an error of order 2. It is small where sampling starts at a noise level at
// which D hardly moves.
func ExponentialAdams(order int) Multistep {
	return Multistep{
		order: checkedOrder("ExponentialAdams", order),
		value: func(_ Coeffs, x0, _ *Node) *Node { return x0 },
		next: func(from, to Coeffs, x *Node, values, u []*Node) *Node {
			return dataKernel(from, to, x, len(u)).step(interpolate(values, u))
		},
	}
}

// DEIS is the exponential integrator of Zhang and Chen 2023 (equation 14) in the noise, with polynomials in the
// logarithm of the noise level. It is diffusers' "logrho". Order 1 is DDIM; see ExponentialAdams about the first step.
func DEIS(order int) Multistep {
	return Multistep{
		order: checkedOrder("DEIS", order),
		value: Coeffs.Noise,
		next: func(from, to Coeffs, x *Node, values, u []*Node) *Node {
			return noiseKernel(from, to, x, len(u)).step(interpolate(values, u))
		},
	}
}

// LowerOrderFinal lowers the order to 1 over the last steps of a grid, also if the grid ends at a level above 0. It is
// lower_order_final of diffusers, which applies it to grids of fewer than 15 steps.
func (m Multistep) LowerOrderFinal() Multistep {
	m.lower = true
	return m
}

// most is the highest order that a step may have, int32, if the order falls toward the end of the grid. nil means any.
func most(s Span, lower bool) *Node {
	if !lower {
		return nil
	}
	must(s.Steps != nil, "LowerOrderFinal needs the number of steps: run the sampler by a plan, or set Steps of "+
		"the span")
	return Sub(s.Steps, s.Index)
}

func checkedOrder(name string, order int) int {
	if order < 1 || order > 3 {
		panic(fmt.Errorf("%s has orders 1, 2 and 3, not %d", name, order))
	}
	return order
}

// Init implements Sampler.
func (m Multistep) Init(_ Model, x *Node, _ *random.Source) []*Node {
	return noHistory(x, m.order-1).carry()
}

// Step implements Sampler.
func (m Multistep) Step(model Model, s Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	from, to := model.At(s.From), model.At(s.To)
	past := historyOf(carry)
	past = past.with(m.value(from, model.Denoise(x, s.From), x), s.From)
	u := past.places(model, from, to)
	var orders []*Node
	for n := 1; n <= m.order; n++ {
		orders = append(orders, m.next(from, to, x, past.values[:n], u[:n]))
	}
	return past.highest(orders, to, most(s, m.lower)), past.forget(m.order - 1).carry()
}

// history holds the values of a model at the last steps, newest first.
type history struct {
	values []*Node // like x
	times  []*Node // scalars
	seen   *Node   // int32 scalar: how many values are valid
}

func noHistory(x *Node, n int) history {
	h := history{seen: Const(x.Graph(), int32(0))}
	for range n {
		h.values = append(h.values, ZerosLike(x))
		h.times = append(h.times, ScalarZero(x.Graph(), x.DType()))
	}
	return h
}

// historyOf reads what carry wrote.
func historyOf(carry []*Node) history {
	n := (len(carry) - 1) / 2
	return history{carry[:n], carry[n : 2*n], carry[2*n]}
}

func (h history) carry() []*Node {
	return append(append(append([]*Node(nil), h.values...), h.times...), h.seen)
}

// with adds the newest value.
func (h history) with(value, time *Node) history {
	return history{append([]*Node{value}, h.values...), append([]*Node{time}, h.times...), AddScalar(h.seen, 1)}
}

// forget keeps the newest n.
func (h history) forget(n int) history { return history{h.values[:n], h.times[:n], h.seen} }

// places are the positions of the history's times in the step from .. to, in lambda: 0 and below.
func (h history) places(m Model, from, to Coeffs) []*Node {
	start := from.lambda()
	length := Sub(to.lambda(), start)
	u := []*Node{ZerosLike(start)}
	for _, t := range h.times[1:] {
		u = append(u, Div(Sub(m.At(t).lambda(), start), length))
	}
	return u
}

// highest picks the result of the highest order from the results of orders 1, 2, .... The order is at
// most the number of values seen, and at most the argument most unless it is nil. It is 1 where the step ends without
// noise.
func (h history) highest(orders []*Node, to Coeffs, most *Node) *Node {
	noisy := GreaterThan(to.Sigma, ZerosLike(to.Sigma))
	best := orders[0]
	for i, x := range orders[1:] {
		order := Scalar(x.Graph(), dtypes.Int32, i+2)
		known := GreaterOrEqual(h.seen, order)
		if most != nil {
			known = LogicalAnd(known, LessOrEqual(order, most))
		}
		pick := BroadcastToDims(LogicalAnd(known, noisy), x.Shape().Dimensions...)
		best = Where(pick, x, best)
	}
	return best
}
