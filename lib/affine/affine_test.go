package affine_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"pgregory.net/rapid"

	"scorelab/lib/affine"
	"scorelab/lib/backend/backendtest"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
)

func normal(t *testing.T, mean, variance float64, p diffusion.Process) func() diffusion.Model {
	t.Helper()
	law, err := density.Normal([]float64{mean}, variance)
	if err != nil {
		t.Fatal(err)
	}
	return func() diffusion.Model { return law.Model(p) }
}

// Steps whose maps are known by hand: Euler-Maruyama, the exact jump and Langevin dynamics.
func TestStepsByHand(t *testing.T) {
	const h, v, mean = .1, .5, 2.
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, test := range []struct {
			name    string
			sampler diffusion.OneStep
			want    affine.Map
		}{
			{"Euler-Maruyama", diffusion.EulerMaruyama, affine.Map{Gain: 1 - h, Noise: math.Sqrt(2 * h)}},
			{"jump", diffusion.Jump, affine.Map{Gain: math.Exp(-h), Noise: math.Sqrt(-math.Expm1(-2 * h))}},
			{"Langevin", diffusion.Langevin, affine.Map{Gain: 1 - h/v, Shift: h * mean / v, Noise: math.Sqrt(2 * h)}},
		} {
			got, err := affine.Over(b, test.sampler, normal(t, mean, v, diffusion.OU{}), []float64{0, h})
			if err != nil {
				t.Fatal(err)
			}
			g := got[0]
			if math.Abs(g.Gain-test.want.Gain)+math.Abs(g.Shift-test.want.Shift)+math.Abs(g.Noise-test.want.Noise) > 1e-14 {
				t.Errorf("%s: %+v, by hand %+v", test.name, g, test.want)
			}
		}
		// The chain of Langevin dynamics settles at v/(1 - h/2v).
		got, err := affine.Over(b, diffusion.OneStep(diffusion.Langevin), normal(t, 0, v, diffusion.OU{}), []float64{0, h})
		if err != nil {
			t.Fatal(err)
		}
		if settled, want := got[0].Stationary(), v/(1-h/(2*v)); math.Abs(settled-want) > 1e-13 || math.Abs(got[0].Variance(settled)-settled) > 1e-13 {
			t.Errorf("settles at %g, by hand %g", settled, want)
		}
	})
}

// Exact jumps compose, on any grid.
func TestJumpsCompose(t *testing.T) {
	b := backendtest.Default(t)
	apart, err := affine.Of(b, diffusion.OneStep(diffusion.Jump), normal(t, 0, 1, diffusion.VP{}))
	if err != nil {
		t.Fatal(err)
	}
	defer apart.Finalize()
	rapid.Check(t, func(t *rapid.T) {
		grid := []float64{rapid.Float64Range(0, .2).Draw(t, "from")}
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			grid = append(grid, grid[len(grid)-1]+rapid.Float64Range(.01, .15).Draw(t, "step"))
		}
		many, err := apart.Over(grid)
		if err != nil {
			t.Fatal(err)
		}
		one, err := apart.Step(grid[0], grid[len(grid)-1])
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(many.Gain-one.Gain) > 1e-13 || math.Abs(many.Noise-one.Noise) > 1e-12 {
			t.Fatalf("%v: %+v in steps, %+v at once", grid, many, one)
		}
	})
}

// remembers carries its last step.
type remembers struct{}

func (remembers) Init(_ diffusion.Model, x *Node, _ *diffusion.Random) []*Node { return []*Node{x} }

func (remembers) Step(_ diffusion.Model, _ diffusion.Span, x *Node, carry []*Node, _ *diffusion.Random) (*Node, []*Node) {
	return x, []*Node{x}
}

func TestOfRejectsMemory(t *testing.T) {
	_, err := affine.Over(backendtest.Default(t), remembers{}, normal(t, 0, 1, diffusion.OU{}), []float64{0, 1})
	if err == nil || !strings.Contains(err.Error(), "carries state") {
		t.Errorf("got %v", err)
	}
}
