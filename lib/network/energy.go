package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// Energy is a network whose output is minus the gradient of an energy in its input: F(u) = -grad e(u), where e is the
// single output of Body. Its score is then a gradient field under any head. It has no curl, and it has a density: see
// LogDensity (002, section 1; LeCun et al. 2006; Salimans and Ho 2021).
type Energy struct {
	Body Body // with a smooth activation, since the score of an energy of relus is discontinuous
}

// Net implements Network.
func (m Energy) Net(scope *model.Scope) diffusion.Net {
	potential := m.Potential(scope)
	return func(x, logSNR, label *Node) *Node {
		return Neg(Gradient(ReduceAllSum(potential(x, logSNR, label)), x)[0])
	}
}

// Potential returns the energy e, [batch], as a function of the network's input.
func (m Energy) Potential(scope *model.Scope) func(x, logSNR, label *Node) *Node {
	return func(x, logSNR, label *Node) *Node {
		mustBeValid("network", m)
		return Reshape(apply(m.Body, scope, x, logSNR, label, 1), x.Shape().Dim(0))
	}
}

// LogDensity returns the log density of x_t, [batch], up to a constant. Its gradient is the score of the network under
// this head:
//
//	score = a x + b F(in x),   log density = a |x|^2/2 - (b/in) e(in x),
//	a = (alpha skip - 1)/sigma^2,   b = alpha out/sigma^2
func (m Energy) LogDensity(scope *model.Scope, h diffusion.Head, p diffusion.Process, label *Node) func(
	x, t *Node) *Node {
	potential := m.Potential(scope)
	return func(x, t *Node) *Node {
		mustBeValid("process", p)
		c := p.At(t)
		skip, out, in := h(c)
		n := x.Shape().Dim(0)
		a := Div(AddScalar(Mul(c.Alpha, skip), -1), Square(c.Sigma))
		b := Div(Mul(c.Alpha, out), Square(c.Sigma))
		e := potential(Mul(in, x), c.LogSNR(), label)
		quadratic := ReduceSum(flat(MulScalar(Mul(a, Square(x)), .5)), 1)
		return Sub(quadratic, Mul(row(Div(b, in), n), e))
	}
}

// row turns a scalar into a scalar and a column into [batch].
func row(x *Node, n int) *Node {
	if x.IsScalar() {
		return x
	}
	return Reshape(x, n)
}

// Validate implements Network.
func (m Energy) Validate() error {
	if m.Body == nil {
		return fmt.Errorf("Energy without a body")
	}
	return m.Body.Validate()
}
