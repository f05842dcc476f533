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

// Classifier is a network that tells the classes of noisy samples, at all noise levels: what diffusion.ByClassifier
// asks for (Dhariwal and Nichol 2021, section 4).
type Classifier struct {
	Body    Body    // it should read the noise level, and no labels
	Classes int     // at least 2
	SD      float64 // standard deviation of the data, for inputs of unit variance; 0: 1
}

// LogProbs are log p(class | x_t), [batch, classes].
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

// LogProb is log p(class | x_t), [batch], of one class.
func (m Classifier) LogProb(scope *model.Scope, p diffusion.Process, class int) func(x, t *Node) *Node {
	all := m.LogProbs(scope, p)
	return func(x, t *Node) *Node {
		if class < 0 || class >= m.Classes {
			panic(fmt.Errorf("class %d of a classifier of %d; they are 0 to %d", class, m.Classes, m.Classes-1))
		}
		return Reshape(Slice(all(x, t), AxisRange(), AxisElem(class)), x.Shape().Dim(0))
	}
}

// Loss is -log p(label | x_t), [batch], at times that it draws first and noise that it draws next. Its mean is least
// for the exact posterior, whose entropy it then is. A label that is no class makes it NaN.
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

// Validate reports a setting out of its range.
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
