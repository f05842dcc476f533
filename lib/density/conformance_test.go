package density

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// points returns n points where a distribution and its noised versions have mass.
func points(target Target, n int) *tensors.Tensor {
	flat := make([]float64, 0, n*target.Dim())
	for i := range n {
		center := target.Mean()
		if m, ok := target.(*Mixture); ok {
			center = m.components[i%m.size()].Mean
		}
		for j := range target.Dim() {
			flat = append(flat, center[j]+2*math.Sin(float64(5*i+3*j+1)))
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, n, target.Dim())
}

// times are inside the horizon, away from the end where alpha vanishes.
func times(p diffusion.Process) []float64 {
	lo, hi := p.Horizon()
	return []float64{lo + .02*(hi-lo), lo + .3*(hi-lo), lo + .8*(hi-lo)}
}

// residuals evaluates, at one time, every identity that the closed forms must satisfy. Each is an array that should be
// zero.
func residuals(m Target, p diffusion.Process) func(x, t *Node) map[string]*Node {
	return func(x, t *Node) map[string]*Node {
		model := m.Model(p)
		c := p.At(t)
		d := m.Dim()
		score, denoised := model.ScoreAt(x, t), model.Denoise(x, t)
		auto := Gradient(ReduceAllSum(model.LogDensity(x, t)), x)[0]
		jacobian := make([]*Node, d) // rows of the score's Jacobian
		for i := range d {
			jacobian[i] = Gradient(ReduceAllSum(Slice(model.ScoreAt(x, t), AxisRange(), AxisElem(i))), x)[0]
		}
		j := Stack(jacobian, 1) // [batch, d, d]
		trace := ReduceSum(Mul(j, InsertAxes(Diagonal2(x, d), 0)), 1, 2)
		// Second order Tweedie: Cov[x0|x] = sigma^2/alpha^2 (I + sigma^2 J).
		cov := Add(InsertAxes(Diagonal2(x, d), 0), Mul(Square(c.Sigma), j))
		scale := Reciprocal(c.Sigma) // of scores; every residual is in units in which its terms are of order 1
		return map[string]*Node{
			"score - autodiff":             Div(Sub(score, auto), scale),
			"divergence - autodiff":        Div(Sub(model.Divergence(x, t), trace), Square(scale)),
			"Jacobian - its transpose":     Div(Sub(j, TransposeAllAxes(j, 0, 2, 1)), Square(scale)),
			"denoiser - Tweedie":           Mul(c.Alpha, Sub(denoised, c.Tweedie(score, x))),
			"score - Tweedie":              Div(Sub(score, c.Score(denoised, x)), scale),
			"posterior cov - second order": Sub(Div(m.PosteriorCov(p, x, t), Square(c.Ratio())), cov),
		}
	}
}

// Diagonal2 is the identity matrix [d, d] in the type of like.
func Diagonal2(like *Node, d int) *Node {
	return ConvertDType(Diagonal(like.Graph(), d), like.DType())
}

func TestDensityConformance(t *testing.T) {
	for _, spec := range Densities {
		t.Run(spec.Name, func(t *testing.T) {
			for _, process := range diffusion.Processes {
				checkIdentities(t, backendtest.Interpreter(t), spec.Target, process.Process, dtypes.Float64, 1e-11)
			}
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				if onBackend(b, spec.Name, "X2", "M8", "circle") {
					checkIdentities(t, b, spec.Target, spec.Process, dtypes.Float64, 1e-11)
				}
				if onBackend(b, spec.Name, "G1", "arc") {
					checkIdentities(t, b, spec.Target, spec.Process, dtypes.Float32, 5e-4)
				}
			})
		})
	}
}

// onBackend reports whether a backend checks a density. The Go backend checks all. XLA takes a second for each graph,
// so it checks only those named.
func onBackend(b compute.Backend, name string, named ...string) bool {
	return b.Name() == "go" || slices.Contains(named, name)
}

// checkIdentities compares every residual with tol. FarModes at small noise has |x|/sigma of 10^3, squared in the
// Jacobian. That costs five of float64's sixteen digits.
func checkIdentities(t testing.TB, b compute.Backend, m Target, p diffusion.Process, dtype dtypes.DType, tol float64) {
	t.Helper()
	var names []string
	exec := MustNewExec(b, func(x, at *Node) []*Node {
		x, at = ConvertDType(x, dtype), ConvertDType(at, dtype)
		names = names[:0]
		var out []*Node
		for name, node := range residuals(m, p)(x, at) {
			names, out = append(names, name), append(out, ConvertDType(ReduceAllMax(Abs(node)), dtypes.Float64))
		}
		return out
	})
	defer exec.Finalize()
	for _, at := range times(p) {
		for i, r := range exec.MustCall(points(m, 12), at) {
			if v := tensors.ToScalar[float64](r); !(v <= tol) {
				t.Errorf("%T, %s, t = %g: %s is %.3g, more than %.1g", p, dtype, at, names[i], v, tol)
			}
		}
	}
}

// The identities hold for any mixture: random weights, means and covariances in one to five dimensions.
func TestRandomMixtures(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := drawMixture(rt)
		checkIdentities(t, b, m, diffusion.VP{}, dtypes.Float64, 1e-10)
		if t.Failed() {
			rt.Fatalf("mixture %+v", m.components)
		}
	})
}

func drawMixture(t *rapid.T) *Mixture {
	d := rapid.IntRange(1, 5).Draw(t, "d")
	k := rapid.IntRange(1, 4).Draw(t, "k")
	number := rapid.Float64Range(-2, 2)
	components := make([]Component, k)
	total := 0.0
	for i := range components {
		a := mat.NewDense(d, d, nil)
		mean := make([]float64, d)
		for r := range d {
			mean[r] = number.Draw(t, "mean")
			for c := range d {
				a.Set(r, c, number.Draw(t, "root"))
			}
		}
		var cov mat.Dense
		cov.Mul(a, a.T())
		rows := make([][]float64, d)
		for r := range rows {
			rows[r] = append([]float64(nil), cov.RawRowView(r)...)
			rows[r][r] += .2
		}
		components[i] = Component{rapid.Float64Range(.1, 1).Draw(t, "weight"), mean, rows, i % 2}
		total += components[i].Weight
	}
	for i := range components {
		components[i].Weight /= total
	}
	m, err := NewMixture("random", components...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The log density equals that of gonum's normal distribution, noised by hand.
func TestLogDensityAgainstGonum(t *testing.T) {
	b := backendtest.Default(t)
	p := diffusion.OU{}
	const at = .3
	for _, spec := range Densities {
		m, ok := spec.Target.(*Mixture)
		if !ok {
			continue
		}
		noised, err := m.Noised(math.Exp(-at), math.Sqrt(-math.Expm1(-2*at)))
		if err != nil {
			t.Fatal(err)
		}
		x := points(m, 20)
		got := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(x *Node) *Node {
			return m.Model(p).LogDensity(x, Const(x.Graph(), at))
		}, x))
		flat := tensors.MustCopyFlatData[float64](x)
		for i, g := range got {
			sum := 0.0
			for _, c := range noised.Components() {
				normal, ok := distmv.NewNormal(c.Mean, mat.NewSymDense(m.Dim(), flatten(c.Cov)), nil)
				if !ok {
					t.Fatal("covariance")
				}
				sum += c.Weight * normal.Prob(flat[i*m.Dim():(i+1)*m.Dim()])
			}
			if math.Abs(g-math.Log(sum)) > 1e-12*(1+math.Abs(g)) {
				t.Errorf("%s: log density %v, gonum %v", spec.Name, g, math.Log(sum))
			}
		}
	}
}

// Known numbers of the targets, by quadrature on a grid.
func TestKnownIntegrals(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	b := backendtest.Default(t)
	ve := diffusion.VE{SigmaMin: 1e-3, SigmaMax: 10}
	timeOf := func(sigma float64) float64 { return math.Log(sigma/1e-3) / math.Log(1e4) }
	integrals := func(m *Mixture, t float64, side int) (mass, fisher, m22, entropy float64) {
		x, cell, err := Grid(-12, 12, side, m.Dim())
		if err != nil {
			panic(err)
		}
		p := diffusion.Process(ve)
		if t == 0 {
			p = diffusion.OU{} // no noise at all at t = 0
		}
		out := MustExecOnceN(b, func(x *Node) []*Node {
			model, at := m.Model(p), Const(x.Graph(), t)
			log := model.LogDensity(x, at)
			w := MulScalar(Exp(log), cell)
			return []*Node{
				ReduceAllSum(w),
				ReduceAllSum(Mul(w, ReduceSum(Square(model.Score(x, at)), 1))),
				ReduceAllSum(Mul(w, ReduceMultiply(Square(x), 1))),
				Neg(ReduceAllSum(Mul(w, log))),
			}
		}, x)
		v := func(i int) float64 { return tensors.ToScalar[float64](out[i]) }
		return v(0), v(1), v(2), v(3)
	}
	check := func(what string, got, want, tol float64) {
		t.Helper()
		if math.Abs(got-want) > tol {
			t.Errorf("%s = %.9f, want %.9f", what, got, want)
		}
	}
	for sigma, want := range map[float64]float64{.05: 7.925955, .1: 7.370500, .2: 5.771028, .5: 2.471799, 1: 1.065383} {
		mass, fisher, _, _ := integrals(Cross(), timeOf(sigma), 481)
		check("mass", mass, 1, 1e-12)
		check(fmt.Sprint("X2: E|s|^2 at sigma ", sigma), fisher, want, 6e-7)
	}
	mass, fisher, m22, entropy := integrals(Cross(), 0, 481)
	check("X2: mass", mass, 1, 1e-12)
	check("X2: E|s|^2", fisher, 8.130638, 6e-7)
	check("X2: E x1^2 x2^2", m22, 2.62, 1e-11)
	check("X2: entropy", entropy, 2.429435, 6e-7)
	_, _, _, entropy = integrals(Bimodal(), 0, 2001)
	check("G1: entropy", entropy, 1.3934888893, 1e-10)
}

// Samples have the covariance of the target. A mixture's components are drawn in proportion to their weights.
func TestSample(t *testing.T) {
	const n = 20000
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Densities {
			if !onBackend(b, spec.Name, "G1", "M8", "circle") {
				continue
			}
			m, key := spec.Target, random.NewKey(11, spec.Name)
			x, err := m.Sample(b, key, n)
			if err != nil {
				t.Fatal(err)
			}
			if mixture, ok := m.(*Mixture); ok {
				checkComponents(t, b, mixture, key, n)
			}
			flat := tensors.MustCopyFlatData[float64](x)
			mean, cov := m.Mean(), m.Covariance()
			for i := range m.Dim() {
				for j := range m.Dim() {
					var sum, square float64
					for s := range n {
						v := (flat[s*m.Dim()+i] - mean[i]) * (flat[s*m.Dim()+j] - mean[j])
						sum, square = sum+v, square+v*v
					}
					se := math.Sqrt((square/n - sum*sum/n/n) / n)
					if got := sum / n; math.Abs(got-cov[i][j]) > 5*se {
						t.Errorf("%s: covariance (%d,%d) is %g, want %g +- %g", spec.Name, i, j, got, cov[i][j], 5*se)
					}
				}
			}
		}
	})
}

// checkComponents compares the number of samples from each component with its weight.
func checkComponents(t *testing.T, b compute.Backend, m *Mixture, key random.Key, n int) {
	_, component, err := m.SampleLabelled(b, key, n)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]float64, m.size())
	for _, k := range component {
		counts[k]++
	}
	for k, c := range m.components {
		if se := math.Sqrt(c.Weight * (1 - c.Weight) * float64(n)); math.Abs(counts[k]-c.Weight*float64(n)) > 5*se {
			t.Errorf("%s: component %d drawn %g times of %d", m.Name(), k, counts[k], n)
		}
	}
}

// Bayes' rule for scores: guidance by the exact classifier at scale 1 gives the denoiser of that class.
func TestClassifierGuideIsBayes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		m, p := FarModes(), diffusion.VP{}
		only := must(NewMixture("class 1", Component{1, m.components[1].Mean, m.components[1].Cov, 1}))
		guide := diffusion.ByClassifier(func(x, t *Node) *Node { return m.ClassLogProb(p, 1, x, t) })
		exec := MustNewExec(b, func(x, at *Node) *Node {
			return ReduceAllMax(Abs(Sub(guide(p, m.Model(p).Denoise)(x, at), only.Model(p).Denoise(x, at))))
		})
		defer exec.Finalize()
		for _, at := range times(p) {
			worst := exec.MustCall(points(m, 10), at)[0]
			if v := tensors.ToScalar[float64](worst); v > 1e-10 {
				t.Errorf("t = %g: guided and conditional denoisers differ by %g", at, v)
			}
		}
	})
}
