package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Guide makes a denoiser from a denoiser, so it goes between any producer and any sampler. There are two that lead from
// the denoiser of all data to that of a class y, ByClassifier and ByLabel; the table Guides lists the ways to overdo
// either.
type Guide func(p Process, d Denoiser) Denoiser

// ByClassifier is Bayes' rule for scores, score(x | y) = score(x) + grad log p(y | x), at a noise level (Song et al.
// 2021, section 5; Dhariwal and Nichol 2021; 004, "Conditional Diffusion Models"). logProb is log p(y | x_t), [batch]:
// a classifier that knows noisy samples.
func ByClassifier(logProb func(x, t *Node) *Node) Guide {
	return func(p Process, d Denoiser) Denoiser {
		return func(x, t *Node) *Node {
			c := p.At(t)
			grad := Gradient(ReduceAllSum(logProb(x, t)), x)[0]
			return Add(d(x, t), Mul(Div(Square(c.Sigma), c.Alpha), grad))
		}
	}
}

// ByLabel takes the denoiser of the class from a model that has been told the label: guidance without a classifier (Ho
// and Salimans 2022; 004, "Classifier Free Guidance").
func ByLabel(conditional Denoiser) Guide {
	return func(Process, Denoiser) Denoiser { return conditional }
}

// Scaled goes scale times as far from the unguided denoiser D as the guide does, D + scale (D_y - D): not at all with
// scale 0, as far as the guide with 1, further with more. Scores do the same, (1 - scale) score(x) + scale score(x |
// y).
//
// With scale > 1 the result is the score of no noised law, and what a sampler makes of it depends on the sampler: see
// Tilted.
func (g Guide) Scaled(scale Scale) Guide {
	return func(p Process, d Denoiser) Denoiser {
		to := g(p, d)
		return func(x, t *Node) *Node {
			from := d(x, t)
			return Add(from, Mul(scale(p.At(t)), Sub(to(x, t), from)))
		}
	}
}

// Rescaled is Scaled, with as much of the excess contrast taken back as share says: its result is brought to the
// standard deviation, over the elements of a sample, that the guide itself has (Lin et al. 2024, section 3.4; they take
// share 0.7). For samples of many elements, like images; it is not affine in D.
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

// Scale is the strength gamma of guidance at a noise level, as t is: a scalar, or one a sample.
type Scale func(c Coeffs) *Node

// Constant is one strength at all levels.
func Constant(gamma float64) Scale {
	if math.IsNaN(gamma) || math.IsInf(gamma, 0) {
		panic(fmt.Errorf("guidance of scale %g; give a finite number, 1 for the distribution of the class", gamma))
	}
	return func(c Coeffs) *Node { return AddScalar(ZerosLike(c.Sigma), gamma) }
}

// Within has a strength at the noise levels sigma/alpha from lo to hi, and 1 at others, where the class's own denoiser
// does best (Kynkaanniemi et al. 2024, section 3).
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

// GuideSpec registers a way to follow a guide with a strength gamma, which is the guide itself at 1.
type GuideSpec struct {
	Name string
	With func(g Guide, gamma float64) Guide
}

// Guides lists them. A line here enrols it in the conformance tests.
var Guides = []GuideSpec{
	{"scaled", func(g Guide, gamma float64) Guide { return g.Scaled(Constant(gamma)) }},
	{"limited-interval", func(g Guide, gamma float64) Guide { return g.Scaled(Within(.3, 3, Constant(gamma))) }},
	{"rescaled", func(g Guide, gamma float64) Guide { return g.Rescaled(Constant(gamma), .7) }},
}
