package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Denoising is denoising score matching (Vincent 2011): w/2 |F(in x_t) - target|^2. The target is the value of F that
// the head requires for the pair (x0, eps) from which x_t was made.
//
// With the score head and weight 1 it is J_D of 001. With the noise head and weight 1 it is half of L_simple of Ho et
// al. 2020, equation 14. With the EDM head it is equation 8 of Karras et al. 2022. On the path Linear, with a pairing
// in X1, it is flow matching under another parameterization.
//
// The heads differ by a weight alone: F = F* + (D - D*)/out for every head.
func Denoising(h Head, w Weighting, times TimeSampler) Objective {
	return func(p Process, net Net, b Batch, r *random.Source) *Node {
		must(h != nil, "Denoising without a head; give one of the table Heads, such as EDMHead(1)")
		w := w.orPlain()
		p = b.along(p, net, r)
		t, eps := b.noise(p, times, r)
		c := p.At(t)
		_, out, in := h(c)
		got := net(Mul(in, c.Forward(b.X0, eps)), c.LogSNR(), b.Label)
		return b.loss(w(c, out), halfSquare(Sub(got, h.Target(c, b.X0, eps))))
	}
}
