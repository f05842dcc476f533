package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// affine measures a sampler on Gaussian data, where every scheme is affine in x and in its noise. It returns the mean
// and variance after the grid, without Monte Carlo. Without noise a whole chain, whatever it carries, is x -> gain x +
// shift. With noise, and nothing carried, each step is x -> gain x + shift + a sum of its draws.
func affine(t *testing.T, b compute.Backend, spec SamplerSpec, p Process, grid []float64, m, v float64) (
	float64, float64) {
	t.Helper()
	build := gaussian(p, dataMean, dataVariance)
	if !spec.Stochastic {
		end, err := Plan{Build: build, Sampler: spec.Sampler, Grid: grid}.Run(
			b, tensors.FromValue([][]float64{{0}, {1}}))
		if err != nil {
			t.Fatal(err)
		}
		x := tensors.MustCopyFlatData[float64](end)
		gain := x[1] - x[0]
		return gain*m + x[0], gain * gain * v
	}
	if _, stateless := spec.Sampler.(OneStep); !stateless {
		t.Fatalf("%s carries state and draws noise: declare its order NaN and write it a test", spec.Name)
	}
	exec := MustNewExec(b, func(from, to *Node) *Node {
		g := from.Graph()
		const most = 4 // draws a step; draw k is 1 in row 2+k and 0 elsewhere
		x := make([][]float64, 2+most)
		for i := range x {
			x[i] = []float64{0}
		}
		x[1][0] = 1
		var draws []*Node
		for k := range most {
			draw := make([][]float64, 2+most)
			for i := range draw {
				draw[i] = []float64{0}
			}
			draw[2+k][0] = 1
			draws = append(draws, Const(g, draw))
		}
		next, _ := spec.Sampler.Step(build(nil, nil), Span{From: from, To: to, Index: Const(g, int32(0))}, Const(g, x),
			nil, random.Replay(draws...))
		return next
	})
	defer exec.Finalize()
	for i := range len(grid) - 1 {
		next := tensors.MustCopyFlatData[float64](exec.MustCall1(grid[i], grid[i+1]))
		shift, gain := next[0], next[1]-next[0]
		m, v = gain*m+shift, gain*gain*v
		for _, moved := range next[2:] {
			v += (moved - shift) * (moved - shift)
		}
	}
	return m, v
}

// slope fits log error against log steps.
func slope(steps []int, errors []float64) float64 {
	var x, y []float64
	for i, n := range steps {
		x, y = append(x, math.Log(float64(n))), append(y, math.Log(errors[i]))
	}
	_, s := stat.LinearRegression(x, y, nil, false)
	return s
}

// orderOf measures the order of a sampler on a process.
type orderOf struct {
	spec     SamplerSpec
	process  Process
	from, to float64
	m0, v0   float64 // the mean and the variance at the start
	space    func(from, to float64, n int) ([]float64, error)
	exact    map[string]float64 // mean and variance at the end
}

// orderSteps are the numbers of steps at which errors are measured.
var orderSteps = []int{40, 80, 160, 320}

func newOrderOf(t *testing.T, b compute.Backend, spec SamplerSpec, p Process) orderOf {
	t.Helper()
	from, to := ends(spec.Kind, p)
	o := orderOf{spec: spec, process: p, from: from, to: to, space: Uniform}
	if _, stateless := spec.Sampler.(OneStep); !stateless {
		// Multistep methods start with order 1. This costs nothing only where D hardly moves: at the end of the
		// horizon, on their own grid.
		_, o.from = p.Horizon()
		o.space = func(from, to float64, n int) ([]float64, error) {
			return InRatio(b, p, from, to, n, Geometric)
		}
	}
	at := func(t0 float64) (float64, float64) {
		c := coefficients(t, b, p, []float64{t0})
		return c[0][0], c[1][0]
	}
	o.m0, o.v0 = staticStart.mean, staticStart.variance
	if spec.Kind != StaticKind {
		alpha, sigma := at(o.from)
		o.m0, o.v0 = alpha*dataMean, alpha*alpha*dataVariance+sigma*sigma
	}
	m, v := exactMoments(spec, dataMean, dataVariance, o.from, to, at)
	o.exact = map[string]float64{"mean": m, "variance": v}
	return o
}

// reached returns mean and variance at the end, for each number of steps.
func (o orderOf) reached(t *testing.T, b compute.Backend) map[string][]float64 {
	t.Helper()
	reached := map[string][]float64{}
	for _, n := range orderSteps {
		grid, err := o.space(o.from, o.to, n)
		if err != nil {
			t.Fatal(err)
		}
		m, v := affine(t, b, o.spec, o.process, grid, o.m0, o.v0)
		reached["mean"], reached["variance"] = append(reached["mean"], m), append(reached["variance"], v)
	}
	return reached
}

// check fails unless the sampler has its declared order here. It reports whether it has no more than that.
func (o orderOf) check(t *testing.T, b compute.Backend) (attained bool) {
	t.Helper()
	for what, values := range o.reached(t, b) {
		exact := o.exact[what]
		var errs []float64
		for _, v := range values {
			errs = append(errs, math.Abs(v-exact))
		}
		tends, last, n := values[len(values)-1], errs[len(errs)-1], orderSteps[len(orderSteps)-1]
		if math.IsInf(o.spec.Order, 1) {
			if !(last <= 1e-12*(1+o.exact["variance"])) {
				t.Errorf("the %s is %.6g, exact is %.6g (at t = %g), in %d steps that are declared exact",
					what, tends, exact, o.to, n)
			}
			continue
		}
		if last < 1e-13 {
			continue // exact in this moment (VE's mean does not move)
		}
		// Take the slope, or its limit if it behaves like p + c/n, whichever is higher. An error constant may vanish,
		// or change its sign in this range, on one process; it does not on all.
		early, late := -slope(orderSteps[1:3], errs[1:3]), -slope(orderSteps[2:], errs[2:])
		mean, limit := (early+late)/2, 2*late-early
		if math.Max(mean, limit) < o.spec.Order-.15 {
			t.Errorf("the %s tends to %.6g, exact is %.6g (at t = %g, after %d steps): it converges with "+
				"order %.3f, in the limit %.3f; declared is %g",
				what, tends, exact, o.to, n, mean, limit, o.spec.Order)
		}
		attained = attained || mean < o.spec.Order+.15
	}
	return attained
}

// TestSamplerOrder checks that every sampler has at least its declared order, in mean and in variance, on every
// process. On some process it has no more.
func TestSamplerOrder(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, spec := range Samplers {
		if math.IsNaN(spec.Order) {
			continue
		}
		attained := math.IsInf(spec.Order, 1)
		judged := 0 // a filter of go test may leave processes out
		for _, process := range Processes {
			if spec.Kind == StaticKind && process.Name == "ve" {
				continue // VE's density at t = 0 is the data noised by sigma_min: not N(mean, variance)
			}
			judged++
			t.Run(spec.Name+"/"+process.Name, func(t *testing.T) {
				judged--
				if newOrderOf(t, b, spec, process.Process).check(t, b) {
					attained = true
				}
			})
		}
		if judged == 0 && !attained {
			t.Errorf("%s does better than its declared order %g on every process", spec.Name, spec.Order)
		}
	}
}
