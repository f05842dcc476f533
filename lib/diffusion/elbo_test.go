package diffusion

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

var variances = []ReverseVariance{PosteriorVariance, KernelVariance, KernelVarianceQuietEnd}

// expectedBound is the mean of the bound over a grid, over N(m, v) data and over the noise. It uses the product of two
// Gauss-Hermite rules of three points, which is exact, since all terms are quadratic.
func expectedBound(b compute.Backend, bound ELBO, p Process, grid []float64, m, v float64) float64 {
	nodes, weights := []float64{-math.Sqrt(3), 0, math.Sqrt(3)}, []float64{1. / 6, 2. / 3, 1. / 6}
	var x0, eps [][]float64
	var w []float64
	for i := range nodes {
		for j := range nodes {
			x0, eps = append(x0, []float64{m + math.Sqrt(v)*nodes[i]}), append(eps, []float64{nodes[j]})
			w = append(w, weights[i]*weights[j])
		}
	}
	exec := MustNewExec(b, func(from, to *Node) []*Node {
		g := from.Graph()
		mean := func(y *Node) *Node { return ReduceAllSum(Mul(y, Const(g, w))) }
		model, x := gaussian(p, m, v)(nil, nil), Const(g, x0)
		return []*Node{mean(bound.Start(p.At(from), x)),
			mean(bound.Term(model, Span{From: from, To: to}, x, Const(g, eps)))}
	})
	defer exec.Finalize()
	total := 0.
	for i := range len(grid) - 1 {
		out := exec.MustCall(grid[i], grid[i+1])
		if i == 0 {
			total = tensors.ToScalar[float64](out[0])
		}
		total += tensors.ToScalar[float64](out[1])
	}
	return total
}

// jointKL is the KL divergence of two normal distributions with mean vectors and covariances.
func jointKL(m0 []float64, c0 *mat.SymDense, m1 []float64, c1 *mat.SymDense) float64 {
	var p, q mat.Cholesky
	if !p.Factorize(c0) || !q.Factorize(c1) {
		return math.NaN()
	}
	n := len(m0)
	var ratio mat.Dense
	if err := q.SolveTo(&ratio, c0); err != nil {
		return math.NaN()
	}
	d := mat.NewVecDense(n, nil)
	for i := range n {
		d.SetVec(i, m1[i]-m0[i])
	}
	var moved mat.VecDense
	if err := q.SolveVecTo(&moved, d); err != nil {
		return math.NaN()
	}
	return (mat.Trace(&ratio) + mat.Dot(d, &moved) - float64(n) + q.LogDet() - p.LogDet()) / 2
}

// chainSteps measures the steps of Ancestral on Gaussian data: each is x -> shift + gain x + noise z.
func chainSteps(b compute.Backend, build Build, v ReverseVariance, grid []float64) (steps [][3]float64) {
	exec := MustNewExec(b, func(from, to *Node) *Node {
		g := from.Graph()
		x, z := Const(g, [][]float64{{0}, {1}, {0}}), Const(g, [][]float64{{0}, {0}, {1}})
		return Ancestral(v)(build(nil, nil), Span{From: from, To: to}, x, random.Replay(z))
	})
	defer exec.Finalize()
	for i := range len(grid) - 1 {
		y := tensors.MustCopyFlatData[float64](exec.MustCall1(grid[i], grid[i+1]))
		steps = append(steps, [3]float64{y[0], y[1] - y[0], y[2] - y[0]})
	}
	return steps
}

// TestBoundIsAJointDivergence checks that the bound exceeds the entropy of the data by a KL divergence. It is that of
// the joint normal distributions of the process and of the chain over all times of the grid. Each is built from its own
// transitions.
func TestBoundIsAJointDivergence(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(r *rapid.T) {
		m, v := rapid.Float64Range(-2, 2).Draw(r, "mean"), rapid.Float64Range(.05, 5).Draw(r, "variance")
		process := rapid.SampledFrom(Processes).Draw(r, "process")
		variance := rapid.SampledFrom(variances).Draw(r, "reverse variance")
		prior := rapid.SampledFrom([]float64{0, .5, 3}).Draw(r, "prior")
		n := rapid.IntRange(1, 5).Draw(r, "steps")
		p := process.Process
		lo, hi := p.Horizon()
		hi = lo + .8*(hi-lo)
		grid, err := Uniform(hi, lo, n)
		if err != nil {
			r.Fatal(err)
		}
		bound := ELBO{Variance: variance, Prior: prior}
		got := expectedBound(b, bound, p, grid, m, v)

		// The process starts from x_to = alpha x0 + sigma eps at the end of the grid: mean and covariance of its
		// values.
		size := len(grid)
		c := coefficients(t, b, p, grid)
		alpha, sigma := c[0], c[1]
		m0, c0 := make([]float64, size), mat.NewSymDense(size, nil)
		for i := range grid {
			m0[i] = alpha[i] * m
			for j := 0; j <= i; j++ { // j is the noisier
				c0.SetSym(i, j, alpha[j]/alpha[i]*(alpha[i]*alpha[i]*v+sigma[i]*sigma[i]))
			}
		}
		// The chain is built from its own affine steps.
		if prior == 0 {
			prior = 1
		}
		m1, c1 := make([]float64, size), mat.NewSymDense(size, nil)
		c1.SetSym(0, 0, prior*prior)
		for i, s := range chainSteps(b, gaussian(p, m, v), variance, grid) {
			shift, gain, noise := s[0], s[1], s[2]
			m1[i+1] = shift + gain*m1[i]
			for j := range i + 1 {
				c1.SetSym(i+1, j, gain*c1.At(i, j))
			}
			c1.SetSym(i+1, i+1, gain*gain*c1.At(i, i)+noise*noise)
		}
		last := size - 1
		want := jointKL(m0, c0, m1, c1) + .5*math.Log(2*math.Pi*math.E*c0.At(last, last))
		if !(math.Abs(got-want) <= 1e-7*(1+math.Abs(want))) { // the joint covariances are nearly singular
			r.Fatalf("%s: the bound is %.12g, the divergence and the entropy %.12g", process.Name, got, want)
		}
	})
}

// TestBoundLiesAbove checks that every term of Ho's form is a divergence, so not negative. It also checks that the
// bound lies above -log density of the chain's end, wherever the data is.
func TestBoundLiesAbove(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(r *rapid.T) {
		m, v := rapid.Float64Range(-2, 2).Draw(r, "mean"), rapid.Float64Range(.05, 5).Draw(r, "variance")
		bound := ELBO{Variance: rapid.SampledFrom(variances).Draw(r, "reverse variance")}
		end := rapid.SampledFrom([]float64{0, .01}).Draw(r, "end")
		n := rapid.IntRange(1, 8).Draw(r, "steps")
		x0 := rapid.Float64Range(-6, 6).Draw(r, "x0")
		grid, err := Uniform(rapid.Float64Range(.5, 1).Draw(r, "T"), end, n)
		if err != nil {
			r.Fatal(err)
		}
		// At one x0 all terms are quadratic in the noise: the data has no variance, and the model assumes variance v.
		at := tensorsOf(x0)
		exec := MustNewExec(b, func(x, from, to *Node) []*Node {
			g := x.Graph()
			x = BroadcastToDims(x, 3, 1)
			eps := Const(g, [][]float64{{-math.Sqrt(3)}, {0}, {math.Sqrt(3)}})
			mean := func(y *Node) *Node { return ReduceAllSum(Mul(y, Const(g, []float64{1. / 6, 2. / 3, 1. / 6}))) }
			model := gaussian(VP{}, m, v)(nil, nil)
			return []*Node{mean(bound.Start(model.At(from), x)),
				mean(bound.Term(model, Span{From: from, To: to}, x, eps)),
				mean(model.At(from).Entropy(x)), mean(model.At(to).Entropy(x))}
		})
		defer exec.Finalize()
		total := 0.
		for i := range n {
			out := exec.MustCall(at, grid[i], grid[i+1])
			value := func(k int) float64 { return tensors.ToScalar[float64](out[k]) }
			if i == 0 {
				total = value(0)
				if l := value(0) - value(2); l < -1e-12 {
					r.Fatalf("L_T is %g", l)
				}
			}
			total += value(1)
			if l := value(1) + value(2) - value(3); grid[i+1] > 0 && l < -1e-10 {
				r.Fatalf("the divergence of step %d is %g", i, l)
			}
		}
		// The end of the chain is normal. Its moments follow from the sampler's own steps, with the decoder's variance
		// in the last step.
		mean, variance := 0., 1.
		for _, s := range chainSteps(b, gaussian(VP{}, m, v), bound.Variance, grid) {
			mean, variance = s[0]+s[1]*mean, s[1]*s[1]*variance+s[2]*s[2]
		}
		c := coefficients(t, b, VP{}, grid[n-1:])
		if end == 0 && bound.Variance != KernelVariance {
			variance += c[1][0] * c[1][0]
		}
		alpha, sigma := c[0][1], c[1][1]
		// E over q(x_to | x0) of -log N(x_to; mean, variance)
		above := .5*math.Log(2*math.Pi*variance) + ((alpha*x0-mean)*(alpha*x0-mean)+sigma*sigma)/(2*variance)
		if total < above-1e-9*(1+math.Abs(above)) {
			r.Fatalf("the bound %.12g is below -log density, %.12g", total, above)
		}
	})
}

func tensorsOf(x float64) *tensors.Tensor { return tensors.FromValue([][]float64{{x}}) }

// TestTermByHand checks the terms in DDPM's notation (Ho et al. 2020, equations 7 and 8, and the divergence of two
// normal distributions). It also checks them as a weighted denoising error (Kingma et al. 2021, equation 13).
func TestTermByHand(t *testing.T) {
	b := backendtest.Interpreter(t)
	const from, to, x0, eps = .5, .3, .8, -.7
	abar := func(t float64) float64 { return math.Exp(-(.1*t + 19.9*t*t/2)) }
	was, is := abar(to), abar(from)
	alpha := is / was
	beta := 1 - alpha
	x := math.Sqrt(is)*x0 + math.Sqrt(1-is)*eps
	denoised := dataMean + math.Sqrt(is)*dataVariance/(is*dataVariance+1-is)*(x-math.Sqrt(is)*dataMean)
	mean := func(x0 float64) float64 {
		return math.Sqrt(was)*beta/(1-is)*x0 + math.Sqrt(alpha)*(1-was)/(1-is)*x
	}
	tilde := (1 - was) / (1 - is) * beta
	for _, variance := range variances {
		v := tilde
		if variance != PosteriorVariance {
			v = beta
		}
		logV1, logV2 := math.Log(tilde), math.Log(v)
		distance := mean(x0) - mean(denoised)
		kl := .5 * (-1 + logV2 - logV1 + math.Exp(logV1-logV2) + distance*distance*math.Exp(-logV2))
		out := MustExecOnceN(b, func(from, to *Node) []*Node {
			g := from.Graph()
			m, x := gaussian(VP{}, dataMean, dataVariance)(nil, nil), Const(g, [][]float64{{x0}})
			at, next := m.At(from), m.At(to)
			term := ELBO{Variance: variance}.Term(m, Span{From: from, To: to}, x, Const(g, [][]float64{{eps}}))
			last := ELBO{Variance: variance}.Term(m, Span{From: from, To: ScalarZero(g, dtypes.Float64)}, x,
				Const(g, [][]float64{{eps}}))
			return []*Node{Add(term, Sub(at.Entropy(x), next.Entropy(x))), Add(last, at.Entropy(x)),
				ELBO{}.Start(at, x), ELBO{Prior: 2}.Start(at, x)}
		}, from, to)
		value := func(k int) float64 { return tensors.MustCopyFlatData[float64](out[k])[0] }
		near(t, "KL", float64(variance), value(0), kl, 1e-13)
		if variance == PosteriorVariance {
			near(t, "KL as denoising error", 0, value(0), .5*(was/(1-was)-is/(1-is))*(x0-denoised)*(x0-denoised), 1e-13)
		}
		// The decoder: alpha_1 = abar here, so the mean is D and beta_1 = 1 - abar.
		decoder := .5*math.Log(2*math.Pi*(1-is)) + (x0-denoised)*(x0-denoised)/(2*(1-is))
		near(t, "decoder", float64(variance), value(1), decoder, 1e-13)
		near(t, "start", 1, value(2), .5*math.Log(2*math.Pi)+(is*x0*x0+1-is)/2, 1e-13)
		near(t, "start", 2, value(3), .5*math.Log(8*math.Pi)+(is*x0*x0+1-is)/8, 1e-13)
	}
}

// TestBoundByPlan checks that a plan estimates the bound without bias, on either driver and backend, also for images.
// Every stretch of the grid must give the bound for its end.
func TestBoundByPlan(t *testing.T) {
	const steps = 12
	grid, err := Uniform(1, 0, steps)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, variance := range variances[:2] {
			bound := ELBO{Variance: variance}
			// The data is 4000 images of 1 x 2 x 1 pixels, all of one value: it has no variance, while the model
			// assumes some.
			const n, d, x0 = 4000, 2, .9
			flat := make([]float64, n*d)
			for i := range flat {
				flat[i] = x0
			}
			plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: bound, Grid: grid,
				Noise: random.NewKey(7, "bound")}
			images := tensors.FromFlatDataAndDimensions(flat, n, 1, 2, 1)
			var runs [2][]float64
			for k, drive := range []driver{compiled, hosted} {
				plan.driver = drive
				for s, err := range plan.Trace(b, images, steps/2, steps) {
					if err != nil {
						t.Fatal(err)
					}
					if s.Step == 0 {
						_, err := ELBONats(s)
						if err == nil || !strings.Contains(err.Error(), "the bound begins with the first step") {
							t.Errorf("the start has a bound: %v", err)
						}
						continue
					}
					nats, err := ELBONats(s)
					if err != nil {
						t.Fatal(err)
					}
					exact := pointBound(t, bound, grid[:s.Step+1], x0)
					mean, sd := stat.MeanStdDev(nats, nil)
					near(t, fmt.Sprintf("variance %d, bound at", variance), s.Time, mean, d*exact, 5*sd/math.Sqrt(n))
					runs[k] = nats
				}
			}
			for i := range runs[0] {
				near(t, "compiled - hosted", float64(i), runs[0][i], runs[1][i], 1e-11*(1+math.Abs(runs[0][i])))
			}
		}
	})
}

// pointBound is the bound at one x0 in one dimension, with a Gauss-Hermite rule over the noise.
func pointBound(t *testing.T, bound ELBO, grid []float64, x0 float64) float64 {
	total := 0.
	for i := range len(grid) - 1 {
		out := MustExecOnceN(backendtest.Interpreter(t), func(from, to *Node) []*Node {
			g := from.Graph()
			x := Const(g, [][]float64{{x0}, {x0}, {x0}})
			eps := Const(g, [][]float64{{-math.Sqrt(3)}, {0}, {math.Sqrt(3)}})
			m := gaussian(VP{}, dataMean, dataVariance)(nil, nil)
			return []*Node{bound.Start(VP{}.At(from), x), bound.Term(m, Span{From: from, To: to}, x, eps)}
		}, grid[i], grid[i+1])
		if i == 0 {
			total = tensors.MustCopyFlatData[float64](out[0])[0]
		}
		f := tensors.MustCopyFlatData[float64](out[1])
		total += (f[0] + 4*f[1] + f[2]) / 6
	}
	return total
}

// TestTermAtManyTimes checks that each sample may have its own span. So the sum over steps can be estimated at one
// random step for each sample.
func TestTermAtManyTimes(t *testing.T) {
	b := backendtest.Interpreter(t)
	from, to, x0, eps := []float64{.9, .5, .1}, []float64{.5, .1, 0}, samples(3, 2), samples(3, 2)
	build := gaussian(SubVP{}, dataMean, dataVariance)
	each := func(x *Node, i int) *Node { return Slice(x, AxisElem(i)) }
	out := MustExecOnceN(b, func(x, eps *Node) []*Node {
		g := x.Graph()
		m, bound := build(nil, nil), ELBO{Variance: PosteriorVariance}
		column := func(v []float64) *Node { return Reshape(Const(g, v), 3, 1) }
		var single []*Node
		for i := range from {
			span := Span{From: Const(g, from[i]), To: Const(g, to[i])}
			single = append(single, bound.Term(m, span, each(x, i), each(eps, i)))
		}
		return []*Node{bound.Term(m, Span{From: column(from), To: column(to)}, x, eps), Concatenate(single, 0)}
	}, x0, eps)
	sameWithin(t, "spans together - apart", out[0], out[1], 1e-14)
}

// TestBoundFaults checks that float32 data keeps its type with a sum in float64, and that invalid input is reported.
func TestBoundFaults(t *testing.T) {
	b := backendtest.Default(t)
	x := tensors.FromValue([][]float32{{.1, .2}, {.3, .4}})
	plan := Plan{Build: gaussian(VP{}, 0, 1), Sampler: ELBO{}, Grid: []float64{1, .5, 0}, Noise: random.NewKey(1)}
	last := func() (end Snapshot, err error) {
		for s, err := range plan.Trace(b, x) {
			if err != nil {
				return s, err
			}
			end = s
		}
		return end, nil
	}
	s, err := last()
	if err != nil || s.X.DType() != dtypes.Float32 || s.Carry[0].DType() != dtypes.Float64 {
		t.Fatalf("%v, carrying %v", err, s.Carry)
	}
	plan.Grid = []float64{.1, .5}
	_, err = last()
	if err == nil || !strings.Contains(err.Error(), "ELBO leads from noise to data: give a grid that falls") {
		t.Errorf("a grid away from the data: %v", err)
	}
	plan.Grid = []float64{1, .5, 0}
	for _, prior := range []float64{-1, math.NaN(), math.Inf(1)} {
		plan.Sampler = ELBO{Prior: prior}
		if _, err := last(); err == nil || !strings.Contains(err.Error(), "the bound's prior has standard deviation") {
			t.Errorf("prior %g: %v", prior, err)
		}
	}
}
