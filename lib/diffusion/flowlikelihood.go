package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/random"
)

// FlowLikelihood integrates the probability flow together with the divergence of its velocity. The divergence is the
// rate at which the log density falls along the flow (Chen et al. 2018, theorem 1; Song et al. 2021, equation 39; 003,
// "Probability Flow ODEs"). A rising grid carries data to latents; a falling grid carries noise to samples.
// Plan.LogLikelihood returns the log density, and ChangeOfVolume returns the integral.
//
// The divergence is exact unless Probe is set. It comes from Model.Divergence if the model has it, which must then
// belong to the same score as Denoise. Otherwise it takes d reverse passes.
//
// With Probe it is Hutchinson's estimate with Probes vectors. They are drawn once for each sample, so that the
// integrand stays smooth in time (FFJORD, Grathwohl et al. 2019). The estimates of the integral and of the log density
// are unbiased.
type FlowLikelihood struct {
	Method Method // nil: DormandPrince{}, whose error then includes that of the log density
	// (*random.Source).Rademacher or (*random.Source).Normal; nil: the exact divergence
	Probe  func(r *random.Source, like *Node) *Node
	Probes int // 0: 1 if Probe is set
}

var _ Repeater = FlowLikelihood{}

func (l FlowLikelihood) orDefault() FlowLikelihood {
	if l.Method == nil {
		l.Method = DormandPrince{}
	}
	switch {
	case l.Probe == nil:
		l.Probes = 0
	case l.Probes == 0:
		l.Probes = 1
	}
	return l
}

// Init implements Sampler. The carry is the integral, [batch, 1, ...], then what the method carries, then the probes.
func (l FlowLikelihood) Init(_ Model, x *Node, r *random.Source) []*Node {
	must(l.Probes >= 0, "FlowLikelihood: %d probes; give a positive number", l.Probes)
	must(l.Probe != nil || l.Probes == 0,
		"FlowLikelihood: %d probes and no Probe; give (*random.Source).Rademacher or (*random.Source).Normal", l.Probes)
	l = l.orDefault()
	integral := perSample(ZerosLike(x))
	carry := append([]*Node{integral}, l.Method.begin([]*Node{x, integral})...)
	for range l.Probes {
		carry = append(carry, l.Probe(r, x))
	}
	return carry
}

// Step implements Sampler.
func (l FlowLikelihood) Step(m Model, s Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	l = l.orDefault()
	split := len(carry) - l.Probes
	probes := carry[split:]
	y, state := l.Method.cross(l.field(m, probes), s, []*Node{x, carry[0]}, carry[1:split])
	return y[0], append(append([]*Node{y[1]}, state...), probes...)
}

// Done implements Repeater.
func (l FlowLikelihood) Done(s Span, carry []*Node) *Node {
	return l.orDefault().Method.done(s, carry[1:])
}

// Fault implements Repeater.
func (l FlowLikelihood) Fault(s Snapshot) error {
	return l.orDefault().Method.fault(s.Carry[1:], s.Time)
}

func (FlowLikelihood) counts(carry []*tensors.Tensor) *tensors.Tensor { return carry[1] }

// field returns the velocity and its divergence.
func (l FlowLikelihood) field(m Model, probes []*Node) Field {
	return func(t *Node, y []*Node) []*Node {
		x := y[0]
		velocity := func(x *Node) *Node { return m.VelocityAt(x, t) }
		if len(probes) == 0 && m.Divergence != nil {
			f, g2 := m.At(t).Rates()
			_, d := rowsIn(x)
			return []*Node{velocity(x),
				Sub(MulScalar(f, float64(d)), Mul(MulScalar(g2, .5), column(m.Divergence(x, t), x)))}
		}
		if len(probes) == 0 {
			n, d := rowsIn(x)
			flat := func(z *Node) *Node { return Reshape(velocity(Reshape(z, x.Shape().Dimensions...)), n, d) }
			return []*Node{velocity(x), column(Divergence(flat, Reshape(x, n, d)), x)}
		}
		v := velocity(x)
		estimate := ZerosLike(y[1])
		for _, probe := range probes {
			estimate = Add(estimate, column(Hutchinson(func(*Node) *Node { return v }, x, probe), x))
		}
		return []*Node{v, DivScalar(estimate, float64(len(probes)))}
	}
}

// ChangeOfVolume returns the log of the factor, [batch], by which the flow has stretched volume around each sample
// since the start. The log density has fallen by as much.
func ChangeOfVolume(s Snapshot) ([]float64, error) {
	if _, err := carriedBy[FlowLikelihood](s); err != nil {
		return nil, err
	}
	return numbers(s.Carry[0]), nil
}
