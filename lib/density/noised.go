package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/diffusion"
)

// posterior is the posterior of each component k of a mixture given x at one time. Every closed form is a sum over k.
//
// In the eigenbasis of component k the noised covariance is diagonal with entries
// v = alpha^2 lambda + sigma^2, and z = Q^T (x - alpha mean).
type posterior struct {
	m        *Mixture
	c        diffusion.Coeffs // each [batch or 1, 1, 1]
	z        *Node            // [batch, k, d]
	v        *Node            // [batch or 1, k, d]
	joint    *Node            // [batch, k]: log of weight times density
	evidence *Node            // [batch, 1]: log density
}

// at evaluates the posterior along p at x [batch, d] and t, a scalar or [batch, 1].
func (m *Mixture) at(p diffusion.Process, x, t *Node) posterior {
	if x.Rank() != 2 || x.Shape().Dim(1) != m.dim {
		panic(fmt.Errorf("mixture %s takes x of shape [batch, %d], not %s", m.name, m.dim, x.Shape()))
	}
	if t.IsScalar() {
		t = Reshape(t, 1, 1, 1)
	} else {
		t = Reshape(t, x.Shape().Dim(0), 1, 1)
	}
	s := posterior{m: m, c: p.At(t)}
	if m.center != nil {
		x = Sub(x, Mul(Reshape(s.c.Alpha, -1, 1), m.constant(x, m.center, 1, m.dim)))
	}
	// [batch, k, d]
	rotated := DotGeneral(x, []int{1}, nil, m.constant(x, m.flatBasis(), m.size(), m.dim, m.dim), []int{1}, nil)
	s.z = Sub(rotated, Mul(s.c.Alpha, m.constant(x, m.rotatedMeans(), 1, m.size(), m.dim)))
	s.v = Add(Mul(Square(s.c.Alpha), m.constant(x, flatten(m.spectrum), 1, m.size(), m.dim)), Square(s.c.Sigma))
	quadratic := ReduceSum(Div(Square(s.z), s.v), 2)
	logDet := ReduceSum(Log(s.v), 2)
	logWeights := make([]float64, m.size())
	for k, c := range m.components {
		logWeights[k] = math.Log(c.Weight) - float64(m.dim)/2*logTwoPi
	}
	s.joint = Add(MulScalar(Add(quadratic, logDet), -.5), m.constant(x, logWeights, 1, m.size()))
	s.evidence = logSumExp(s.joint)
	return s
}

// responsibilities are p(component k | x), [batch, k, 1].
func (s posterior) responsibilities() *Node { return InsertAxes(Exp(Sub(s.joint, s.evidence)), -1) }

// rotate carries per-component vectors [batch, k, d] from the eigenbases back to the coordinates of x.
func (s posterior) rotate(y *Node) *Node {
	q := s.m.constant(y, s.m.flatBasis(), s.m.size(), s.m.dim, s.m.dim)
	return TransposeAllAxes(DotGeneral(y, []int{2}, []int{1}, q, []int{2}, []int{0}), 1, 0, 2)
}

// scores are those of the components, [batch, k, d].
func (s posterior) scores() *Node { return Neg(s.rotate(Div(s.z, s.v))) }

// means are E[x0 | x, component k] less the center, [batch, k, d].
func (s posterior) means() *Node {
	gain := Div(Mul(s.c.Alpha, s.constant(flatten(s.m.spectrum))), s.v)
	return Add(s.rotate(Mul(gain, s.z)), s.constant(flatten(s.m.means)))
}

// constant returns a host table [k, d] as [1, k, d].
func (s posterior) constant(table []float64) *Node {
	return s.m.constant(s.z, table, 1, s.m.size(), s.m.dim)
}

// Model is the mixture along a process, with closed forms in every field.
func (m *Mixture) Model(p diffusion.Process) diffusion.Model {
	return diffusion.Model{
		Process: p,
		Denoise: func(x, t *Node) *Node {
			s := m.at(p, x, t)
			mean := ReduceSum(Mul(s.responsibilities(), s.means()), 1)
			if m.center != nil {
				mean = Add(mean, m.constant(x, m.center, 1, m.dim))
			}
			return mean
		},
		Score: func(x, t *Node) *Node {
			s := m.at(p, x, t)
			return ReduceSum(Mul(s.responsibilities(), s.scores()), 1)
		},
		LogDensity: func(x, t *Node) *Node { return Squeeze(m.at(p, x, t).evidence, 1) },
		Divergence: func(x, t *Node) *Node {
			// div s = sum_k r_k (|s_k|^2 - tr C_k^-1) - |s|^2
			s := m.at(p, x, t)
			r, each := s.responsibilities(), s.scores()
			within := Sub(ReduceSum(Square(each), 2), ReduceSum(Reciprocal(s.v), 2))
			total := ReduceSum(Mul(r, each), 1)
			return Sub(ReduceSum(Mul(Squeeze(r, 2), within), 1), ReduceSum(Square(total), 1))
		},
	}
}

// Build is Model as a sampling plan takes it.
func (m *Mixture) Build(p diffusion.Process) diffusion.Build {
	return diffusion.Fixed(func() diffusion.Model { return m.Model(p) })
}

// PosteriorCov is Cov[x0 | x_t = x], [batch, d, d]. It is the covariance within the components plus the covariance
// between their means.
func (m *Mixture) PosteriorCov(p diffusion.Process, x, t *Node) *Node {
	s := m.at(p, x, t)
	r := s.responsibilities()
	means := s.means()
	mean := ReduceAndKeep(Mul(r, means), ReduceSum, 1) // [batch, 1, d]
	spread := Sub(means, mean)
	between := outerSum(Mul(r, spread), spread)
	// Within component k: Q diag(lambda sigma^2 / v) Q^T. Its square root makes it one sum of outer products.
	shrunk := Div(Mul(s.constant(flatten(m.spectrum)), Square(s.c.Sigma)), s.v) // [batch or 1, k, d]
	q := m.constant(x, m.flatBasis(), 1, m.size(), m.dim, m.dim)
	half := Mul(Mul(q, InsertAxes(shrunk, 2)), InsertAxes(r, -1)) // [batch, k, d, d]
	batch := x.Shape().Dim(0)
	q = BroadcastToDims(q, batch, m.size(), m.dim, m.dim)
	within := DotGeneral(half, []int{1, 3}, []int{0}, q, []int{1, 3}, []int{0})
	return Add(within, between)
}

// outerSum is sum_k a_k b_k^T for a, b of shape [batch, k, d].
func outerSum(a, b *Node) *Node { return DotGeneral(a, []int{1}, []int{0}, b, []int{1}, []int{0}) }

// ClassLogProb is log p(class | x_t = x), [batch], of the exact classifier. It panics if no component has that class.
func (m *Mixture) ClassLogProb(p diffusion.Process, class int, x, t *Node) *Node {
	s := m.at(p, x, t)
	mask := make([]float64, m.size())
	found := false
	for k, c := range m.components {
		mask[k] = math.Inf(-1)
		if c.Class == class {
			mask[k], found = 0, true
		}
	}
	if !found {
		panic(fmt.Errorf("mixture %s has no class %d; it has %v", m.name, class, m.Classes()))
	}
	return Squeeze(Sub(logSumExp(Add(s.joint, m.constant(x, mask, 1, m.size()))), s.evidence), 1)
}

// logSumExp over axis 1 of [batch, k], kept as [batch, 1].
func logSumExp(x *Node) *Node {
	top := StopGradient(ReduceAndKeep(x, ReduceMax, 1))
	return Add(top, Log(ReduceAndKeep(Exp(Sub(x, top)), ReduceSum, 1)))
}

func (m *Mixture) size() int { return len(m.components) }

// constant puts a host table into the graph of like, in its type.
func (m *Mixture) constant(like *Node, table []float64, dims ...int) *Node {
	return Reshape(ConstAs(like, table), dims...)
}

func (m *Mixture) flatBasis() []float64 { return flatten(m.basis) }

// rotatedMeans are Q_k^T (mean_k - center), [k][d].
func (m *Mixture) rotatedMeans() []float64 {
	var out []float64
	for k, mean := range m.means {
		for j := range m.dim {
			sum := 0.0
			for i := range m.dim {
				sum += m.basis[k][i*m.dim+j] * mean[i]
			}
			out = append(out, sum)
		}
	}
	return out
}

func flatten(rows [][]float64) []float64 {
	var flat []float64
	for _, row := range rows {
		flat = append(flat, row...)
	}
	return flat
}
