package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// ReverseVariance is the variance of the noise that Ancestral adds in a step from t to s < t.
type ReverseVariance int

const (
	// PosteriorVariance is the variance of q(x_s | x_t, x0), DDPM's "beta tilde". It is exact if the data is one point,
	// and too small otherwise.
	PosteriorVariance ReverseVariance = iota
	// KernelVariance is the variance of q(x_t | x_s), DDPM's beta_t. On a variance-preserving path it is exact for N(0,
	// I) data, and too large for data of less variance.
	KernelVariance
	// KernelVarianceQuietEnd is KernelVariance, except for a step that ends where sigma = 0: that step adds no noise.
	// This is "z = 0 if t = 1" in algorithm 2 of Ho et al. 2020.
	KernelVarianceQuietEnd
)

// Ancestral samples the chain of Gaussians whose means are those of q(x_s | x_t, x0 = D). It is algorithm 2 of Ho, Jain
// and Abbeel 2020 and the sampling procedure of 000, section 3.2, on any path and grid (Kingma et al. 2021, appendix
// A). On VE it is k-diffusion's Euler ancestral.
//
// Its weak order is 1, and it may end at sigma = 0. There PosteriorVariance adds no noise, and KernelVariance adds
// beta_1, as the pseudocode of 000 does.
func Ancestral(v ReverseVariance) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		s.mustFall("Ancestral")
		from, to := m.At(s.From), m.At(s.To)
		mean := posteriorMean(from, to, m.Denoise(x, s.From), x)
		return Add(mean, Mul(Sqrt(v.of(from, to)), r.Normal(x)))
	}
}

// of is the variance for a step.
func (v ReverseVariance) of(from, to Coeffs) *Node {
	must(v >= PosteriorVariance && v <= KernelVarianceQuietEnd,
		"there is no ReverseVariance %d; give PosteriorVariance, KernelVariance or KernelVarianceQuietEnd", v)
	if v == PosteriorVariance {
		return posteriorVariance(from, to)
	}
	kernel := kernelVariance(from, to)
	if v == KernelVarianceQuietEnd {
		return Where(Equal(to.Sigma, ZerosLike(to.Sigma)), ZerosLike(kernel), kernel)
	}
	return kernel
}

// kernelVariance is the variance of q(x_from | x_to), for a step toward data: sigma_from^2 - (alpha_from/alpha_to)^2
// sigma_to^2. In DDPM's terms it is beta.
func kernelVariance(from, to Coeffs) *Node {
	return Mul(Square(from.Sigma), lost(Div(to.Ratio(), from.Ratio())))
}

// posteriorVariance is the variance of q(x_to | x_from, x0).
func posteriorVariance(from, to Coeffs) *Node {
	return Mul(Square(to.Sigma), lost(Div(to.Ratio(), from.Ratio())))
}

// lost is 1 - r^2, at least 0. In very short steps r is 1 up to rounding, and can exceed 1.
func lost(r *Node) *Node { return MaxScalar(Mul(OneMinus(r), OnePlus(r)), 0) }

// posteriorMean is the mean of q(x_to | x_from, x0). With r the ratio of the two noise levels sigma/alpha, it is
// alpha_to (1 - r^2) x0 + r sigma_to/sigma_from x. In this form alpha_from may be 0, where no data is left and r is 0.
func posteriorMean(from, to Coeffs, x0, x *Node) *Node {
	r := Div(to.Ratio(), from.Ratio())
	return Add(Mul(Mul(to.Alpha, lost(r)), x0), Mul(Mul(r, Div(to.Sigma, from.Sigma)), x))
}
