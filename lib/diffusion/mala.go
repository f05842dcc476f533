package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// MALA is the Metropolis-adjusted Langevin algorithm on the density at t = 0 (Besag 1994; Roberts and Tweedie 1996). It
// proposes a step of Langevin, and accepts it with probability
//
//	min(1, p(y) q(x|y) / (p(x) q(y|x))),   q(y|x) ~ exp(-|y - x - delta score(x)|^2/(4 delta)),
//
// so that the density is stationary at every delta, where Langevin is biased. It needs Model.LogDensity, up to a
// constant. It rejects a proposal whose log density is not a number. It carries the log density and the score at the
// current x, and the number of accepted proposals of each chain, see Accepted.
type MALA struct{}

// Init implements Sampler.
func (MALA) Init(m Model, x *Node, _ *random.Source) []*Node {
	logP, score := at0(m, x)
	return []*Node{ZerosLike(logP), logP, score}
}

// Step implements Sampler.
func (MALA) Step(m Model, s Span, x *Node, carry []*Node, r *random.Source) (*Node, []*Node) {
	s.mustRise("MALA", chainTime)
	taken, logP, score := carry[0], carry[1], carry[2]
	delta := s.Length()
	z := r.Normal(x)
	y := Add(Add(x, Mul(delta, score)), Mul(Sqrt(MulScalar(delta, 2)), z))
	logPY, scoreY := at0(m, y)
	forward := MulScalar(perSample(Square(z)), -0.5)
	back := Div(perSample(Square(Sub(Sub(x, y), Mul(delta, scoreY)))), MulScalar(delta, -4))
	ratio := Add(Sub(logPY, logP), Sub(back, forward))
	take := LessOrEqual(Log(r.Uniform(logP)), ratio) // false where the ratio is NaN
	return choose(take, y, x), []*Node{choose(take, OnePlus(taken), taken), choose(take, logPY, logP),
		choose(take, scoreY, score)}
}

// at0 returns the log density, [batch, 1, ...] with the rank of x, and the score at t = 0.
func at0(m Model, x *Node) (logP, score *Node) {
	if m.LogDensity == nil {
		panic(fmt.Errorf("MALA needs a model with LogDensity; this one has none"))
	}
	t := ScalarZero(x.Graph(), x.DType())
	return column(m.LogDensity(x, t), x), m.ScoreAt(x, t)
}

// Accepted returns the share of accepted proposals of each chain of MALA up to a snapshot. The chains are independent;
// the steps of one chain are not. Shares near 0.574 are best in high dimension (Roberts and Rosenthal 1998).
func Accepted(s Snapshot) ([]float64, error) {
	if _, err := carriedBy[MALA](s); err != nil {
		return nil, err
	}
	if s.Step < 1 {
		return nil, fmt.Errorf("the first step makes the first proposal, and this is the snapshot before it")
	}
	shares := numbers(s.Carry[0])
	for i := range shares {
		shares[i] /= float64(s.Step)
	}
	return shares, nil
}
