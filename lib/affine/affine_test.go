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
	"scorelab/lib/random"
)

func normal(t *testing.T, mean, variance float64, p diffusion.Process) func() diffusion.Model {
	t.Helper()
	law, err := density.Normal([]float64{mean}, variance)
	if err != nil {
		t.Fatal(err)
	}
	return func() diffusion.Model { return law.Model(p) }
}

// TestStepsByHand checks steps whose maps are known by hand: Euler-Maruyama, the exact transition and Langevin
// dynamics.
func TestStepsByHand(t *testing.T) {
	const h, v, mean = .1, .5, 2.
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, test := range []struct {
			name    string
			sampler diffusion.OneStep
			want    affine.Map
		}{
			{"Euler-Maruyama", diffusion.EulerMaruyama, affine.Map{Gain: 1 - h, Noise: math.Sqrt(2 * h)}},
			{"jump", diffusion.Transition, affine.Map{Gain: math.Exp(-h), Noise: math.Sqrt(-math.Expm1(-2 * h))}},
			{"Langevin", diffusion.Langevin, affine.Map{Gain: 1 - h/v, Shift: h * mean / v, Noise: math.Sqrt(2 * h)}},
		} {
			got, err := affine.Over(b, test.sampler, normal(t, mean, v, diffusion.OU{}), []float64{0, h})
			if err != nil {
				t.Fatal(err)
			}
			g := got[0]
			if math.Abs(g.Gain-test.want.Gain)+math.Abs(g.Shift-test.want.Shift)+math.Abs(g.Noise-test.want.Noise) >
				1e-14 {
				t.Errorf("%s: %+v, by hand %+v", test.name, g, test.want)
			}
		}
		// The chain of Langevin dynamics converges to the variance v/(1 - h/(2v)).
		got, err := affine.Over(b, diffusion.OneStep(diffusion.Langevin), normal(t, 0, v, diffusion.OU{}),
			[]float64{0, h})
		if err != nil {
			t.Fatal(err)
		}
		if settled, want := got[0].Stationary(), v/(1-h/(2*v)); math.Abs(settled-want) > 1e-13 ||
			math.Abs(got[0].Variance(settled)-settled) > 1e-13 {
			t.Errorf("settles at %g, by hand %g", settled, want)
		}
	})
}

// TestTransitionsCompose checks that exact transitions compose on any grid.
func TestTransitionsCompose(t *testing.T) {
	b := backendtest.Default(t)
	apart, err := affine.Of(b, diffusion.OneStep(diffusion.Transition), normal(t, 0, 1, diffusion.VP{}))
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

func (remembers) Init(_ diffusion.Model, x *Node, _ *random.Source) []*Node { return []*Node{x} }

func (remembers) Step(_ diffusion.Model, _ diffusion.Span, x *Node, carry []*Node, _ *random.Source) (*Node, []*Node) {
	return x, []*Node{x}
}

func TestOfRejectsMemory(t *testing.T) {
	_, err := affine.Over(backendtest.Default(t), remembers{}, normal(t, 0, 1, diffusion.OU{}), []float64{0, 1})
	if err == nil || !strings.Contains(err.Error(), "carries state") {
		t.Errorf("got %v", err)
	}
}

// TestOfRejectsWhatIsNotAffine checks that steps that are not affine are refused: those on a mixture, wherever its
// modes lie, and those that multiply x by the noise.
func TestOfRejectsWhatIsNotAffine(t *testing.T) {
	grid := []float64{.5, .4}
	on := func(law *density.Mixture) func() diffusion.Model {
		return func() diffusion.Model { return law.Model(diffusion.VP{}) }
	}
	far, err := density.NewMixture("far", density.Component{Weight: .5, Mean: []float64{-300}, Cov: [][]float64{{1}}},
		density.Component{Weight: .5, Mean: []float64{300}, Cov: [][]float64{{1}}})
	if err != nil {
		t.Fatal(err)
	}
	square := diffusion.OneStep(func(_ diffusion.Model, _ diffusion.Span, x *Node, r *random.Source) *Node {
		return Add(x, Mul(x, r.Normal(x))) // affine in x and in the noise, but not in both
	})
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			name    string
			sampler diffusion.Sampler
			model   func() diffusion.Model
			times   []float64
			want    string
		}{
			{"G1", diffusion.DDIM(0), on(density.Bimodal()), grid, "an affine map goes to"},
			{"far modes", diffusion.DDIM(1), on(far), grid, "an affine map goes to"},
			{"random sign", square, normal(t, 0, 1, diffusion.VP{}), grid, "diffusion.OneStep: it takes x = -1.5"},
			{"no time", diffusion.DDIM(0), normal(t, 0, 1, diffusion.VP{}), []float64{.5, math.NaN()}, "time 1 is NaN"},
		} {
			maps, err := affine.Over(b, c.sampler, c.model, c.times)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, %v, want an error with %q", c.name, maps, err, c.want)
			}
		}
	})
}

// TestAffineAtAnyScale checks that every sampler that is affine step by step passes on Gaussian data of any offset and
// scale, with noise in proportion.
func TestAffineAtAnyScale(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, scale := range []float64{1e-6, 1, 1e6} {
			for _, offset := range []float64{0, 1e3} {
				model := normal(t, offset*scale, .25*scale*scale, diffusion.EDM{})
				for name, s := range map[string]diffusion.Sampler{"ddim": diffusion.DDIM(0),
					"reverse": diffusion.OneStep(diffusion.ReverseEulerMaruyama)} {
					got, err := affine.Over(b, s, model, []float64{2 * scale, scale, .1 * scale})
					if err != nil {
						t.Errorf("%s at scale %g: %v", name, scale, err)
						continue
					}
					unit, err := affine.Over(b, s, normal(t, 0, .25, diffusion.EDM{}), []float64{2, 1, .1})
					if err != nil {
						t.Fatal(err)
					}
					// The gain has no unit, the noise has that of x, and the mean is preserved: the shift is offset (1
					// - gain).
					g, u := got[0], unit[0]
					if math.Abs(g.Gain-u.Gain) > 1e-9 || math.Abs(g.Noise/scale-u.Noise) > 1e-9 ||
						math.Abs(g.Shift/scale-offset*(1-u.Gain)) > 1e-9*(1+offset) {
						t.Errorf("%s at scale %g, offset %g: %+v, in units %+v", name, scale, offset, g, u)
					}
				}
			}
		}
	})
}

// TestOverRefusesGrids checks that grids which no plan accepts are refused here as well, and so are grids against the
// direction of a sampler. Forward samplers need rising grids.
func TestOverRefusesGrids(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		m := func() diffusion.Model {
			law, err := density.Normal([]float64{0}, 1)
			if err != nil {
				panic(err)
			}
			return law.Model(diffusion.VP{})
		}
		for _, c := range []struct {
			sampler diffusion.Sampler
			grid    []float64
			want    string
		}{
			{diffusion.OneStep(diffusion.ReverseEulerMaruyama), []float64{.1, .2, .3}, "leads from noise to data"},
			{diffusion.OneStep(diffusion.EulerMaruyama), []float64{.3, .2}, "leads from data to noise"},
			{diffusion.OneStep(diffusion.ReverseEulerMaruyama), []float64{.3, .1, .2}, "times must strictly rise or " +
				"strictly fall"},
			{diffusion.OneStep(diffusion.ReverseEulerMaruyama), []float64{.3}, "at least 2 times"},
			{diffusion.DDIM(0), []float64{.3, math.NaN()}, "time 1 is NaN"},
			{diffusion.OneStep(diffusion.EulerMaruyama), []float64{.2, .3}, ""},
			{diffusion.DDIM(0), []float64{.2, .3}, ""},
		} {
			_, err := affine.Over(b, c.sampler, m, c.grid)
			if c.want == "" && err == nil {
				continue
			}
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(),
				"\n") {
				t.Errorf("%v: %v, want one line with %q", c.grid, err, c.want)
			}
		}
	})
}
