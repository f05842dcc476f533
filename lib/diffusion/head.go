package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Head defines what a raw network F predicts: D(x, t) = skip x + out F(in x). Every head scales its input to unit
// variance with in = 1/sqrt(alpha^2 sd^2 + sigma^2), so that weights carry over between processes.
type Head func(c Coeffs) (skip, out, in *Node)

// HeadSpec registers a head; sd is the standard deviation of the data. Target is the value that the network has to
// predict for the pair (x0, eps), written by hand from the definition of the parameterization. A head that does not
// match it fails the conformance test.
type HeadSpec struct {
	Name   string
	Head   func(sd float64) Head
	Target func(sd float64, c Coeffs, x0, eps *Node) *Node
}

// Heads lists every parameterization. "eps" and "score" divide by alpha and are singular where alpha = 0; "x0", "v" and
// "edm" are not.
var Heads = []HeadSpec{
	{"eps", EpsHead, func(_ float64, _ Coeffs, _, eps *Node) *Node { return eps }},
	{"x0", DataHead, func(_ float64, _ Coeffs, x0, _ *Node) *Node { return x0 }},
	{"v", VHead, func(_ float64, c Coeffs, x0, eps *Node) *Node { return Sub(Mul(c.Alpha, eps), Mul(c.Sigma, x0)) }},
	{"score", ScoreHead, func(_ float64, c Coeffs, _, eps *Node) *Node { return Neg(Div(eps, c.Sigma)) }},
	{"edm", EDMHead, edmTarget},
}

// edmTarget is (x0 - c_skip y)/c_out at y = x0 + s eps, s = sigma/alpha, with c_skip and c_out of Karras et al. 2022,
// table 1. This is (s x0 - sd^2 eps)/(sd sqrt(s^2 + sd^2)), with numerator and denominator multiplied by alpha.
func edmTarget(sd float64, c Coeffs, x0, eps *Node) *Node {
	above := Sub(Mul(c.Sigma, x0), MulScalar(Mul(c.Alpha, eps), sd*sd))
	return Div(above, MulScalar(Sqrt(Add(Square(c.Sigma), MulScalar(Square(c.Alpha), sd*sd))), sd))
}

// EpsHead predicts the noise: D = (x - sigma F)/alpha (Ho et al. 2020; 001, "Denoising Score Matching").
func EpsHead(sd float64) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		return Reciprocal(c.Alpha), Neg(c.Ratio()), c.unit(sd)
	}
}

// DataHead predicts the data: D = F (001, "Denoising as inverse problem").
func DataHead(sd float64) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		return ZerosLike(c.Alpha), OnesLike(c.Alpha), c.unit(sd)
	}
}

// VHead predicts v = alpha eps - sigma x0 (Salimans and Ho 2022), for any path: x0 = (alpha x - sigma v)/(alpha^2 +
// sigma^2).
func VHead(sd float64) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		norm := Add(Square(c.Alpha), Square(c.Sigma))
		return Div(c.Alpha, norm), Neg(Div(c.Sigma, norm)), c.unit(sd)
	}
}

// ScoreHead predicts the score: D = (x + sigma^2 F)/alpha, Tweedie's formula.
func ScoreHead(sd float64) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		return Reciprocal(c.Alpha), Div(Square(c.Sigma), c.Alpha), c.unit(sd)
	}
}

// EDMHead is the preconditioning of Karras et al. 2022, table 1, on any path by way of x/alpha and sigma/alpha. Its
// target has unit variance at every noise level.
func EDMHead(sd float64) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		in = c.unit(sd)
		skip = MulScalar(Mul(c.Alpha, Square(in)), sd*sd)
		return skip, MulScalar(Mul(c.Sigma, in), sd), in
	}
}

// unit is 1/sqrt(alpha^2 sd^2 + sigma^2), the inverse standard deviation of x_t.
func (c Coeffs) unit(sd float64) *Node {
	must(positive(sd), "a head for data of standard deviation %g; give a positive number", sd)
	c.assume(sd)
	return Reciprocal(Sqrt(Add(MulScalar(Square(c.Alpha), sd*sd), Square(c.Sigma))))
}

// Denoiser applies the head law to a network. label is [batch], or nil.
func (h Head) Denoiser(p Process, net Net, label *Node) Denoiser {
	return func(x, t *Node) *Node {
		c := mustBeValid(p).At(t)
		skip, out, in := h(c)
		return Add(Mul(skip, x), Mul(out, net(Mul(in, x), c.LogSNR(), label)))
	}
}

// Score is a Scorer. It returns the score of the density of x_t by Tweedie's formula, from the denoiser that the head
// makes of a network.
func (h Head) Score(p Process, net Net, label *Node) func(x, t *Node) *Node {
	return Model{Process: p, Denoise: h.Denoiser(p, net, label)}.ScoreAt
}

// Unscaled is the head whose network receives x without scaling.
func Unscaled(h Head) Head {
	return func(c Coeffs) (skip, out, in *Node) {
		must(h != nil, "Unscaled without a head; give one of the table Heads, such as EDMHead(1)")
		c.assumed = nil // without scaling, the head assumes nothing about the data
		skip, out, _ = h(c)
		return skip, out, OnesLike(c.Alpha)
	}
}

// Target returns what F has to predict for the pair (x0, eps): the value at which D = x0. It is computed from the pair,
// because a computation from x would cancel at small sigma.
func (h Head) Target(c Coeffs, x0, eps *Node) *Node {
	skip, out, _ := h(c)
	fromData := Div(OneMinus(Mul(skip, c.Alpha)), out)
	fromNoise := Div(Mul(skip, c.Sigma), out)
	return Sub(Mul(fromData, x0), Mul(fromNoise, eps))
}
