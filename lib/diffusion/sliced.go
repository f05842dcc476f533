package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Probe draws v in the shape of like, with E v v^T = I.
type Probe func(r *random.Source, like *Node) *Node

// draw calls the probe, and panics if there is none.
func (p Probe) draw(r *random.Source, like *Node) *Node {
	must(p != nil,
		"a sliced objective without a Probe; give one of the table Probes, such as (*random.Source).Rademacher")
	return p(r, like)
}

// Probes lists every distribution of the probe.
var Probes = []struct {
	Name  string
	Probe Probe
}{
	{"normal", (*random.Source).Normal},
	{"rademacher", (*random.Source).Rademacher},
	{"sphere", (*random.Source).Sphere},
}

// Sliced is sliced score matching (Song, Garg, Shi and Ermon 2019): w (v.Jv + (v.s_net)^2/2) for a random v. It
// estimates Implicit by one reverse pass in any dimension.
func Sliced(m Matching, probe Probe) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		x, _, score, w := m.draw(p, net, b, r)
		s, v := score(x), probe.draw(r, x)
		along := MulScalar(Square(perSample(Mul(v, s))), .5)
		return b.loss(w, Add(slice(s, x, v), along))
	}
}

// SlicedVR is sliced score matching with reduced variance (Song et al. 2019, SSM-VR): w (v.Jv + |s_net|^2/2). Only the
// trace is estimated.
func SlicedVR(m Matching, probe Probe) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		x, _, score, w := m.draw(p, net, b, r)
		s, v := score(x), probe.draw(r, x)
		return b.loss(w, Add(slice(s, x, v), halfSquare(s)))
	}
}

// slice is v.Jv, a column, with J the Jacobian of s at x.
func slice(s, x, v *Node) *Node {
	return column(Hutchinson(func(*Node) *Node { return s }, x, v), x)
}

// SlicedFD is SlicedVR with finite differences in place of derivatives (Pang et al. 2020, FD-SSM). With s+ and s- the
// network's score at x + step v and x - step v, it is
//
//	w (v.(s+ - s-)/(2 step) + |s+ + s-|^2/8),
//
// which needs no reverse pass in x. The step has the units of x; a hundredth of the data's standard deviation is
// typical. The bias is of order step^2. Rounding adds noise of order 1e-16/step in float64 and 1e-7/step in float32. On
// affine scores SlicedFD equals SlicedVR.
func SlicedFD(m Matching, probe Probe, step float64) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		must(positive(step), "finite-difference score matching has step %g; give a positive one", step)
		x, _, score, w := m.draw(p, net, b, r)
		v := probe.draw(r, x)
		ahead, behind := score(Add(x, MulScalar(v, step))), score(Sub(x, MulScalar(v, step)))
		slope := MulScalar(perSample(Mul(v, Sub(ahead, behind))), .5/step)
		return b.loss(w, Add(slope, MulScalar(halfSquare(Add(ahead, behind)), .25)))
	}
}
