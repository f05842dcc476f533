package network

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// Classifier is a network that classifies noisy samples at all noise levels. diffusion.ByClassifier needs one (Dhariwal
// and Nichol 2021, section 4).
type Classifier struct {
	Body    Body    // conditioned on the noise level, not on labels
	Classes int     // at least 2
	SD      float64 // standard deviation of the data, which scales inputs to unit variance; 0: 1
}

// LogProbs returns log p(class | x_t), [batch, classes], as a function of x [batch, ...] and t.
func (m Classifier) LogProbs(scope *model.Scope, p diffusion.Process) func(x, t *Node) *Node {
	return func(x, t *Node) *Node {
		mustBeValid("network", m)
		mustBeValid("process", p)
		sd := m.SD
		if sd == 0 {
			sd = 1
		}
		c := p.At(t)
		_, _, in := diffusion.DataHead(sd)(c)
		return LogSoftmax(apply(m.Body, scope, Mul(in, x), c.LogSNR(), nil, m.Classes), 1)
	}
}

// LogProb returns log p(class | x_t), [batch], of one class. It panics if there is no such class.
func (m Classifier) LogProb(scope *model.Scope, p diffusion.Process, class int) func(x, t *Node) *Node {
	all := m.LogProbs(scope, p)
	return func(x, t *Node) *Node {
		if class < 0 || class >= m.Classes {
			panic(fmt.Errorf("class %d of a classifier of %d; they are 0 to %d", class, m.Classes, m.Classes-1))
		}
		return Reshape(Slice(all(x, t), AxisRange(), AxisElem(class)), x.Shape().Dim(0))
	}
}

// Loss is -log p(label | x_t), [batch]. It draws the times first and the noise next. The exact posterior minimizes its
// mean, which is then the posterior's entropy. A label that is no class makes it NaN.
func (m Classifier) Loss(scope *model.Scope, p diffusion.Process, times diffusion.TimeSampler, b diffusion.Batch,
	r *random.Source) *Node {
	if b.Label == nil {
		panic(fmt.Errorf("a classifier cannot learn from a batch without labels"))
	}
	if times == nil {
		times = diffusion.UniformTimes(diffusion.LowDiscrepancy)
	}
	mustBeValid("process", p)
	t := times(p, b.X0, r)
	logProbs := m.LogProbs(scope, p)(p.At(t).Forward(b.X0, r.Normal(b.X0)), t)
	label := ConvertDType(Reshape(b.Label, b.X0.Shape().Dim(0)), dtypes.Int32)
	chosen := OneHot(label, m.Classes, logProbs.DType())
	total := ReduceSum(chosen, 1)
	return Neg(Div(ReduceSum(Mul(chosen, logProbs), 1), Mul(total, total))) // 0/0 where no class is chosen
}

// Validate returns an error for a setting out of its range.
func (m Classifier) Validate() error {
	if m.Body == nil {
		return fmt.Errorf("Classifier without a body")
	}
	if m.Classes < 2 || !(m.SD >= 0) || math.IsInf(m.SD, 0) {
		return fmt.Errorf("Classifier of %d classes for data of standard deviation %g; give 2 or more, and one above 0",
			m.Classes, m.SD)
	}
	return m.Body.Validate()
}
