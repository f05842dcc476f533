package density

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// Means by quadrature against known values: E|s|^2 of Cross under noise, and moments of Bimodal.
func TestExpect(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		fisher := func(exact diffusion.Model, x, t *Node) *Node { return ReduceSum(Square(exact.ScoreAt(x, t)), 1) }
		for sigma, want := range map[float64]float64{0: 8.130638, .2: 5.771028, 1: 1.065383} {
			got, err := Expect(b, Cross(), diffusion.EDM{}, sigma, fisher)
			if err != nil || math.Abs(got-want) > 6e-7 {
				t.Errorf("E|s|^2 of the cross at %g: %v, %v, want %v", sigma, got, err, want)
			}
		}
		got, err := Expect(b, Bimodal(), diffusion.OU{}, .5, func(_ diffusion.Model, x, _ *Node) *Node {
			return Squeeze(Square(x), 1)
		})
		g1 := Bimodal()
		want := math.Exp(-1)*(g1.Covariance()[0][0]+g1.Mean()[0]*g1.Mean()[0]) - math.Expm1(-1)
		if err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("E x^2 of G1 at t = 0.5: %v, %v, want %v", got, err, want)
		}
	})
}

// A score that is 20 % too long has a relative squared error of 0.04.
func TestScoreErrors(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		build := diffusion.Fixed(func() diffusion.Model {
			m := Cross().Model(diffusion.EDM{})
			return diffusion.Model{Process: m.Process, Denoise: m.Denoise, Score: func(x, t *Node) *Node {
				return MulScalar(m.ScoreAt(x, t), 1.2)
			}}
		})
		got, err := ScoreErrors(b, Cross(), nil, diffusion.EDM{}, build, .1, 1)
		if err != nil || len(got) != 2 || math.Abs(got[0]-.04) > 1e-12 || math.Abs(got[1]-.04) > 1e-12 {
			t.Errorf("%v, %v, want 0.04 twice", got, err)
		}
	})
}

func TestExpectRefusesMoreDimensions(t *testing.T) {
	target := must(NewMixture("space", Component{1, []float64{0, 0, 0}, [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		0}))
	if _, err := Expect(nil, target, diffusion.OU{}, 1, nil); err == nil || !strings.Contains(err.Error(),
		"3 dimensions") {
		t.Errorf("got %v", err)
	}
}
