package diffusion

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// stretched is a process for data of which the scale is multiplied by the factor by: its noise is, too.
type stretched struct {
	Process
	by float64
}

func (p stretched) At(t *Node) Coeffs {
	c := p.Process.At(t)
	c.Sigma, c.DVar = MulScalar(c.Sigma, p.by), MulScalar(c.DVar, p.by*p.by)
	return c
}

// unitSD is the standard deviation of the data for which the objectives below are made, before they are stretched.
const unitSD = .8

// likeness is one objective with one weight on data scale x0 + shift, along a process whose noise is stretched by the
// same scale. The network represents the denoiser D(x) = scale g((x - alpha shift)/scale) + shift under every head. So
// its prediction is the same in all units.
type likeness struct {
	spec         ObjectiveSpec
	weight       WeightingSpec
	process      Process
	at           float64
	scale, shift float64
}

// weighting is that of data of this scale. Only the bound of MinSNR has units that the table's standard deviation does
// not set.
func (l likeness) weighting() Weighting {
	if l.weight.Name == "min-snr" {
		return MinSNR(5 / (l.scale * l.scale))
	}
	return l.weight.Weighting(unitSD * l.scale)
}

// loss is that of x0 [batch, d], in these units, and its derivative with respect to an offset of g.
func (l likeness) loss(x0, eps, probe, offset *Node) (loss, slope *Node) {
	sd, p := unitSD*l.scale, stretched{l.process, l.scale}
	denoise := func(c Coeffs, x *Node) *Node {
		u := MulScalar(Sub(x, MulScalar(c.Alpha, l.shift)), 1/l.scale)
		g := Add(Add(MulScalar(u, .4), MulScalar(Sin(u), .3)), offset)
		return AddScalar(MulScalar(g, l.scale), l.shift)
	}
	at := Scalar(x0.Graph(), x0.DType(), l.at)
	c := p.At(at)
	skip, out, in := l.spec.Head(sd)(c)
	net := func(u, _, _ *Node) *Node { // the F that makes this D
		x := Div(u, in)
		return Div(Sub(denoise(c, x), Mul(skip, x)), out)
	}
	truth := func(x, _ *Node) *Node { return MulScalar(Sub(x, MulScalar(c.Alpha, l.shift)), -1/(l.scale*l.scale)) }
	o := l.spec.New(sd, truth, l.weighting(), FixedTime(l.at))
	x0 = AddScalar(MulScalar(x0, l.scale), l.shift)
	loss = o(p, net, Batch{X0: x0}, random.Replay(eps, probe))
	return loss, Gradient(ReduceAllSum(loss), offset)[0]
}

// power is the power of the scale with which a loss grows. It follows from the error that its weight is for: x^2 for
// the denoiser, 1/x^2 for the score, and 1 for the noise. Under Plain the error is that of F. The error of v has no
// power, since v mixes units.
func (l likeness) power(t *testing.T) (power float64, has bool) {
	t.Helper()
	switch l.weight.Name {
	case "score":
		return -2, true
	case "data":
		return 2, true
	case "noise", "likelihood", "edm", "min-snr":
		return 0, true
	case "plain":
		switch l.spec.Name {
		case "denoising-v":
			return 0, false
		case "denoising-eps", "denoising-edm":
			return 0, true
		case "denoising-x0":
			return 2, true
		default: // the score
			return -2, true
		}
	}
	t.Fatalf("weighting %s has no power in this test", l.weight.Name)
	return 0, false
}

// invarianceBatch is five samples, their noise and their probes, [5, 2].
func invarianceBatch() (x0, eps, probe [][]float64) {
	x0 = [][]float64{{.3, -.9}, {1.1, .2}, {-.6, -.5}, {-1.4, .8}, {.1, .05}}
	eps = [][]float64{{-.4, .7}, {1.3, -.2}, {.2, .9}, {-.8, -1.1}, {.6, .3}}
	probe = [][]float64{{1, -1}, {1, 1}, {-1, 1}, {-1, -1}, {1, -1}}
	return x0, eps, probe
}

// variant is a likeness on a batch that is the same in other units, at another place, in another order, or a part of
// it.
type variant struct {
	what string
	likeness
	dtype dtypes.DType
	pick  func(x *Node) *Node            // of each of x0, eps and probe
	want  func(base []float64) []float64 // the losses, and their slope if all samples are there; nil: see invariant
	tol   float64                        // of the largest number, in units of rounding
}

func whole(x *Node) *Node { return x }

func same(base []float64) []float64 { return base }

// invariances are the variants of one likeness; the first is the likeness itself, in float64. A loss is the result of
// about ten operations on numbers ten times as large. So a hundred or a thousand units of rounding are no fault.
func (l likeness) invariances(t *testing.T) []variant {
	vs := []variant{{"itself", l, dtypes.Float64, whole, same, 0}, {"in float32", l, dtypes.Float32, whole, same, 1e3}}
	if power, has := l.power(t); has {
		vs = append(vs, l.scaled(power)...)
	}
	for _, shift := range []float64{1e4, -1e7} { // this is the unit in which x is rounded
		at := l
		at.shift = shift
		vs = append(vs, variant{fmt.Sprint("shifted by ", shift), at, dtypes.Float64, whole, same,
			1e3 * math.Abs(shift)})
	}
	reversed := func(base []float64) []float64 {
		out := slices.Clone(base)
		slices.Reverse(out[:len(out)-1]) // except for the slope
		return out
	}
	inReverse := func(x *Node) *Node {
		var rows []*Node
		for i := range x.Shape().Dim(0) {
			rows = append([]*Node{Slice(x, AxisElem(i))}, rows...)
		}
		return Concatenate(rows, 0)
	}
	vs = append(vs, variant{"in reverse", l, dtypes.Float64, inReverse, reversed, 100})
	for _, i := range []int{0, 3} {
		alone := func(base []float64) []float64 { return base[i : i+1] }
		vs = append(vs, variant{fmt.Sprint("alone, sample ", i), l, dtypes.Float64, func(x *Node) *Node {
			return Slice(x, AxisElem(i))
		}, alone, 100})
	}
	for i := range 2 {
		vs = append(vs, variant{fmt.Sprint("coordinate ", i), l, dtypes.Float64, func(x *Node) *Node {
			return Slice(x, AxisRange(), AxisElem(i))
		}, nil, 100})
	}
	return vs
}

// scaled are the variants with data, noise and the head's standard deviation in other units. A loss grows with the
// power of the scale that its weight gives it.
func (l likeness) scaled(power float64) (vs []variant) {
	for _, scale := range []float64{1e-6, 1e6} {
		at := l
		at.scale = scale
		grown := func(base []float64) (out []float64) {
			for _, v := range base {
				out = append(out, v*math.Pow(scale, power))
			}
			return out
		}
		vs = append(vs, variant{fmt.Sprint("times ", scale), at, dtypes.Float64, whole, grown, 1e3})
		if l.spec.Name == "denoising-v" && scale > 1 {
			continue // at sigma = 3e7 its weights are squares of 1/sigma^3, below float32
		}
		vs = append(vs, variant{fmt.Sprint("in float32, times ", scale), at, dtypes.Float32, whole, grown, 1e3})
	}
	return vs
}

// evaluate runs variants in one graph: the losses of each, then the slope.
func evaluate(b compute.Backend, vs []variant) ([][]float64, error) {
	x0, eps, probe := invarianceBatch()
	return exec.Evaluate(b, func(in []*Node) []*Node {
		var nodes []*Node
		for _, v := range vs {
			of := func(x *Node) *Node { return v.pick(ConvertDType(x, v.dtype)) }
			loss, slope := v.loss(of(in[0]), of(in[1]), of(in[2]), ConvertDType(in[3], v.dtype))
			nodes = append(nodes, Concatenate([]*Node{loss, Reshape(slope, 1)}, 0))
		}
		return nodes
	}, x0, eps, probe, 0.)
}

// rounding is a unit of rounding of a precision, for an objective. Differences add the quotient of rounding and step.
func (l likeness) rounding(dtype dtypes.DType) float64 {
	unit := math.Pow(2, -52)
	if dtype == dtypes.Float32 {
		unit = math.Pow(2, -23)
	}
	if l.spec.Name == "sliced-fd" {
		unit *= 100
	}
	return unit
}

// TestObjectiveInvariance checks every objective with every weighting. The cases are other units from 1e-6 to 1e6,
// offsets up to 1e7, float32, another order, one sample at a time and one dimension. Losses, and their slope in a
// weight of the network, must be those of the batch itself. So a loss is as finite there, and its minimizer as good.
//
// The Go backend runs all of them along all processes. XLA takes seconds to compile each, and so runs every objective
// once and compares with the Go backend. TestObjectivesAgainstJAX covers the weightings.
func TestObjectiveInvariance(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	bases := map[string][]float64{}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Objectives {
			for _, process := range Processes {
				lo, hi := process.Process.Horizon()
				for _, w := range Weightings {
					if b.Name() == "xla" && (process.Name != "vp" || w.Name != "plain") {
						continue
					}
					name := spec.Name + "/" + process.Name + "/" + w.Name
					t.Run(name, func(t *testing.T) {
						l := likeness{spec, w, process.Process, lo + .4*(hi-lo), 1, 0}
						base := l.invariant(t, b)
						if bases[name] == nil {
							bases[name] = base
						}
						agree(t, "the Go backend's", base, bases[name], 100*l.rounding(dtypes.Float64))
					})
				}
			}
		}
	})
}

// invariant checks the variants of a likeness against itself, and returns its own numbers.
func (l likeness) invariant(t *testing.T, b compute.Backend) []float64 {
	t.Helper()
	vs := l.invariances(t)
	out, err := evaluate(b, vs)
	if err != nil {
		t.Fatal(err)
	}
	base, sum := out[0], make([]float64, len(out[0])) // over coordinates
	for i, v := range vs {
		if most := largest(out[i]); !finite(most) {
			t.Errorf("%s: %g", v.what, most)
		}
		if v.want == nil {
			for k := range sum {
				sum[k] += out[i][k]
			}
			continue
		}
		want := v.want(base)
		agree(t, v.what, out[i][:len(want)], want, v.tol*l.rounding(v.dtype))
	}
	if l.spec.Name != "sliced" && l.spec.Name != "sliced-rademacher" { // their (v.s)^2 has terms across coordinates
		agree(t, "the sum over coordinates", sum, base, 100*l.rounding(dtypes.Float64))
	}
	return base
}

// largest is the largest absolute value, or NaN if there is one.
func largest(x []float64) float64 {
	most := 0.
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// agree fails where numbers differ by more than tol of the largest, because single ones cancel.
func agree(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*largest(want)) {
			t.Errorf("%s: number %d is %v, want %v +- %.1g", what, i, got[i], want[i], tol*largest(want))
		}
	}
}
