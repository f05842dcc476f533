package fokkerplanck

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	line := Line{-1, 1, 5}
	plane := Plane{line, line}
	zero := make([]float64, 5)
	still := func(float64) float64 { return 0 }
	g := must(FromDrift(line, still, 1))(t)
	second := func(_ any, err error) error { return err }
	nan := math.NaN()
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(FromDrift(Line{-1, 1, 2}, still, 1)), "at least 3 cells, not 2"},
		{second(FromDrift(Line{1, 1, 5}, still, 1)), "from 1 to 1"},
		{second(FromDrift(Line{nan, 1, 5}, still, 1)), "from NaN"},
		{second(FromDrift(Line{1e7, 1e7 + 1e-6, 1001}, still, 1)), "cannot resolve 1001 cells"},
		{second(FromDrift(Line{-1e-170, 1e-170, 5}, still, 1)), "square beyond float64"},
		{second(FromDrift(line, func(float64) float64 { return nan }, 1)), "the drift is NaN at x = -0.75"},
		{second(FromDrift(line, still, -1)), "coefficient is -1"},
		{second(FromDrift(line, still, 0)), "coefficient is 0"},
		{second(FromDrift(line, still, nan)), "coefficient is NaN"},
		{second(FromPotential(line, zero[:4], 1)), "potential has 4 values for 5 cells"},
		{second(FromPotential(line, []float64{0, 0, math.Inf(1), 0, 0}, 1)), "potential is +Inf in cell 2"},
		{second(FromPotential(line, []float64{0, 800, 0, 0, 0}, 1)), "rises by 800 between cells 0 and 1"},
		{second(g.Stepper(BackwardEuler, 0)), "step is 0"},
		{second(g.Stepper(BackwardEuler, nan)), "step is NaN"},
		{second(g.Stepper(Scheme(7), 1)), "no scheme 7"},
		{second(g.Stepper(BackwardEuler, 1e308)), "more mass passes face 0 than float64 can hold"},
		{must(g.Stepper(CrankNicolson, 1))(t).Advance(zero[:3], 1), "density has 3 values"},
		{second(g.Apply([]float64{0, 0, nan, 0, 0})), "density is NaN in cell 2"},
		{second(g.Spectrum(6)), "6 modes of a generator that has 5"},
		{second(Normalise(line, zero)), "mass 0"},
		{second(FromLog(line, zero[:3])), "log density has 3 values for 5 cells"},
		{second(FromLog(line, []float64{0, nan, 0, 0, 0})), "log density is NaN in cell 1"},
		{second(FromLog(line, []float64{0, 0, math.Inf(1), 0, 0})), "log density is +Inf in cell 2"},
		{second(FromLog(line, slices.Repeat([]float64{math.Inf(-1)}, 5))), "-Inf in all 5 cells"},
		{second(Normalise(line, []float64{1, 0, -1, 0, 0})), "negative, -1, in cell 2"},
		{second(L1(line, zero, zero[:2])), "second density has 2 values"},
		{second(KL(line, zero[:2], zero)), "first density has 2 values"},
		{second(PlaneFromPotential(plane, zero, 1)), "potential has 5 values for 25 cells"},
		{second(PlaneFromPotential(Plane{line, Line{0, 1, 2}}, zero, 1)), "at least 3 cells"},
		{second(PlaneFromDrift(plane, func(x, y float64) (float64, float64) { return 0, nan }, 1)),
			"column 0: fokkerplanck: the drift is NaN"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || strings.Contains(c.err.Error(), "\n") {
			t.Errorf("error %v, want %q", c.err, c.want)
		}
	}
}

func TestKLSeesHoles(t *testing.T) {
	line := Line{0, 1, 3}
	if kl := must(KL(line, []float64{1, 1, 0}, []float64{1, 0, 1}))(t); !math.IsInf(kl, 1) {
		t.Errorf("KL %g", kl)
	}
	if kl := must(KL(line, []float64{1, 0, 1}, []float64{1, 1, 1}))(t); kl != .5 {
		t.Errorf("KL %g", kl)
	}
}
