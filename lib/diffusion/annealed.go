package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// AnnealedLangevin is algorithm 1 of Song and Ermon 2019 on any path. At the noise level where a span ends, it takes a
// number of Langevin steps on the noised density, of length delta = size sigma^2. Their step is x + (a/2) score +
// sqrt(a) z with a = eps sigma^2/sigma_L^2. It is this step with size = eps/(2 sigma_L^2): 0.1 for their eps = 2e-5 and
// sigma_L = 0.01.
//
// Between levels x/alpha is kept. So in units of the data the chain is the same on every path that visits the same
// levels sigma/alpha.
//
// The method has no order, because a fixed number of steps a level leaves two errors that a finer grid does not remove.
// One is the remainder of the previous level. The other is the bias of the unadjusted chain: at a level of variance v
// its variance converges to v/(1 - delta/(2v)). This is too wide by a factor of at most 1/(1 - size/2), as v >=
// sigma^2. The chain is stable for size < 2.
//
// The grid's first time is where the samples come from, not a level. At sigma = 0 the samples do not change. To end
// there without the noise of the last level (Jolicoeur-Martineau et al. 2021), take one step of DDIM(0), which
// denoises. Steps are unrolled in the graph.
func AnnealedLangevin(steps int, size float64) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		s.mustFall("AnnealedLangevin")
		kept := Div(m.At(s.To).Alpha, m.At(s.From).Alpha)
		return langevinAt(m, s.To, steps, size, Mul(kept, x), r)
	}
}

// langevinAt takes steps of length size sigma^2 on the density of x_t, and none where sigma = 0.
func langevinAt(m Model, t *Node, steps int, size float64, x *Node, r *random.Source) *Node {
	must(steps >= 1 && 0 < size && size < 2,
		"%d Langevin steps of size %g sigma^2: give at least 1, and a size between 0 and 2, where they are stable",
		steps, size)
	sigma := m.At(t).Sigma
	delta := MulScalar(Square(sigma), size)
	y := x
	for range steps {
		y = langevinStep(m, t, delta, y, r)
	}
	noiseless := Equal(sigma, ZerosLike(sigma)) // there Tweedie's score is 0/0
	return Where(BroadcastToDims(noiseless, x.Shape().Dimensions...), x, y)
}
