package diffusion

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// carried is the exact probability flow of N(mean, variance) data in one coordinate. It keeps the number of standard
// deviations from the mean.
func carried(t *testing.T, b compute.Backend, p Process, from, to, x float64) float64 {
	t.Helper()
	c := coefficients(t, b, p, []float64{from, to})
	scale := func(i int) float64 { return math.Sqrt(c[0][i]*c[0][i]*dataVariance + c[1][i]*c[1][i]) }
	return c[0][1]*dataMean + scale(1)/scale(0)*(x-c[0][0]*dataMean)
}

// TestErrorFollowsTolerance checks Gaussian data in either direction of time. The error is proportional to the
// tolerance: the slope of log error against log tolerance is 1. The cost is that of order 5: the slope of log
// evaluations tends to -1/5.
func TestErrorFollowsTolerance(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, spec := range Processes {
		lo, hi := ends(ReverseKind, spec.Process)
		for _, grid := range [][]float64{{lo, hi}, {hi, lo}} {
			var tolerances, errs, costs []float64
			for _, tol := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10} {
				x := samples(6, 1)
				plan := Plan{Build: gaussian(spec.Process, dataMean, dataVariance), Sampler: DormandPrince{RTol: tol},
					Grid: grid}
				s := lastOf(t, plan, b, x)
				worst, cost := 0., 0.
				got, counts := tensors.MustCopyFlatData[float64](s.X), evaluations(t, s)
				for i, x0 := range tensors.MustCopyFlatData[float64](x) {
					want := carried(t, b, spec.Process, grid[0], grid[1], x0)
					worst = math.Max(worst, math.Abs(got[i]-want)/(1+math.Abs(want)))
					cost = math.Max(cost, float64(counts[i]))
				}
				tolerances, errs, costs = append(tolerances, tol), append(errs, worst), append(costs, cost)
				if !(worst < 30*tol) { // errors of about ten steps, which the flow may stretch
					t.Errorf("%s from %g to %g: error %.1e at tolerance %.0e", spec.Name, grid[0], grid[1], worst, tol)
				}
				if n := len(costs); n > 1 && costs[n-1] < costs[n-2] {
					t.Errorf("%s: %v evaluations as the tolerance falls", spec.Name, costs)
				}
			}
			rate, price := logSlope(tolerances, errs), logSlope(tolerances, costs)
			t.Logf("%s from %.3g: errors %.1e, slope %.2f, evaluations %v, slope %.2f", spec.Name, grid[0], errs, rate,
				costs, price)
			// With few steps, errors are far below their tolerance, because a minimum number of steps is taken anyway.
			near(t, spec.Name+": error against tolerance", grid[0], rate, 1, .35)
			near(t, spec.Name+": evaluations against tolerance", grid[0], price, -.16, .06)
		}
	}
}

// logSlope fits log y against log x.
func logSlope(x, y []float64) float64 {
	var lx, ly []float64
	for i := range x {
		lx, ly = append(lx, math.Log(x[i])), append(ly, math.Log(y[i]))
	}
	_, s := stat.LinearRegression(lx, ly, nil, false)
	return s
}

func lastOf(t *testing.T, p Plan, b compute.Backend, x *tensors.Tensor) (last Snapshot) {
	t.Helper()
	for s, err := range p.Trace(b, x, len(p.Grid)-1) {
		if err != nil {
			t.Fatal(err)
		}
		last = s
	}
	return last
}

func evaluations(t *testing.T, s Snapshot) []int {
	t.Helper()
	counts, err := Evaluations(s)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// TestAdaptiveStepsDoNotDependOnTheBatch checks that a sample takes the same steps to the same place, alone or in a
// batch.
func TestAdaptiveStepsDoNotDependOnTheBatch(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		// This model is stiffer for some samples than for others.
		build := Fixed(func() Model {
			return Model{Process: VP{}, Denoise: func(x, _ *Node) *Node { return Tanh(MulScalar(x, 3)) }}
		})
		plan := Plan{Build: build, Sampler: DormandPrince{RTol: 1e-7}, Grid: []float64{1, .4, .01}}
		all := samples(8, 2)
		whole := lastOf(t, plan, b, all)
		flat, start, counts := tensors.MustCopyFlatData[float64](whole.X), tensors.MustCopyFlatData[float64](all),
			evaluations(t, whole)
		if slices.Min(counts) == slices.Max(counts) {
			t.Errorf("all samples took %d evaluations: they do not choose their steps", counts[0])
		}
		for i := range 8 {
			if i > 0 && b.Name() == "xla" {
				break // each compiles anew
			}
			alone := lastOf(t, plan, b, tensors.FromFlatDataAndDimensions(start[2*i:2*i+2], 1, 2))
			sameWithin(t, "alone", tensors.FromFlatDataAndDimensions(flat[2*i:2*i+2], 1, 2), alone.X, 1e-13)
			if n := evaluations(t, alone)[0]; n != counts[i] {
				t.Errorf("sample %d: %d evaluations alone, %d in the batch", i, n, counts[i])
			}
		}
	})
}

// TestLandingAndRoundTrip checks that landing times cost evaluations, not accuracy, and that a round trip is the
// identity up to the tolerance.
func TestLandingAndRoundTrip(t *testing.T) {
	const tol = 1e-9
	b := backendtest.Interpreter(t)
	plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DormandPrince{RTol: tol},
		Grid: []float64{.9, .01}}
	x := samples(5, 1)
	direct := lastOf(t, plan, b, x)
	plan.Grid, _ = Uniform(.9, .01, 7)
	stops := 0
	for s, err := range plan.Trace(b, x) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Step == 0 {
			continue
		}
		for i, x0 := range tensors.MustCopyFlatData[float64](x) {
			near(t, "on the way", s.Time, tensors.MustCopyFlatData[float64](s.X)[i], carried(t, b, VP{}, .9, s.Time,
				x0), 100*tol)
		}
		if s.Step == 7 {
			stops = evaluations(t, s)[0]
			sameWithin(t, "with stops", direct.X, s.X, 100*tol)
		}
	}
	if n := evaluations(t, direct)[0]; stops <= n {
		t.Errorf("%d evaluations with 6 stops, %d without", stops, n)
	}
	plan.Grid = []float64{.01, .9}
	back := lastOf(t, plan, b, direct.X)
	sameWithin(t, "there and back", x, back.X, 1e3*tol) // errors grow by the ratio of the standard deviations
}

// TestDriversCountAlike checks that both drivers take the same attempts.
func TestDriversCountAlike(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DormandPrince{RTol: 1e-9},
			Grid: []float64{.9, .3, .01}}
		plan.driver = compiled
		a := lastOf(t, plan, b, samples(5, 1))
		plan.driver = hosted
		h := lastOf(t, plan, b, samples(5, 1))
		sameWithin(t, "drivers", a.X, h.X, 1e-12)
		for i, n := range evaluations(t, a) {
			if n != evaluations(t, h)[i] {
				t.Errorf("sample %d: %d and %d evaluations in the two drivers", i, n, evaluations(t, h)[i])
			}
		}
	})
}

// TestAdaptiveProperty draws times, tolerances and starts on Gaussian data. The result must be the exact flow, in a
// bounded number of evaluations.
func TestAdaptiveProperty(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(rt *rapid.T) {
		spec := rapid.SampledFrom(Processes).Draw(rt, "process")
		lo, hi := spec.Process.Horizon()
		draw := rapid.Float64Range(lo, hi)
		from, to := draw.Draw(rt, "from"), draw.Draw(rt, "to")
		if math.Abs(from-to) < 1e-9 {
			return
		}
		tol := math.Pow(10, -rapid.Float64Range(2, 11).Draw(rt, "digits"))
		x := rapid.Float64Range(-3, 3).Draw(rt, "x")
		plan := Plan{Build: gaussian(spec.Process, dataMean, dataVariance), Sampler: DormandPrince{RTol: tol},
			Grid: []float64{from, to}}
		s := lastOf(t, plan, b, tensors.FromValue([][]float64{{x}}))
		want := carried(t, b, spec.Process, from, to, x)
		// The flow stretches an early error by as much as it stretches the distance to its mean.
		reach := 1 + math.Abs(want) + math.Abs(carried(t, b, spec.Process, from, to, x+1)-want)
		if got := tensors.MustCopyFlatData[float64](s.X)[0]; math.Abs(got-want) > 100*tol*reach*(1+math.Abs(x)) {
			rt.Fatalf("%s from %g to %g at %.1e: %g, want %g", spec.Name, from, to, tol, got, want)
		}
		if n := evaluations(t, s)[0]; n < 7 || n > 20_000 {
			rt.Fatalf("%d evaluations", n)
		}
	})
}

// TestAdaptiveShapes checks images and float32: every pixel of N(mean, variance) data moves as a number does.
func TestAdaptiveShapes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		flat := make([]float32, 2*3*2*2)
		for i := range flat {
			flat[i] = float32(math.Sin(float64(i)))
		}
		plan := Plan{Build: gaussian(VP{}, dataMean, dataVariance), Sampler: DormandPrince{},
			Grid: []float64{1, .5, .01}}
		s := lastOf(t, plan, b, tensors.FromFlatDataAndDimensions(flat, 2, 3, 2, 2))
		if s.X.DType() != dtypes.Float32 || s.X.Rank() != 4 || len(evaluations(t, s)) != 2 {
			t.Fatalf("samples became %s", s.X.Shape())
		}
		for i, v := range tensors.MustCopyFlatData[float32](s.X) {
			near(t, "pixel", float64(i), float64(v), carried(t, b, VP{}, 1, .01, float64(flat[i])), 1e-3)
		}
	})
}

// TestAdaptiveFaults checks that an impossible integration ends with one line. The line says which sample failed,
// where, and after how many evaluations.
func TestAdaptiveFaults(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		good := gaussian(VP{}, dataMean, dataVariance)
		denoise := func(f func(x, t *Node) *Node) Build {
			return Fixed(func() Model { return Model{Process: VP{}, Denoise: f} })
		}
		wall := denoise(func(x, t *Node) *Node { // not a number below t = 0.5, for the samples above 0
			gone := LogicalAnd(LessThan(Add(ZerosLike(x), t), MulScalar(OnesLike(x), .5)), GreaterThan(x, ZerosLike(x)))
			return Where(gone, MulScalar(OnesLike(x), math.NaN()), ZerosLike(x))
		})
		blowUp := denoise(func(x, _ *Node) *Node { return MulScalar(Mul(x, Square(x)), 1e3) })
		lost := denoise(func(x, _ *Node) *Node { return MulScalar(x, math.NaN()) })
		narrow := tensors.FromValue([][]float32{{1}})
		x := tensors.FromValue([][]float64{{-1}, {1}})
		for i, c := range []struct {
			want  string
			build Build
			d     DormandPrince
			x     *tensors.Tensor
		}{
			{"step 2 of 2: sample 1 reached t = 0.5", wall, DormandPrince{}, x},
			{"where no step down to", wall, DormandPrince{}, x},
			{"sample 0 reached t = 0.", blowUp, DormandPrince{}, x},
			{"sample 0 reached t = 0.9 in 109 evaluations", lost, DormandPrince{}, x},
			{"evaluations of the model, the maximum", good, DormandPrince{RTol: 1e-10, MaxEvaluations: 30}, x},
			{"evaluations of the model, the maximum", good, DormandPrince{RTol: 1e-10, MaxEvaluations: 1}, x},
			{"tolerances -1 and -1", good, DormandPrince{RTol: -1}, x},
			{"tolerances 1e-05 and -1", good, DormandPrince{ATol: -1}, x},
			{"tolerances NaN", good, DormandPrince{RTol: math.NaN()}, x},
			{"give RTol from 2.2e-15 to 1", good, DormandPrince{RTol: 1e-16}, x},
			{"give RTol from 1.2e-06 to 1", good, DormandPrince{RTol: 1e-7}, narrow},
			{"MaxEvaluations is -1", good, DormandPrince{MaxEvaluations: -1}, x},
		} {
			if i > 0 && b.Name() == "xla" {
				break // each compiles twice
			}
			for _, d := range []driver{compiled, hosted} {
				_, err := Plan{Build: c.build, Sampler: c.d, Grid: []float64{.9, .6, .1}, driver: d}.Run(b, c.x)
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want one line with %q", err, c.want)
				}
			}
		}
	})
}

// patient is a sampler that needs Index + 2 attempts at a span. It tests the driver without an integration.
type patient struct{}

func (patient) Init(_ Model, x *Node, _ *random.Source) []*Node {
	return []*Node{ConvertDType(ScalarZero(x.Graph(), x.DType()), dtypes.Int32)}
}

func (patient) Step(_ Model, s Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	tries := AddScalar(carry[0], 1)
	enough := Equal(tries, AddScalar(s.Index, 2))
	return OnePlus(x), []*Node{Where(enough, ZerosLike(tries), tries)}
}

func (patient) Done(_ Span, carry []*Node) *Node { return Equal(carry[0], ZerosLike(carry[0])) }

func (patient) Fault(s Snapshot) error {
	if s.Step == 4 {
		return fmt.Errorf("tired")
	}
	return nil
}

// TestDriversRepeat checks that the drivers repeat a step until it is done, count spans and not attempts, and end with
// a fault.
func TestDriversRepeat(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, d := range []driver{compiled, hosted} {
			plan := Plan{Build: Fixed(func() Model { return Model{Process: VP{}} }), Store: model.NewStore(),
				Sampler: patient{}, Grid: []float64{1, .8, .6, .4, .2}, driver: d}
			for s, err := range plan.Trace(b, samples(1, 1), 1, 3, 4) {
				if s.Step == 0 && err != nil {
					if !strings.Contains(err.Error(), "step 4 of 4: tired") {
						t.Errorf("got %v", err)
					}
					continue
				}
				want := []float64{0, 2, 5, 9}[s.Step] // 2 + 3 + 4 attempts
				near(t, "attempts", s.Time, tensors.MustCopyFlatData[float64](s.X)[0], want, 0)
			}
		}
	})
}
