package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// AnnealedLangevin is algorithm 1 of Song and Ermon 2019 on any path: at each noise level, the end of a span, so many
// steps of Langevin dynamics on the noised density, of length delta = size sigma^2. Their step x + (a/2) score +
// sqrt(a) z with a = eps sigma^2/sigma_L^2 is this one with size = eps/(2 sigma_L^2), 0.1 for their eps = 2e-5 and
// sigma_L = 0.01.
//
// Between levels x/alpha is kept, so that in units of the data the chain is the same on every path that visits the same
// levels sigma/alpha. A fixed number of steps a level leaves two errors that a finer grid does not remove, so it has no
// order: what is left of the level before, and the bias of the unadjusted chain, which at a level of variance v settles
// at v/(1 - delta/(2v)), at most 1/(1 - size/2) too wide as v >= sigma^2. size < 2 is stable.
//
// The grid's first time is where the samples come from, not a level. Nothing happens at sigma = 0; to end there without
// the noise of the last level (Jolicoeur-Martineau et al. 2021), take one step of DDIM(0), which denoises. Steps are
// unrolled in the graph.
func AnnealedLangevin(steps int, size float64) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		s.mustFall("AnnealedLangevin")
		kept := Div(m.At(s.To).Alpha, m.At(s.From).Alpha)
		return langevinAt(m, s.To, steps, size, Mul(kept, x), r)
	}
}

// langevinAt takes steps of length size sigma^2 on the density of x_t, none where sigma = 0.
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
