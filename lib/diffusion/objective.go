package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Batch is the input of an objective. X0 [batch, ...] is the data. X1 is the noise that each sample is paired with
// (nil: it is drawn, independent of X0). Label is [batch] (nil: none).
type Batch struct{ X0, X1, Label *Node }

// Objective is a loss, [batch], whose mean training minimizes. All objectives here are estimates of one quantity, the
// weighted Fisher divergence
//
//	E w(t)/2 |s_net(x_t, t) - s(x_t, t)|^2,    s the score of the density of x_t,
//
// up to a constant that is independent of the network. So they have one minimizer. They draw the time first, then the
// noise, then what else they need.
type Objective func(p Process, net Net, b Batch, r *random.Source) *Node

// Scorer turns a network into a score, a function of x [batch, ...] and t. There are two: Head.Score and ScoreNet.
type Scorer func(p Process, net Net, label *Node) func(x, t *Node) *Node

// ScoreNet uses the output of the network as the score. That is the score under ScoreHead(sd), computed without D. The
// computation by way of D loses digits where sigma is small, and all digits on the data themselves, where sigma = 0.
// With sd = 0 the network receives x without scaling; otherwise x is scaled to unit variance.
func ScoreNet(sd float64) Scorer {
	return func(p Process, net Net, label *Node) func(x, t *Node) *Node {
		return func(x, t *Node) *Node {
			c := mustBeValid(p).At(t)
			if sd != 0 {
				x = Mul(c.unit(sd), x)
			}
			return net(x, c.LogSNR(), label)
		}
	}
}

// Matching defines which score is matched, at which times, and with what weight. The objectives without a denoising
// target share it.
type Matching struct {
	Score  Scorer      // nil: ScoreNet(1)
	Weight Weighting   // of the score's error; nil: Plain, w = 1
	Times  TimeSampler // nil: UniformTimes(LowDiscrepancy). FixedTime(0) matches the score of the data
}

// draw draws x_t and t. It returns with them the network's score as a function of x, and the weight.
func (m Matching) draw(p Process, net Net, b Batch, r *random.Source) (x, t *Node, score func(x *Node) *Node,
	weight *Node) {
	if m.Score == nil {
		m.Score = ScoreNet(1)
	}
	m.Weight = m.Weight.orPlain()
	p = b.along(p, net, r)
	t, eps := b.noise(p, m.Times, r)
	c := p.At(t)
	of := m.Score(p, net, b.Label)
	scoreOut := Div(Square(c.Sigma), c.Alpha) // of ScoreHead: F is the score
	return c.Forward(b.X0, eps), t, func(x *Node) *Node { return of(x, t) }, m.Weight(c, scoreOut)
}

// along checks what an objective works with. It returns the process, which records in r what the heads assume about the
// data.
func (b Batch) along(p Process, net Net, r *random.Source) Process {
	must(net != nil, "an objective without a network")
	must(b.X0 != nil && b.X0.Rank() > 0 && b.X0.DType().IsFloat(),
		"an objective needs data [batch, ...] of floating-point numbers in X0")
	if r == nil { // nothing is drawn: one time for all, and the noise in X1
		return mustBeValid(p)
	}
	return noting{mustBeValid(p), r}
}

// noise draws the time and the noise of every sample.
func (b Batch) noise(p Process, times TimeSampler, r *random.Source) (t, eps *Node) {
	if times == nil {
		times = UniformTimes(LowDiscrepancy)
	}
	t = times(p, b.X0, r)
	if b.X1 != nil {
		b.X1.AssertDims(b.X0.Shape().Dimensions...)
		return t, b.X1
	}
	return t, r.Normal(b.X0)
}

// orPlain is the weighting itself, or Plain if there is none.
func (w Weighting) orPlain() Weighting {
	if w == nil {
		return Plain
	}
	return w
}

// loss is weight times the column of values, as [batch].
func (b Batch) loss(weight, column *Node) *Node {
	return Reshape(Mul(weight, column), b.X0.Shape().Dim(0))
}

// halfSquare is |x|^2/2 of every sample, a column.
func halfSquare(x *Node) *Node { return MulScalar(perSample(Square(x)), .5) }
