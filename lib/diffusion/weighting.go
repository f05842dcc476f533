package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Weighting is the weight of the squared error of F at a noise level, for a head with this out. A weight that is meant
// for the error of D, of the noise or of the score carries over to all heads, because up to sign
//
//	D - D* = out (F - F*),   eps - eps* = alpha/sigma (D - D*),   s - s* = alpha/sigma^2 (D - D*).
type Weighting func(c Coeffs, out *Node) *Node

// WeightingSpec registers a weighting; sd is the standard deviation of the data.
type WeightingSpec struct {
	Name      string
	Weighting func(sd float64) Weighting
}

// Weightings lists every weighting.
var Weightings = []WeightingSpec{
	{"plain", always(Plain)},
	{"score", always(ScoreWeight)},
	{"noise", always(NoiseWeight)},
	{"data", always(DataWeight)},
	{"likelihood", always(LikelihoodWeight)},
	{"min-snr", always(MinSNR(5))},
	{"edm", EDMWeight},
}

func always(w Weighting) func(float64) Weighting { return func(float64) Weighting { return w } }

// Plain is 1 for every head.
func Plain(c Coeffs, _ *Node) *Node { return OnesLike(c.Alpha) }

// ScoreWeight weights the score's error by 1, which gives the Fisher divergence itself. Over x0 and eps the mean of its
// denoising loss is at least d/(2 sigma^2) - E|s|^2/2. The integral of this bound over times down to 0 diverges (001,
// "Incorporating time").
func ScoreWeight(c Coeffs, out *Node) *Node { return Square(Div(Mul(c.Alpha, out), Square(c.Sigma))) }

// NoiseWeight weights the noise's error by 1, and so the score's by sigma^2 (Song and Ermon 2019, section 4.2; L_simple
// of Ho et al. 2020).
func NoiseWeight(c Coeffs, out *Node) *Node { return Square(Div(Mul(c.Alpha, out), c.Sigma)) }

// DataWeight weights the denoiser's error by 1.
func DataWeight(_ Coeffs, out *Node) *Node { return Square(out) }

// LikelihoodWeight weights the score's error by g^2. The loss, integrated over times, is then a bound on the negative
// log likelihood (Song et al. 2021, "Maximum likelihood training", theorem 1).
func LikelihoodWeight(c Coeffs, out *Node) *Node {
	_, g2 := c.Rates()
	return Mul(g2, ScoreWeight(c, out))
}

// MinSNR weights the denoiser's error by min(alpha^2/sigma^2, gamma) (Hang et al. 2023, with gamma = 5).
func MinSNR(gamma float64) Weighting {
	return func(c Coeffs, out *Node) *Node {
		must(positive(gamma), "MinSNR(%g): give a positive number, such as the 5 of Hang et al. 2023", gamma)
		snr := Square(Div(c.Alpha, c.Sigma))
		return Mul(MinScalar(snr, gamma), DataWeight(c, out))
	}
}

// EDMWeight weights the denoiser's error by (r^2 + sd^2)/(r sd)^2 at the noise level r = sigma/alpha. Under EDMHead the
// weight of F's error is then 1 (Karras et al. 2022, table 1).
func EDMWeight(sd float64) Weighting {
	return func(c Coeffs, out *Node) *Node {
		must(positive(sd), "EDMWeight for data of standard deviation %g; give a positive number", sd)
		c.assume(sd)
		r2 := Square(c.Ratio())
		return Mul(Div(AddScalar(r2, sd*sd), MulScalar(r2, sd*sd)), DataWeight(c, out))
	}
}
