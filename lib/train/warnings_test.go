package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// under is the loss of an objective for a network of one matrix. Samples are the last column of a batch.
func under(o diffusion.Objective, p diffusion.Process) Loss {
	return func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
		net := func(x, _, _ *Node) *Node { return dense(scope, x, x.Shape().Dim(1)) }
		return o(p, net, diffusion.Batch{X0: batch[len(batch)-1]}, r)
	}
}

// normalPoints have standard deviation scale sqrt((4/2 + 1/2)/2) = 1.118 scale.
func normalPoints(t *testing.T, dtype dtypes.DType, scale, shift float64) *tensors.Tensor {
	x := values(t, points(dtypes.Float64, 64))
	for i := range x {
		x[i] = scale*x[i] + shift
	}
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(x, 64, 2)
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(y, 64, 2)
}

// freshNormals are normal samples, drawn at every step.
func freshNormals(sd float64) Data {
	return Fresh("normal", func(g *Graph, r *random.Source) []*Node {
		return []*Node{MulScalar(r.Normal(Zeros(g, shapes.Make(dtypes.Float32, 1000, 2))), sd)}
	})
}

type warningCase struct {
	name string
	o    diffusion.Objective
	data Data
	want string // a part of the one warning; "": none
}

func warningCases(t *testing.T) []warningCase {
	curve := func(dtype dtypes.DType, scale, shift float64) *tensors.Tensor {
		return normalPoints(t, dtype, scale, shift)
	}
	edm := diffusion.Denoising(diffusion.EDMHead(1), diffusion.Plain, nil)
	weighted := diffusion.Denoising(diffusion.Unscaled(diffusion.DataHead(1)), diffusion.EDMWeight(.01), nil)
	matching := diffusion.SlicedVR(diffusion.Matching{Score: diffusion.ScoreNet(40)}, (*random.Source).Rademacher)
	labels := tensors.FromFlatDataAndDimensions(make([]int32, 64), 64)
	bare := diffusion.Denoising(diffusion.Unscaled(diffusion.DataHead(1)), diffusion.Plain, nil)
	return []warningCase{
		{"right", edm, Whole(curve(dtypes.Float32, 1, 0)), ""},
		{"nearly", edm, Whole(curve(dtypes.Float64, 3, 1)), ""},
		{"large", edm, Whole(curve(dtypes.Float64, 90, 0)), "standard deviation 101, but the head or the " +
			"weighting of the loss is made for 1: give it 101"},
		{"large, float32", edm, Shuffled(8, curve(dtypes.Float32, 90, 0)), "standard deviation 101"},
		{"enormous", edm, Whole(curve(dtypes.Float64, 1e6, 0)),
			"standard deviation 1.12e+06: networks cannot distinguish"},
		{"tiny", edm, Drawn(8, curve(dtypes.Float64, 1e-6, 0)),
			"standard deviation 1.12e-06: networks cannot distinguish"},
		{"far, with its head", diffusion.Denoising(diffusion.EDMHead(1e4), diffusion.Plain, nil),
			Whole(curve(dtypes.Float64, 1e4, 0)), "cannot distinguish noise levels"},
		{"shifted", edm, Whole(curve(dtypes.Float64, 1, 1e7)), "distance 1e+07 from 0, with standard " +
			"deviation 1.12"},
		{"afresh", edm, freshNormals(90), "the data have standard deviation 89.2"},
		{"afresh, right", edm, freshNormals(1), ""},
		{"weight", weighted, Whole(curve(dtypes.Float64, 1, 0)), "made for 0.01"},
		{"scorer", matching, Whole(curve(dtypes.Float64, 1, 0)), "made for 40"},
		{"no assumption", bare, Whole(curve(dtypes.Float64, 90, 0)), ""},
		{"labels first, right", edm, Whole(labels, curve(dtypes.Float32, 1, 0)), ""},
		{"labels first, large", edm, Shuffled(8, labels, curve(dtypes.Float64, 90, 0)), "standard deviation 101"},
		{"labels first, afresh", edm, Fresh("labeled", func(g *Graph, r *random.Source) []*Node {
			x := MulScalar(r.Normal(Zeros(g, shapes.Make(dtypes.Float32, 1000, 2))), 90)
			return []*Node{Zeros(g, shapes.Make(dtypes.Int32, 1000)), x}
		}), "standard deviation 89.2"},
		{"one point", edm, Whole(tensors.FromValue([][]float64{{3, 4}, {3, 4}})), "one point"},
	}
}

// Data far from the scale that the head or the weighting assumes give a warning that names both numbers. This holds for
// a table and for fresh data, in both precisions. Data of that scale give none.
func TestWarnings(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range warningCases(t) {
			var said []string
			tr := begin(t, b, Plan{Loss: under(c.o, diffusion.VP{}), Data: c.data, Warn: func(s string) {
				said = append(said, s)
			}})
			got, err := tr.Warnings()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(said, got) {
				t.Errorf("%s: Begin said %q, and there is %q", c.name, said, got)
			}
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("%s: warnings %q, want %q", c.name, got, c.want)
			}
		}
	})
}

// The moments keep their digits beside a large mean: two rows 2 apart at 1e7 and more.
func TestMomentsFarFromZero(t *testing.T) {
	for _, shift := range []float64{0, 1e7, -1e9} {
		center, spread := moments([]float64{shift - 1, 5, shift + 1, 5}, 2)
		if want := math.Sqrt((shift*shift + 25) / 2); math.Abs(center-want) > 1e-15*want || spread != math.Sqrt(.5) {
			t.Errorf("shift %g: center %g, spread %g", shift, center, spread)
		}
	}
}
