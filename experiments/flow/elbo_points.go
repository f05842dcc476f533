package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// pointLine is the grid on which the density of the chain is computed.
var pointLine = fokkerplanck.Line{Lo: -8, Hi: 8, N: 1601}

// boundAtPoints compares the bound at single points with the chain's own density, for chains on G1 with variance beta.
// The bound must not fall below -log of that density.
func boundAtPoints(l *suite.Lab, r *suite.Report) error {
	logs, err := density.LogDensityOnGrid(l.Backend, density.Bimodal(), diffusion.VP{}, pointLine.Nodes(), 0)
	if err != nil {
		return err
	}
	data := pointCurves{}
	data.x, data.own = shownPoints(kit.Map(logs[0], func(v float64) float64 { return -v }))
	var chains []pointCurves
	for _, n := range []int{10, 100} {
		c, err := boundOfChain(l, r, logs[0], n)
		if err != nil {
			return err
		}
		chains = append(chains, c)
	}
	f, err := pointsFigure(data, chains)
	r.Figures = append(r.Figures, f)
	if err != nil {
		return err
	}
	return l.Progress(.85, "score errors")
}

// pointCurves are -log density of the data or of a chain's end, and the chain's bound, in nats at points x.
type pointCurves struct {
	steps         int
	x, own, bound []float64
}

// shownPoints are every fifth node of pointLine from -3.5 to 3.5, and the values there.
func shownPoints(y []float64) (x, v []float64) {
	xs := pointLine.Nodes()
	for i := 450; i <= 1150; i += 5 {
		x, v = append(x, xs[i]), append(v, y[i])
	}
	return x, v
}

// boundOfChain measures the chain of n steps on G1, whose log density is exact.
func boundOfChain(l *suite.Lab, r *suite.Report, exact []float64, n int) (c pointCurves, err error) {
	g1 := density.Bimodal()
	grid, err := diffusion.Uniform(1, 0, n)
	if err != nil {
		return c, err
	}
	chain, err := chainDensity(l, g1, grid)
	if err != nil {
		return c, err
	}
	c.steps = n
	c.x, c.own = shownPoints(kit.Map(chain, func(p float64) float64 { return -math.Log(p) }))
	if c.bound, err = pointBounds(l, g1, grid, c.x); err != nil {
		return c, err
	}
	least := math.Inf(1)
	for i := range c.bound {
		least = min(least, c.bound[i]-c.own[i])
	}
	within, err := posteriorVariances(l, g1, diffusion.VP{}, grid)
	if err != nil {
		return c, err
	}
	gap := posteriorBound(g1, vpNoise(grid), within, diffusion.KernelVariance) - entropyG1
	distance, err := metrics.KL(exact, kit.Map(chain, math.Log), pointLine.Cell())
	if err != nil {
		return c, err
	}
	r.Add(
		suite.Below{Claim: claims.D004ELBO, Metric: fmt.Sprintf("how far the bound falls below the chain's own "+
			"-log density, over [-3.5, 3.5], %d steps", n), Got: max(0, -least), Bound: 1e-9,
			Why: "rounding of two quadratures"},
		suite.Equals{Claim: claims.D004ELBO, Metric: fmt.Sprintf("KL(G1 | end of the chain) over the gap, %d steps",
			n), Got: distance.Center / gap, Want: .5, Tol: .5,
			Why: "the gap is that KL divergence plus one of the latent variables, and neither is negative"})
	return c, nil
}

// pointBounds is the bound at points x0 on the line, with the noise integrated by the trapezoidal rule.
func pointBounds(l *suite.Lab, m *density.Mixture, grid, x0 []float64) ([]float64, error) {
	const step, reach = .1, 80
	const nodes = 2*reach + 1
	var x, eps [][]float64
	weight := make([]float64, nodes)
	for _, v := range x0 {
		for j := range weight {
			z := step * float64(j-reach)
			x, eps = append(x, []float64{v}), append(eps, []float64{z})
			weight[j] = step * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		}
	}
	exec, err := exec.New(l.Backend, func(in []*Node) []*Node {
		average := func(y *Node) *Node {
			return ReduceSum(Mul(Reshape(y, len(x0), nodes), ConstAs(y, [][]float64{weight})), 1)
		}
		b, model := diffusion.ELBO{Variance: diffusion.KernelVariance}, m.Model(diffusion.VP{})
		return []*Node{average(b.Start(model.At(in[0]), in[2])),
			average(b.Term(model, diffusion.Span{From: in[0], To: in[1]}, in[2], in[3]))}
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	data, noise := tensors.FromValue(x), tensors.FromValue(eps)
	bound := make([]float64, len(x0))
	for i := range len(grid) - 1 {
		out, err := exec.Call(grid[i], grid[i+1], data, noise)
		if err != nil {
			return nil, err
		}
		start, term := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
		for k := range bound {
			if i == 0 {
				bound[k] = start[k]
			}
			bound[k] += term[k]
		}
	}
	return bound, nil
}

// chainDensity is the density of the end of the chain on the nodes of pointLine: N(0, 1), carried through the
// sampler's transitions by the trapezoidal rule.
func chainDensity(l *suite.Lab, m *density.Mixture, grid []float64) ([]float64, error) {
	line := pointLine
	exec, err := exec.New(l.Backend, func(x, from, to *Node) []*Node {
		step := func(z *Node) *Node {
			return diffusion.Ancestral(diffusion.KernelVariance)(m.Model(diffusion.VP{}),
				diffusion.Span{From: from, To: to}, x, random.Replay(z))
		}
		mean := step(ZerosLike(x))
		return []*Node{mean, ReduceAllMean(Sub(step(OnesLike(x)), mean))}
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	xs := tensors.FromFlatDataAndDimensions(line.Nodes(), line.N, 1)
	p := line.Values(func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) })
	for i := range len(grid) - 1 {
		out, err := exec.Call(xs, grid[i], grid[i+1])
		if err != nil {
			return nil, err
		}
		means, sd := tensors.MustCopyFlatData[float64](out[0]), tensors.ToScalar[float64](out[1])
		next := make([]float64, line.N)
		for k, mean := range means {
			place := func(x float64) int { return int((x - line.Lo) / line.Cell()) }
			for j := max(0, place(mean-10*sd)); j <= min(line.N-1, place(mean+10*sd)+1); j++ {
				z := (line.At(float64(j)) - mean) / sd
				next[j] += p[k] * line.Cell() * math.Exp(-z*z/2) / (sd * math.Sqrt(2*math.Pi))
			}
		}
		p = next
	}
	return p, density.CheckSum("end of the chain", p, line.Cell())
}
