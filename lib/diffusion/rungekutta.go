package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Field is the right side of an ordinary differential equation dy/dt = f(t, y) in a tuple y.
type Field func(t *Node, y []*Node) []*Node

// RungeKutta is an explicit Runge-Kutta method as data (Hairer, Norsett and Wanner 1993, section II.1). Row i of A
// holds the weights of the earlier slopes in stage i. B holds the weights of the slopes in the step. C holds the places
// of the stages in the step. E, if a method has it, holds the weights of the slopes in an estimate of the step's error:
// B minus the weights of an embedded method.
type RungeKutta struct {
	A       [][]float64
	B, C, E []float64
}

// The fixed-step methods.
var (
	EulerMethod    = RungeKutta{A: [][]float64{{}}, B: []float64{1}, C: []float64{0}}
	MidpointMethod = RungeKutta{A: [][]float64{{}, {.5}}, B: []float64{0, 1}, C: []float64{0, .5}}
	// Karras et al. 2022, algorithm 1
	HeunMethod    = RungeKutta{A: [][]float64{{}, {1}}, B: []float64{.5, .5}, C: []float64{0, 1}}
	ClassicMethod = RungeKutta{A: [][]float64{{}, {.5}, {0, .5}, {0, 0, 1}}, B: []float64{1. / 6, 1. / 3, 1. / 3,
		1. / 6}, C: []float64{0, .5, .5, 1}}
)

// Validate reports a table that is not a consistent explicit method.
func (k RungeKutta) Validate() error {
	n := len(k.B)
	if n == 0 || len(k.A) != n || len(k.C) != n || len(k.E) != 0 && len(k.E) != n {
		return fmt.Errorf("RungeKutta: A, B, C and E have %d, %d, %d and %d rows; give as many as there are stages, "+
			"at least 1, and no E or as many", len(k.A), n, len(k.C), len(k.E))
	}
	if sum := total(k.B); !(math.Abs(sum-1) <= tableau) {
		return fmt.Errorf("RungeKutta: the weights B sum to %g; a method is consistent where they sum to 1", sum)
	}
	if sum := total(k.E); !(math.Abs(sum) <= tableau) {
		return fmt.Errorf("RungeKutta: the weights E of the error sum to %g; they must sum to 0, as B and the "+
			"embedded method's sum to 1", sum)
	}
	for i, row := range k.A {
		if len(row) > i {
			return fmt.Errorf("RungeKutta: row %d of A has %d weights; an explicit stage has at most one for each "+
				"stage before it", i+1, len(row))
		}
		if sum := total(row); !(math.Abs(sum-k.C[i]) <= tableau*(1+math.Abs(sum))) {
			return fmt.Errorf("RungeKutta: stage %d stands at C = %g, and its row of A sums to %g; they must be equal",
				i+1, k.C[i], sum)
		}
	}
	return nil
}

// tableau is the accuracy to which tables are written: about 12 digits.
const tableau = 1e-12

func total(weights []float64) (sum float64) {
	for _, w := range weights {
		sum += w
	}
	return sum
}

// Step carries y over the span, in either direction of time.
func (k RungeKutta) Step(f Field, s Span, y []*Node) []*Node {
	next, _ := k.attempt(f, s.From, Sub(s.To, s.From), y, f(s.From, y))
	return next
}

// attempt is a step dt from t, with a known first slope. It also returns the slopes of all stages.
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

// Flow integrates the probability-flow ODE by a Runge-Kutta method in t. The ODE has the marginals of the process and
// of its reverse SDE (Song et al. 2021, equation 13; 003, "Probability Flow ODEs"). The velocity is singular where
// sigma = 0, so end at the horizon's tMin.
func Flow(method RungeKutta) OneStep {
	return func(m Model, s Span, x *Node, _ *random.Source) *Node {
		if err := method.Validate(); err != nil {
			panic(err)
		}
		return method.Step(m.flow, s, []*Node{x})[0]
	}
}

// flow is the probability flow as a field.
func (m Model) flow(t *Node, y []*Node) []*Node { return []*Node{m.VelocityAt(y[0], t)} }
