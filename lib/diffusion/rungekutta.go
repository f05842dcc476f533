package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Field is the right side of an ordinary differential equation dy/dt = f(t, y) in a tuple y.
type Field func(t *Node, y []*Node) []*Node

// RungeKutta is an explicit Runge-Kutta method as data: row i of A weighs the slopes of the stages before it, B weighs
// them in the step, C says where in the step each stage stands (Hairer, Norsett and Wanner 1993, section II.1). E, where
// a method has it, weighs them in an estimate of the step's error: it is B less the weights of an embedded method.
type RungeKutta struct {
	A       [][]float64
	B, C, E []float64
}

// The methods.
var (
	EulerMethod    = RungeKutta{A: [][]float64{{}}, B: []float64{1}, C: []float64{0}}
	MidpointMethod = RungeKutta{A: [][]float64{{}, {.5}}, B: []float64{0, 1}, C: []float64{0, .5}}
	HeunMethod     = RungeKutta{A: [][]float64{{}, {1}}, B: []float64{.5, .5}, C: []float64{0, 1}} // Karras et al. 2022, algorithm 1
	ClassicMethod  = RungeKutta{A: [][]float64{{}, {.5}, {0, .5}, {0, 0, 1}}, B: []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}, C: []float64{0, .5, .5, 1}}
)

// Step carries y over the span, in either direction of time.
func (k RungeKutta) Step(f Field, s Span, y []*Node) []*Node {
	next, _ := k.attempt(f, s.From, Sub(s.To, s.From), y, f(s.From, y))
	return next
}

// attempt is a step dt from t, where the first slope is known, and the slopes of all stages.
func (k RungeKutta) attempt(f Field, t, dt *Node, y, first []*Node) (next []*Node, slopes [][]*Node) {
	slopes = [][]*Node{first}
	for i := 1; i < len(k.B); i++ {
		slopes = append(slopes, f(Add(t, MulScalar(dt, k.C[i])), advance(y, dt, k.A[i], slopes)))
	}
	return advance(y, dt, k.B, slopes), slopes
}

// advance is y + dt times the weighted sum of the slopes.
func advance(y []*Node, dt *Node, weights []float64, slopes [][]*Node) []*Node {
	next := append([]*Node(nil), y...)
	for i, w := range weights {
		if w == 0 {
			continue
		}
		for j := range next {
			next[j] = Add(next[j], Mul(dt, MulScalar(slopes[i][j], w)))
		}
	}
	return next
}

// Flow integrates the probability-flow ODE, whose marginals are those of the process and of its reverse SDE (Song et
// al. 2021, equation 13; 003, "Probability Flow ODEs"), by a Runge-Kutta method in t. The velocity is singular where
// sigma = 0: end at the horizon's tMin.
func Flow(method RungeKutta) OneStep {
	return func(m Model, s Span, x *Node, _ *Random) *Node {
		return method.Step(m.flow, s, []*Node{x})[0]
	}
}

// flow is the probability flow as a field.
func (m Model) flow(t *Node, y []*Node) []*Node { return []*Node{m.VelocityAt(y[0], t)} }
