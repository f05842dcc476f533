package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Guide makes a denoiser from a denoiser, so it works between any producer and any sampler. Two guides lead from the
// denoiser of all data to that of a class y: ByClassifier and ByLabel. The table Guides lists the ways to strengthen
// either.
type Guide func(p Process, d Denoiser) Denoiser

// ByClassifier is Bayes' rule for scores at a noise level: score(x | y) = score(x) + grad log p(y | x) (Song et al.
// 2021, section 5; Dhariwal and Nichol 2021; 004, "Conditional Diffusion Models"). logProb is log p(y | x_t), [batch],
// of a classifier for noised samples.
func ByClassifier(logProb func(x, t *Node) *Node) Guide {
	return func(p Process, d Denoiser) Denoiser {
		return func(x, t *Node) *Node {
			c := p.At(t)
			grad := Gradient(ReduceAllSum(logProb(x, t)), x)[0]
			return Add(d(x, t), Mul(Div(Square(c.Sigma), c.Alpha), grad))
		}
	}
}

// ByLabel uses the denoiser of the class, from a model that is conditional on the label. This is guidance without a
// classifier (Ho and Salimans 2022; 004, "Classifier Free Guidance").
func ByLabel(conditional Denoiser) Guide {
	return func(Process, Denoiser) Denoiser { return conditional }
}

// Scaled is D + scale (D_y - D), with D the unguided denoiser and D_y that of the guide. Scale 0 gives D, scale 1 gives
// D_y, and larger scales extrapolate. Scores follow the same rule: (1 - scale) score(x) + scale score(x | y). In the
// notation of Ho and Salimans 2022, scale is 1 + w.
//
// With scale > 1 the result is not the score of a noised distribution. So the distribution of the samples depends on
// the sampler, see Tilted.
func (g Guide) Scaled(scale Scale) Guide {
	return func(p Process, d Denoiser) Denoiser {
		to := g(p, d)
		return func(x, t *Node) *Node {
			from := d(x, t)
			return Add(from, Mul(scale(p.At(t)), Sub(to(x, t), from)))
		}
	}
}

// Rescaled is Scaled with less contrast: it scales the result toward the standard deviation, over the elements of a
// sample, of the guide's own denoiser. A share of 1 reaches it, and 0 leaves the result as it is (Lin et al. 2024,
// section 3.4, with share 0.7). It is for samples of many elements, such as images. It is not affine in D.
func (g Guide) Rescaled(scale Scale, share float64) Guide {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Errorf("guidance rescaled by the share %g; give 0 to 1", share))
	}
	return func(p Process, d Denoiser) Denoiser {
		to, scaled := g(p, d), g.Scaled(scale)(p, d)
		return func(x, t *Node) *Node {
			if x.Shape().Size() == x.Shape().Dim(0) {
				panic(fmt.Errorf("guidance cannot rescale samples of one number, which have no contrast"))
			}
			over := scaled(x, t)
			ratio := Sqrt(Div(contrast(to(x, t)), contrast(over)))
			return Mul(over, AddScalar(MulScalar(ratio, share), 1-share))
		}
	}
}

// contrast is the variance over the elements of each sample, a column.
func contrast(x *Node) *Node {
	n := float64(x.Shape().Size() / x.Shape().Dim(0))
	mean := MulScalar(perSample(x), 1/n)
	return MulScalar(perSample(Square(Sub(x, mean))), 1/n)
}

// Scale is the strength gamma of guidance at a noise level: a scalar, or a column with one value for each sample, as t.
type Scale func(c Coeffs) *Node

// Constant is one strength gamma at all noise levels.
func Constant(gamma float64) Scale {
	if math.IsNaN(gamma) || math.IsInf(gamma, 0) {
		panic(fmt.Errorf("guidance of scale %g; give a finite number, 1 for the distribution of the class", gamma))
	}
	return func(c Coeffs) *Node { return AddScalar(ZerosLike(c.Sigma), gamma) }
}

// Within has the strength inside at the noise levels sigma/alpha above lo and up to hi. At others it is 1, where the
// class's own denoiser is best (Kynkaanniemi et al. 2024, section 3).
func Within(lo, hi float64, inside Scale) Scale {
	if !(lo >= 0 && lo < hi) {
		panic(fmt.Errorf("guidance between the noise levels %g and %g; give two, the lower first", lo, hi))
	}
	return func(c Coeffs) *Node {
		level := c.Ratio()
		in := LogicalAnd(GreaterThan(level, AddScalar(ZerosLike(level), lo)),
			LessOrEqual(level, AddScalar(ZerosLike(level), hi)))
		return Where(in, inside(c), OnesLike(level))
	}
}

// GuideSpec registers a way to apply a guide with a strength gamma. At gamma = 1 it is the guide itself.
type GuideSpec struct {
	Name string
	With func(g Guide, gamma float64) Guide
}

// Guides lists the ways to apply a guide. A line here enrolls it in the conformance tests.
var Guides = []GuideSpec{
	{"scaled", func(g Guide, gamma float64) Guide { return g.Scaled(Constant(gamma)) }},
	{"limited-interval", func(g Guide, gamma float64) Guide { return g.Scaled(Within(.3, 3, Constant(gamma))) }},
	{"rescaled", func(g Guide, gamma float64) Guide { return g.Rescaled(Constant(gamma), .7) }},
}
