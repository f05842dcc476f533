package diffusion

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Churn is the noise that EDMHeun adds before a step, see Karras et al. 2022, algorithm 2. The zero value adds none.
type Churn struct {
	Gamma     float64 // raises the noise level by the factor 1 + Gamma. Gamma is S_churn/N, limited to sqrt(2) - 1
	Low, High float64 // add noise only at levels sigma/alpha from Low to High: S_tmin, S_tmax. High 0: no upper end
	Inflation float64 // standard deviation of the added noise: S_noise. 0: 1
}

// EDMHeun is the sampler of Karras et al. 2022 on any path (algorithm 1 with their choice of coordinates; algorithm 2
// with churn). It is Heun's method for x/alpha as a function of the noise level sigma/alpha, and Euler's method in a
// step that ends at 0. It has order 2 and needs two evaluations a step. The noise level is not raised beyond the
// process's horizon.
func EDMHeun(churn Churn) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		churn.check(s)
		start := m.At(s.From)
		y, level, at := Div(x, start.Alpha), start.Ratio(), s.From
		if churn.Gamma > 0 {
			y, level, at = churn.raise(m, y, level, at, r)
		}
		end := m.At(s.To)
		slope := func(y, level, t *Node) *Node {
			return Div(Sub(y, m.Denoise(Mul(m.At(t).Alpha, y), t)), level)
		}
		by := Sub(end.Ratio(), level)
		first := slope(y, level, at)
		euler := Add(y, Mul(by, first))
		heun := Add(y, Mul(MulScalar(by, .5), Add(first, slope(euler, end.Ratio(), s.To))))
		noisy := BroadcastToDims(GreaterThan(end.Sigma, ZerosLike(end.Sigma)), x.Shape().Dimensions...)
		return Mul(end.Alpha, Where(noisy, heun, euler))
	}
}

// check reports settings that cannot work on a span's grid.
func (c Churn) check(s Span) {
	must(c.Gamma >= 0 && finite(c.Gamma), "Churn: Gamma is %g; give 0, for none, or more", c.Gamma)
	must(c.Low >= 0 && finite(c.Low) && (c.High == 0 || c.High >= c.Low), // High may be infinite
		"Churn: the noise levels run from Low %g to High %g; give two that are not negative, the lower first, or "+
			"High 0 for no upper end", c.Low, c.High)
	must(c.Inflation >= 0 && finite(c.Inflation), "Churn: Inflation is %g; give a positive standard deviation, or 0 "+
		"for 1",
		c.Inflation)
	if c.Gamma > 0 {
		s.mustFall("EDMHeun with churn")
	}
}

// raise adds noise to y = x/alpha at time t. It returns the result with its noise level and its time.
func (c Churn) raise(m Model, y, level, t *Node, r *random.Source) (raised, atLevel, atTime *Node) {
	scalar := func(v float64) *Node { return Scalar(y.Graph(), y.DType(), v) }
	high, inflation := c.High, c.Inflation
	if high == 0 {
		high = math.Inf(1)
	}
	if inflation == 0 {
		inflation = 1
	}
	_, tMax := m.Horizon()
	last := Max(scalar(tMax), t)
	active := LogicalAnd(GreaterOrEqual(level, scalar(c.Low)), LessOrEqual(level, scalar(high)))
	target := Min(MulScalar(level, 1+min(c.Gamma, math.Sqrt2-1)), m.At(last).Ratio())
	atLevel = Where(active, target, level)
	atTime = Where(active, timeAt(m, target, t, last), t)
	// On XLA a difference of squares need not be 0 where they are equal.
	added := Sqrt(Mul(MaxScalar(Sub(atLevel, level), 0), Add(atLevel, level)))
	return Add(y, Mul(MulScalar(added, inflation), r.Normal(y))), atLevel, atTime
}
