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

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// inUnits is a process whose noise is in another unit. Noising data given in that unit then equals noising the data and
// changing the unit, exactly and for any process.
type inUnits struct {
	diffusion.Process
	scale float64
}

func (p inUnits) At(t *Node) diffusion.Coeffs {
	c := p.Process.At(t)
	c.Sigma, c.DVar = MulScalar(c.Sigma, p.scale), MulScalar(c.DVar, p.scale*p.scale)
	return c
}

// move is a change of unit, and of origin by an offset in new units.
type move struct{ scale, offset float64 }

// shift is the offset along every axis, a different one for each.
func (m move) shift(d int) []float64 {
	shift := make([]float64, d)
	for i := range shift {
		shift[i] = m.scale * m.offset * (1 - 2*float64(i%2)) / float64(1+i)
	}
	return shift
}

func (m move) of(t testing.TB, target Target) Target {
	t.Helper()
	moved, err := target.Moved(m.scale, m.shift(target.Dim()))
	if err != nil {
		t.Fatal(err)
	}
	return moved
}

// readings are all closed forms of a distribution at x and t, converted to the original unit.
func readings(target Target, p diffusion.Process, m move, x, t *Node) []*Node {
	model := target.Model(p)
	log := MulScalar(Log(Scalar(x.Graph(), x.DType(), m.scale)), float64(target.Dim()))
	center := ConstAs(x, [][]float64{m.shift(target.Dim())})
	return []*Node{
		Add(model.LogDensity(x, t), log),
		MulScalar(model.ScoreAt(x, t), m.scale),
		DivScalar(Sub(model.Denoise(x, t), center), m.scale),
		MulScalar(model.Divergence(x, t), m.scale*m.scale),
		DivScalar(target.PosteriorCov(p, x, t), m.scale*m.scale),
	}
}

var readingNames = []string{"log density", "score", "denoiser", "divergence", "posterior covariance"}

// compare checks the readings of a moved distribution, in the given type, against those of the distribution itself in
// float64. The tolerance is the change of the latter when x moves by a few roundings of the moved point, plus floor,
// the relative rounding of the formulas.
func compare(t testing.TB, b compute.Backend, target Target, p diffusion.Process, m move, dtype dtypes.DType,
	floor float64) {
	t.Helper()
	d, far := target.Dim(), m.of(t, target)
	epsilon := map[dtypes.DType]float64{dtypes.Float32: 0x1p-23, dtypes.Float64: 0x1p-52}[dtype]
	x0 := points(target, 12)
	largest := math.Abs(m.offset) + slices.Max(tensors.MustCopyFlatData[float64](x0))
	exec := MustNewExec(b, func(x, at *Node) []*Node {
		unit := readings(target, p, move{1, 0}, x, at)
		moved := Add(MulScalar(x, m.scale), Mul(p.At(at).Alpha, ConstAs(x, [][]float64{m.shift(d)})))
		got := readings(far, inUnits{p, m.scale}, m, ConvertDType(moved, dtype), ConvertDType(at, dtype))
		one := readings(far, inUnits{p, m.scale}, m, ConvertDType(Slice(moved, AxisRange(0, 1), AxisRange()), dtype),
			ConvertDType(at, dtype))
		var out []*Node
		for i, v := range unit {
			size, g := ReduceAllMax(Abs(v)), ConvertDType(got[i], dtypes.Float64)
			gap := ReduceAllMax(Abs(Sub(g, v)))
			alone := ReduceAllMax(Abs(Sub(ConvertDType(one[i], dtypes.Float64), Slice(g, AxisRange(0, 1)))))
			out = append(out, gap, alone, size)
		}
		nudge := make([]float64, d)
		for j := range nudge {
			nudge[j] = 4 * epsilon * largest * math.Copysign(1, math.Sin(float64(7*j+1)))
		}
		for i, v := range readings(target, p, move{1, 0}, Add(x, ConstAs(x, [][]float64{nudge})), at) {
			out = append(out, ReduceAllMax(Abs(Sub(v, unit[i]))))
		}
		return out
	})
	defer exec.Finalize()
	for _, at := range times(p) {
		var v []float64
		for _, out := range exec.MustCall(points(target, 12), at) {
			v = append(v, tensors.ToScalar[float64](out))
		}
		for i, name := range readingNames {
			gap, alone, size, change := v[3*i], v[3*i+1], v[3*i+2], v[3*len(readingNames)+i]
			tol := floor*(1+size) + 30*change
			if name == "denoiser" || name == "posterior covariance" {
				// Denoised points and means are rounded relative to where the distribution lies.
				tol += 4 * epsilon * largest * (1 + size)
			}
			if !(gap <= tol) || !(alone <= tol) {
				t.Errorf("%s along %T at t = %g, scale %g, offset %g, %s: %s is off by %.3g, alone by %.3g, of %.3g; "+
					"allowed %.3g",
					target.Name(), p, at, m.scale, m.offset, dtype, name, gap, alone, size, tol)
			}
		}
	}
}

// Closed forms are independent of unit and origin. In a unit c times smaller log p changes by -d log c, scores are
// divided by c, denoisers move with the data, and covariances are multiplied by c^2. This holds in any unit, at any
// offset that the type resolves, for a batch and for its first sample alone.
func TestDensityInvariance(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	const floor64, floor32 = 1e-10, 5e-4 // as in the identities; (|x|/sigma)^2 of 10^6 costs six digits
	for k, spec := range Densities {
		t.Run(spec.Name, func(t *testing.T) {
			for i, process := range diffusion.Processes { // every process in both types, at scales and offsets in turn
				scale := math.Pow(10, float64((5*i+3*k)%13-6))
				far, near := []float64{0, 1, -1e3, 1e4, 1e7}[(i+k)%5], []float64{0, 1, -1e3, 1e4}[(i+k)%4]
				compare(t, backendtest.Interpreter(t), spec.Target, process.Process, move{scale, far}, dtypes.Float64,
					floor64)
				compare(t, backendtest.Interpreter(t), spec.Target, process.Process, move{scale, near}, dtypes.Float32,
					floor32)
			}
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				if onBackend(b, spec.Name, "G1", "arc") {
					compare(t, b, spec.Target, spec.Process, move{1e-6, 1e7}, dtypes.Float64, floor64)
				}
				if onBackend(b, spec.Name, "R8") {
					compare(t, b, spec.Target, spec.Process, move{1e6, 1e4}, dtypes.Float32, floor32)
				}
			})
		})
	}
}

// Samples from the same key move with the distribution. Their component labels are right in any order of the
// components.
func TestSamplesMove(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Densities {
			if !onBackend(b, spec.Name, "G1", "arc") {
				continue
			}
			for _, m := range []move{{1e-6, 0}, {1e6, -1e3}, {.3, 1e7}} {
				unit, err := spec.Target.Sample(b, random.NewKey(3), 50)
				if err != nil {
					t.Fatal(err)
				}
				moved, err := m.of(t, spec.Target).Sample(b, random.NewKey(3), 50)
				if err != nil {
					t.Fatal(err)
				}
				x, y, shift := tensors.MustCopyFlatData[float64](unit), tensors.MustCopyFlatData[float64](moved),
					m.shift(spec.Target.Dim())
				for i := range x {
					want := m.scale*x[i] + shift[i%len(shift)]
					if tol := 1e-12*m.scale*(1+math.Abs(x[i])) + 4*epsilon*math.Abs(want); !(math.Abs(y[i]-want) <=
						tol) {
						t.Fatalf("%s, %+v: sample %d is %g, want %g", spec.Name, m, i, y[i], want)
					}
				}
			}
		}
	})
}

// The order of the components and of the samples changes only roundings.
func TestDensityPermutation(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Densities {
			mixture, ok := spec.Target.(*Mixture)
			if !ok || !onBackend(b, spec.Name, "G1", "R8") {
				continue // a circle has no components
			}
			components := slices.Clone(mixture.Components())
			slices.Reverse(components)
			other := must(NewMixture("reversed", components...))
			out := MustExecOnce(b, func(x *Node) *Node {
				at := Const(x.Graph(), times(spec.Process)[1])
				var worst []*Node
				turned := readings(other, spec.Process, move{1, 0}, Reverse(x, 0), at)
				for i, v := range readings(mixture, spec.Process, move{1, 0}, x, at) {
					worst = append(worst, ReduceAllMax(Abs(Sub(Reverse(turned[i], 0), v))))
				}
				return Stack(worst, 0)
			}, points(mixture, 9))
			for i, v := range tensors.MustCopyFlatData[float64](out) {
				if !(v <= 1e-11) {
					t.Errorf("%s: %s changes by %g", spec.Name, readingNames[i], v)
				}
			}
		}
	})
}

// quadratures lists the quadratures, each with a number that is independent of unit and origin. A line here enrolls one
// in the invariance test.
var quadratures = []struct {
	name string
	of   func(b compute.Backend, target Target, p diffusion.Process, t float64, m move) (float64, error)
}{
	{"E |x - alpha mean|^2", func(b compute.Backend, target Target, p diffusion.Process, t float64, m move) (
		float64, error) {
		return Expect(b, target, p, t, func(exact diffusion.Model, x, t *Node) *Node {
			return ReduceSum(Square(DivScalar(Sub(x, Mul(exact.At(t).Alpha, ConstAs(x, [][]float64{target.Mean()}))),
				m.scale)), 1)
		})
	}},
	{"E |score|^2", func(b compute.Backend, target Target, p diffusion.Process, t float64, m move) (float64, error) {
		return Expect(b, target, p, t, func(exact diffusion.Model, x, t *Node) *Node {
			return ReduceSum(Square(MulScalar(exact.ScoreAt(x, t), m.scale)), 1)
		})
	}},
	{"ScoreErrors", func(b compute.Backend, target Target, p diffusion.Process, t float64, m move) (float64, error) {
		build := diffusion.Fixed(func() diffusion.Model {
			exact := target.Model(p)
			return diffusion.Model{Process: p, Denoise: exact.Denoise, Score: func(x, t *Node) *Node {
				return MulScalar(exact.ScoreAt(x, t), 1.2)
			}}
		})
		errors, err := ScoreErrors(b, target, nil, p, build, t)
		if err != nil {
			return 0, err
		}
		return errors[0], nil
	}},
}

func TestQuadratureInvariance(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Densities {
			if spec.Target.Dim() > 2 || b.Name() != "go" && spec.Name != "arc" { // XLA takes a second for each graph
				continue
			}
			for _, q := range quadratures {
				t.Run(fmt.Sprintf("%s/%s", spec.Name, q.name), func(t *testing.T) {
					const at = .3
					want, err := q.of(b, spec.Target, diffusion.OU{}, at, move{1, 0})
					if err != nil {
						t.Fatal(err)
					}
					for _, m := range []move{{1e-6, 0}, {1e6, -1e3}, {1, 1e7}} {
						got, err := q.of(b, m.of(t, spec.Target), inUnits{diffusion.OU{}, m.scale}, at, m)
						// Points are rounded relative to the offset, and densities and scores change over a tenth of a
						// unit.
						if tol := 1e-11 + 100*epsilon*math.Abs(m.offset); !(math.Abs(got-want) <= tol*(1+want)) ||
							err != nil {
							t.Errorf("scale %g, offset %g: %.15g, %v; in the unit 1 %.15g", m.scale, m.offset, got, err,
								want)
						}
					}
				})
			}
		}
	})
}
