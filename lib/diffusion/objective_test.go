package diffusion

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// correlated is the data of the objectives' tests: N(mean, [[a, b], [b, c]]) in the plane.
var correlated = struct {
	mean    [2]float64
	a, b, c float64
}{[2]float64{.4, -.7}, .8, .3, .5}

// quadrature is a batch in the plane. Over it, weighted sums of quadratic forms in (x0, eps), and in a probe of unit
// covariance, are exact means. It has three Gauss-Hermite nodes for each axis and the four signs, which every
// distribution of the probe maps to itself.
func quadrature() (x0, eps, probe [][]float64, weight []float64) {
	nodes, weights := []float64{-math.Sqrt(3), 0, math.Sqrt(3)}, []float64{1. / 6, 2. / 3, 1. / 6}
	l11 := math.Sqrt(correlated.a) // Cholesky's factor of the covariance
	l21 := correlated.b / l11
	l22 := math.Sqrt(correlated.c - l21*l21)
	for i := range 81 {
		at := [4]int{i % 3, i / 3 % 3, i / 9 % 3, i / 27}
		for s := range 4 {
			z1, z2 := nodes[at[0]], nodes[at[1]]
			x0 = append(x0, []float64{correlated.mean[0] + l11*z1, correlated.mean[1] + l21*z1 + l22*z2})
			eps = append(eps, []float64{nodes[at[2]], nodes[at[3]]})
			probe = append(probe, []float64{float64(2*(s%2) - 1), float64(2*(s/2) - 1)})
			weight = append(weight, weights[at[0]]*weights[at[1]]*weights[at[2]]*weights[at[3]]/4)
		}
	}
	return x0, eps, probe, weight
}

// affineMap is y = x m + shift on rows x.
type affineMap struct {
	m     [2][2]float64
	shift [2]float64
}

func (f affineMap) apply(x *Node) *Node {
	m := ConstAs(x, [][]float64{f.m[0][:], f.m[1][:]})
	return Add(Dot(x, m).Product(), ConstAs(x, [][]float64{f.shift[:]}))
}

// plus is f + by g.
func (f affineMap) plus(by float64, g affineMap) affineMap {
	for i := range 2 {
		f.shift[i] += by * g.shift[i]
		for j := range 2 {
			f.m[i][j] += by * g.m[i][j]
		}
	}
	return f
}

// noisedScore is the score of the data at (alpha, sigma); second is the mean of |f(scale x_t)|^2.
func noisedScore(alpha, sigma float64) (score affineMap, second func(f affineMap, scale float64) float64) {
	a, b, c := alpha*alpha*correlated.a+sigma*sigma, alpha*alpha*correlated.b, alpha*alpha*correlated.c+sigma*sigma
	det := a*c - b*b
	m := [2]float64{alpha * correlated.mean[0], alpha * correlated.mean[1]}
	score.m = [2][2]float64{{-c / det, b / det}, {b / det, -a / det}}
	for j := range 2 {
		score.shift[j] = -m[0]*score.m[0][j] - m[1]*score.m[1][j]
	}
	return score, func(f affineMap, scale float64) float64 {
		sum := 0.
		for j := range 2 {
			p, q := scale*f.m[0][j], scale*f.m[1][j]
			at := p*m[0] + q*m[1] + f.shift[j]
			sum += at*at + p*p*a + 2*p*q*b + q*q*c
		}
		return sum
	}
}

// scoreWeights are the weights of the score's error that the weightings represent, by hand.
var scoreWeights = map[string]func(alpha, sigma, g2, sd float64) float64{
	"score":      func(_, _, _, _ float64) float64 { return 1 },
	"noise":      func(_, sigma, _, _ float64) float64 { return sigma * sigma },
	"data":       func(alpha, sigma, _, _ float64) float64 { return math.Pow(sigma, 4) / (alpha * alpha) },
	"likelihood": func(_, _, g2, _ float64) float64 { return g2 },
	"min-snr": func(alpha, sigma, _, _ float64) float64 {
		return math.Min(sigma*sigma, 5*math.Pow(sigma, 4)/(alpha*alpha))
	},
	"edm": func(alpha, sigma, _, sd float64) float64 {
		return sigma * sigma * (sigma*sigma + alpha*alpha*sd*sd) / (alpha * alpha * sd * sd)
	},
}

// headAt returns the numbers of a head at a time.
func headAt(b compute.Backend, head Head, p Process, at float64) (skip, out, in float64) {
	c := MustExecOnceN(b, func(at *Node) []*Node {
		skip, out, in := head(p.At(at))
		return []*Node{skip, out, in}
	}, at)
	return tensors.ToScalar[float64](c[0]), tensors.ToScalar[float64](c[1]), tensors.ToScalar[float64](c[2])
}

// TestObjectiveConformance checks that every objective is the weighted Fisher divergence up to a constant. For a linear
// network that differs from the exact one by delta, the mean loss exceeds its minimum by w/2 E|delta|^2, on both sides.
// So the minimizer on a Gaussian is the exact score.
func TestObjectiveConformance(t *testing.T) {
	const sd = .8
	b := backendtest.Interpreter(t)
	x0, eps, probe, weight := quadrature()
	delta := affineMap{[2][2]float64{{.3, -.2}, {.1, .4}}, [2]float64{-.15, .25}}
	for _, process := range Processes {
		p := process.Process
		lo, hi := p.Horizon()
		at := lo + .4*(hi-lo)
		c := coefficients(t, b, p, []float64{at})
		alpha, sigma, g2 := c[0][0], c[1][0], c[5][0]
		score, second := noisedScore(alpha, sigma)
		for _, spec := range Objectives {
			t.Run(spec.Name+"/"+process.Name, func(t *testing.T) {
				skip, out, in := headAt(b, spec.Head(sd), p, at)
				// F = (D - skip x)/out at x = u/in, D = (x + sigma^2 score(x))/alpha.
				exact := affineMap{}.plus(sigma*sigma/(alpha*out), score)
				for i := range 2 {
					exact.m[i][i] += (1/alpha - skip) / out
					for j := range 2 {
						exact.m[i][j] /= in
					}
				}
				toScore := alpha * out / (sigma * sigma)
				for _, w := range Weightings {
					objective := spec.New(sd, func(x, _ *Node) *Node { return score.apply(x) }, w.Weighting(sd),
						FixedTime(at))
					got := MustExecOnceN(b, func(x0, eps, probe, weight *Node) []*Node {
						var losses []*Node
						for _, side := range []float64{0, 1, -1} {
							f := exact.plus(side, delta)
							net := func(x, _, _ *Node) *Node { return f.apply(x) }
							each := objective(p, net, Batch{X0: x0}, random.Replay(eps, probe))
							each.AssertDims(x0.Shape().Dim(0))
							losses = append(losses, ReduceAllSum(Mul(each, weight)))
						}
						return losses
					}, x0, eps, probe, weight)
					lowest := tensors.ToScalar[float64](got[0])
					want := 1.
					if byHand := scoreWeights[w.Name]; byHand != nil {
						want = byHand(alpha, sigma, g2, sd) * toScore * toScore
					} else if w.Name != "plain" {
						t.Fatalf("weighting %s has no weight by hand in this test", w.Name)
					}
					want *= second(delta, in) / 2
					for side, l := range got[1:] {
						loss := tensors.ToScalar[float64](l)
						// Losses are sums of terms as large as they are; those of EDM are about 1e4 at sigma = 32.
						near(t, w.Name+": loss - its minimum", float64(side), loss-lowest, want,
							1e-11*(want+math.Abs(loss)+1))
					}
				}
			})
		}
	}
}

// TestMatchingTheDataThemselves checks sigma = 0: all objectives except for the denoising ones match the score of the
// data.
func TestMatchingTheDataThemselves(t *testing.T) {
	b := backendtest.Interpreter(t)
	x0, eps, probe, weight := quadrature()
	score, second := noisedScore(1, 0)
	delta := affineMap{[2][2]float64{{.3, -.2}, {.1, .4}}, [2]float64{-.15, .25}}
	truth := func(x, _ *Node) *Node { return score.apply(x) }
	m := Matching{Score: ScoreNet(0), Times: FixedTime(0)}
	for name, objective := range map[string]Objective{
		"explicit": Explicit(m, truth), "implicit": Implicit(m), "sliced": Sliced(m, (*random.Source).Normal),
		"sliced-vr": SlicedVR(m, (*random.Source).Sphere), "sliced-fd": SlicedFD(m, (*random.Source).Rademacher, .1),
	} {
		out := MustExecOnceN(b, func(x0, eps, probe, weight *Node) []*Node {
			var losses []*Node
			for _, side := range []float64{0, 1, -1} {
				f := score.plus(side, delta)
				net := func(x, _, _ *Node) *Node { return f.apply(x) }
				losses = append(losses, ReduceAllSum(Mul(objective(VP{}, net, Batch{X0: x0}, random.Replay(eps, probe)),
					weight)))
			}
			return losses
		}, x0, eps, probe, weight)
		lowest := tensors.ToScalar[float64](out[0])
		least := -second(score, 1) / 2 // J_I at the score is -E|s|^2/2
		if name == "explicit" {
			least = 0
		}
		near(t, name+": minimum", 0, lowest, least, 1e-12)
		for _, l := range out[1:] {
			near(t, name+": loss - its minimum", 0, tensors.ToScalar[float64](l)-lowest, second(delta, 1)/2, 1e-12)
		}
	}
}

// TestDenoisingFloor checks the floor of denoising score matching. At the exact score the mean of |s - target|^2/2 is
// d/(2 sigma^2) - E|s|^2/2.
func TestDenoisingFloor(t *testing.T) {
	b := backendtest.Interpreter(t)
	x0, eps, _, weight := quadrature()
	const sigma = .2
	score, second := noisedScore(1, sigma)
	got := MustExecOnce(b, func(x0, eps, weight *Node) *Node {
		net := func(x, _, _ *Node) *Node { return score.apply(x) }
		loss := Denoising(Unscaled(ScoreHead(1)), Plain, FixedTime(sigma))(EDM{}, net, Batch{X0: x0},
			random.Replay(eps))
		return ReduceAllSum(Mul(loss, weight))
	}, x0, eps, weight)
	near(t, "floor", sigma, tensors.ToScalar[float64](got), 1/(sigma*sigma)-second(score, 1)/2, 1e-11)
}
