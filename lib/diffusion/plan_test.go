package diffusion

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestPlanRejects checks that wrong input gives one sentence that says what is wrong and where.
func TestPlanRejects(t *testing.T) {
	b := backendtest.Default(t)
	good := Plan{Build: gaussian(OU{}, 0, 1), Sampler: OneStep(Langevin), Grid: []float64{0, .1, .2}}
	with := func(change func(*Plan)) Plan { p := good; change(&p); return p }
	x := samples(2, 1)
	for _, c := range []struct {
		want string
		plan Plan
		x    *tensors.Tensor
	}{
		{"needs Build and Sampler", with(func(p *Plan) { p.Build = nil }), x},
		{"needs Build and Sampler", with(func(p *Plan) { p.Sampler = nil }), x},
		{"at least 2 times", with(func(p *Plan) { p.Grid = nil }), x},
		{"times 1 and 2 are 0.1 and 0.1", with(func(p *Plan) { p.Grid = []float64{0, .1, .1} }), x},
		{"times 1 and 2 are 0.1 and 0", with(func(p *Plan) { p.Grid = []float64{0, .1, 0} }), x},
		{"time 0 is -0.1; time counts from 0", with(func(p *Plan) { p.Grid = []float64{-.1, .1} }), x},
		{"time 2 is -0.1; time counts from 0", with(func(p *Plan) { p.Grid = []float64{.2, .1, -.1} }), x},
		{"time 1 is NaN", with(func(p *Plan) { p.Grid = []float64{0, math.NaN()} }), x},
		{"indices from -1", with(func(p *Plan) { p.First = -1 }), x},
		{"indices from 4294967295", with(func(p *Plan) { p.First = math.MaxUint32 }), x},
		{"samples are Int32", good, tensors.FromValue([][]int32{{1}})},
		{"shape (Float64)[3]", good, tensors.FromValue([]float64{1, 2, 3})},
		{"beta runs from -1", with(func(p *Plan) { p.Build = gaussian(VP{LinearBeta{-1, 2}}, 0, 1) }), x},
		// VP has no noise to divide by at time 0: the error names the place where it appears.
		{"t = 0, step 2 of 2: sample 0 is not finite", Plan{Build: gaussian(VP{}, 0, 1), Sampler: Flow(HeunMethod),
			Grid: []float64{1, .5, 0}}, x},
	} {
		_, err := c.plan.Run(b, c.x)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, c.want)
		}
	}
	// The flow's drift is infinite at t = 1, where no data is left.
	_, err := Plan{Build: gaussian(Linear{}, 0, 1), Sampler: OneStep(EulerMaruyama), Grid: []float64{.5, 1, 1.5}}.Run(
		b, x)
	if err == nil || !strings.Contains(err.Error(), "t = 1.5, step 2 of 2: sample 0 is not finite") {
		t.Errorf("beyond the end of the flow: %v", err)
	}
	for s, err := range good.Trace(b, x, 2, 1) {
		if s.Step == 0 && err == nil || s.Step == 2 {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "step 1 requested after step 2 of 2") {
			t.Errorf("marks that fall: %v", err)
		}
	}
}

// TestTimesOutsideTheHorizon checks that a plan may begin beyond the horizon, and that DDIM may end where there is no
// noise. With all data in one point it ends there.
func TestTimesOutsideTheHorizon(t *testing.T) {
	b := backendtest.Interpreter(t)
	x := samples(5, 2)
	for _, spec := range paths() {
		_, last := spec.Process.Horizon()
		first := 1.5 * last
		if alpha := coefficients(t, b, spec.Process, []float64{first})[0][0]; math.IsNaN(alpha) {
			first = (1 + last) / 2 // a schedule that ends at t = 1
		}
		plan := Plan{Sampler: DDIM(0), Grid: []float64{first, last / 2, 0}, Build: Fixed(func() Model {
			return Model{Process: spec.Process, Denoise: func(x, _ *Node) *Node { return AddScalar(ZerosLike(x), 3) }}
		})}
		end, err := plan.Run(b, x)
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
			continue
		}
		left := coefficients(t, b, spec.Process, []float64{0})[1][0] // only VE has noise at t = 0
		for _, v := range tensors.MustCopyFlatData[float64](end) {
			near(t, spec.Name, 0, v, 3, 5*left+1e-12)
		}
	}
}

// TestTraceStopsAndKeepsType checks that a caller may stop a trace, and that float32 samples stay float32.
func TestTraceStopsAndKeepsType(t *testing.T) {
	b := backendtest.Default(t)
	plan := Plan{Build: gaussian(OU{}, 0, 1), Sampler: OneStep(Langevin), Grid: []float64{0, .1, .2}}
	count := 0
	for s, err := range plan.Trace(b, tensors.FromValue([][]float32{{1}, {2}})) {
		if err != nil {
			t.Fatal(err)
		}
		if got := s.X.DType().String(); got != "Float32" {
			t.Errorf("samples became %s", got)
		}
		if count++; count == 2 {
			break
		}
	}
	if count != 2 {
		t.Errorf("%d snapshots", count)
	}
}

func TestReplayRunsOut(t *testing.T) {
	b := backendtest.Default(t)
	_, err := ExecOnce(b, func(x *Node) *Node {
		r := random.Replay(x)
		return Add(r.Normal(x), r.Normal(x))
	}, [][]float64{{1}})
	if err == nil || !strings.Contains(err.Error(), "has 1 draws a step; the sampler draws more") {
		t.Errorf("got %v", err)
	}
}

// TestGrids checks grids of 1 to 2,000 steps: exact ends, strictly monotone, equal steps in the grid's coordinate.
func TestGrids(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.Float64Range(1e-4, 100).Draw(t, "from"), rapid.Float64Range(1e-4, 100).Draw(t, "to")
		if math.Abs(math.Log(from/to)) < 1e-6 {
			return // steps below rounding
		}
		n := rapid.IntRange(1, 2000).Draw(t, "n")
		for name, kind := range map[string]struct {
			grid func(from, to float64, n int) ([]float64, error)
			u    func(float64) float64
		}{"uniform": {Uniform, func(t float64) float64 { return t }}, "geometric": {Geometric, math.Log}} {
			grid, err := kind.grid(from, to, n)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(grid) != n+1 || grid[0] != from || grid[n] != to {
				t.Fatalf("%s: %d times from %g to %g", name, len(grid), grid[0], grid[n])
			}
			step := (kind.u(to) - kind.u(from)) / float64(n)
			for i := range n {
				if got := kind.u(grid[i+1]) - kind.u(grid[i]); math.Abs(got-step) >
					1e-12*(1+math.Abs(kind.u(from))+math.Abs(kind.u(to))) {
					t.Fatalf("%s: step %d is %g, want %g", name, i, got, step)
				}
			}
		}
	})
	for want, call := range map[string]func() ([]float64, error){
		"at least 1 step, not 0":  func() ([]float64, error) { return Uniform(0, 1, 0) },
		"at least 1 step, not -3": func() ([]float64, error) { return Uniform(0, 1, -3) },
		"both ends must be":       func() ([]float64, error) { return Geometric(0, 1, 5) },
		"times 0 and 1 are 1":     func() ([]float64, error) { return Uniform(1, 1, 5) },
		"times 0 and 1 are 0 and": func() ([]float64, error) { return Uniform(0, 0, 5) },
		"time 0 is -1; time coun": func() ([]float64, error) { return Uniform(-1, 1, 5) },
		"time 3 is -0.5; time co": func() ([]float64, error) { return Uniform(1, -1, 4) },
		"time 0 is NaN":           func() ([]float64, error) { return Uniform(math.NaN(), 1, 5) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
