package flow

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// boundQuadrature integrates the bound over data and noise, for both variances. Within a component of the mixture, x_t
// and x0 given x_t are normal. In x0 all terms are quadratic, so two Gauss-Hermite points are exact; in x_t the
// trapezoidal rule converges faster than any power of its step.
type boundQuadrature struct{ exec *exec.Exec }

// boundChunk is the number of steps integrated at once.
const boundChunk = 10

// newBoundQuadrature compiles a step of the bound for 1-D data m noised along p. The model may assume another process,
// or have a wrong score.
func newBoundQuadrature(l *suite.Lab, m *density.Mixture, p diffusion.Process, model diffusion.Model) (boundQuadrature,
	error) {
	step := .5 // is exact for one Gaussian; for mixtures the integrand has poles, in G1 at 0.4 standard deviations
	if len(m.Components()) > 1 {
		step = .1
	}
	var z1, z2, mean, variance, weight []float64
	for _, c := range m.Components() {
		for i := -math.Round(10 / step); i <= math.Round(10/step); i++ {
			z := i * step
			for _, side := range []float64{-1, 1} {
				z1, z2 = append(z1, z), append(z2, side)
				mean, variance = append(mean, c.Mean[0]), append(variance, c.Cov[0][0])
				weight = append(weight, c.Weight/2*step*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi))
			}
		}
	}
	nodes := len(weight)
	exec, err := exec.New(l.Backend, func(from, to *Node) []*Node { // [boundChunk]
		column := func(y *Node) *Node { return Reshape(BroadcastToDims(y, boundChunk, nodes), boundChunk*nodes, 1) }
		at := func(table []float64) *Node { return column(ConstAs(from, [][]float64{table})) }
		average := func(y *Node) *Node {
			return ReduceSum(Reshape(Mul(Reshape(y, boundChunk*nodes, 1), at(weight)), boundChunk, nodes), 1)
		}
		from, to = column(Reshape(from, boundChunk, 1)), column(Reshape(to, boundChunk, 1))
		// noised is x_t, and its variance within the component
		noised := func(c diffusion.Coeffs) (x, total *Node) {
			total = Add(Mul(Square(c.Alpha), at(variance)), Square(c.Sigma))
			return Add(Mul(c.Alpha, at(mean)), Mul(Sqrt(total), at(z1))), total
		}
		entropy := func(t *Node) *Node {
			x, _ := noised(p.At(t))
			return Neg(average(m.Model(p).LogDensity(x, t)))
		}
		c := p.At(from)
		x, total := noised(c)
		gain := Div(Mul(c.Alpha, at(variance)), total)
		x0 := Add(Add(at(mean), Mul(gain, Sub(x, Mul(c.Alpha, at(mean))))),
			Mul(Mul(Sqrt(Div(at(variance), total)), c.Sigma), at(z2)))
		out := []*Node{average(diffusion.ELBO{}.Start(c, x0)), entropy(from), entropy(to)}
		for _, v := range kit.DDPMVariances {
			out = append(
				out, average(diffusion.ELBO{Variance: v.Variance}.Term(model, diffusion.Span{From: from, To: to}, x0,
					c.Noise(x0, x))))
		}
		return out
	})
	return boundQuadrature{exec}, err
}

func (q boundQuadrature) finalize() { q.exec.Finalize() }

// boundBudget is the bound of a chain, averaged over the data, in nats, and its parts.
type boundBudget struct {
	bound float64
	exact float64   // E[-log p_t] of the data at the last time of the grid
	prior float64   // KL(p_T | N(0, 1))
	steps []float64 // KL divergence of each step p(x_to | x_from) from the exact reversal
}

func (b boundBudget) gap() float64 { return b.bound - b.exact }

// over is the bound over a grid, for each of the variances.
func (q boundQuadrature) over(grid []float64) ([]boundBudget, error) {
	budgets := make([]boundBudget, len(kit.DDPMVariances))
	steps := len(grid) - 1
	for first := 0; first < steps; first += boundChunk {
		from, to := make([]float64, boundChunk), make([]float64, boundChunk)
		for j := range boundChunk {
			i := min(first+j, steps-1) // the last step fills up
			from[j], to[j] = grid[i], grid[i+1]
		}
		out, err := q.exec.Call(from, to)
		if err != nil {
			return nil, err
		}
		value := kit.Map(out, tensors.MustCopyFlatData[float64])
		for j := range min(boundChunk, steps-first) {
			start, was, is := value[0][j], value[1][j], value[2][j]
			for k := range budgets {
				b, term := &budgets[k], value[3+k][j]
				if first+j == 0 {
					b.bound, b.prior = start, start-was
				}
				b.bound += term
				b.steps = append(b.steps, term+was-is)
				b.exact = is
			}
		}
	}
	return budgets, nil
}

// vpNoise is VP with beta from 0.1 to 20, by its formula.
func vpNoise(grid []float64) []kit.NoiseAt {
	return kit.Map(grid, func(t float64) kit.NoiseAt {
		integral := .1*t + 19.9*t*t/2
		return kit.NoiseAt{Signal: math.Exp(-integral), Noise: -math.Expm1(-integral)}
	})
}

// gaussianBound is the closed form of the bound on N(0, variance) data with the exact denoiser: the entropy of the
// data at the end of the path, the divergence of the prior, and that of every step. Model and process have normal
// transitions with equal means; the variance of the process is S_to beta/S_from, where S is the variance of x_t.
func gaussianBound(variance float64, path []kit.NoiseAt, v diffusion.ReverseVariance) float64 {
	end := path[len(path)-1].Total(variance)
	return math.Log(2*math.Pi*math.E*end)/2 + kit.GaussianKL(path[0].Total(variance), 1) + gaussianGap(variance, path,
		v)
}

// gaussianGap is the part of the gap that the steps contribute.
func gaussianGap(variance float64, path []kit.NoiseAt, v diffusion.ReverseVariance) float64 {
	gap := 0.
	for i := len(path) - 1; i > 0; i-- { // the small ones first
		from, to := path[i-1], path[i]
		was, is := from.Total(variance), to.Total(variance)
		excess := (is - was) / was
		if v == diffusion.PosteriorVariance && to.Noise > 0 {
			excess = (is*from.Noise - was*to.Noise) / (was * to.Noise)
		}
		gap += (excess - math.Log1p(excess)) / 2
	}
	return gap
}

// chainEnd is the variance of the end of the chain that the bound describes: that of the sampler, plus the decoder's
// noise in a last step that has none.
func chainEnd(variance float64, path []kit.NoiseAt, v diffusion.ReverseVariance) float64 {
	end, last := kit.AncestralVariance(variance, path, v), len(path)-1
	if v == diffusion.PosteriorVariance && path[last].Noise == 0 {
		end += path[last-1].Noise
	}
	return end
}

// posteriorVariances are E Var[x0 | x_t] of a 1-D mixture at the times of a grid, by quadrature over x_t.
func posteriorVariances(l *suite.Lab, m *density.Mixture, p diffusion.Process, grid []float64) ([]float64, error) {
	nodes, cell, err := density.Grid(-20, 20, 1201, 1)
	if err != nil {
		return nil, err
	}
	if err := density.CheckOnGrid(l.Backend, m, p, nodes, cell, grid...); err != nil {
		return nil, err
	}
	exec, err := exec.New(l.Backend, func(x, t *Node) *Node {
		within := Reshape(m.PosteriorCov(p, x, t), x.Shape().Dim(0))
		return MulScalar(ReduceAllSum(Mul(Exp(m.Model(p).LogDensity(x, t)), within)), cell)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	variances := make([]float64, len(grid))
	for i, t := range grid {
		out, err := exec.Call1(nodes, t)
		if err != nil {
			return nil, err
		}
		variances[i] = tensors.ToScalar[float64](out)
	}
	return variances, nil
}

// posteriorBound is the bound averaged over a 1-D mixture, along a path that ends without noise, with the exact
// denoiser: there E|x0 - D|^2 = E Var[x0 | x_t]. The terms are those of Ho et al. 2020, equation 5.
func posteriorBound(m *density.Mixture, path []kit.NoiseAt, variances []float64, v diffusion.ReverseVariance) float64 {
	second := m.Covariance()[0][0] + m.Mean()[0]*m.Mean()[0]
	bound := math.Log(2*math.Pi)/2 + (path[0].Signal*second+path[0].Noise)/2
	for i := range len(path) - 1 {
		from, to := path[i], path[i+1]
		beta := from.Noise - from.Signal/to.Signal*to.Noise
		tilde := beta * to.Noise / from.Noise
		variance := beta
		if v == diffusion.PosteriorVariance && to.Noise > 0 {
			variance = tilde
		}
		weight := math.Sqrt(to.Signal) * beta / from.Noise
		bound += (math.Log(variance/beta) - 1 + (tilde+weight*weight*variances[i])/variance) / 2
	}
	return bound
}
