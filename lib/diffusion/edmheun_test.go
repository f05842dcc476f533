package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
)

// A step of algorithm 2 of Karras et al. 2022 by hand, on their path and N(0.6, 0.49) data.
func TestChurnByHand(t *testing.T) {
	b := interpreter(t)
	const x, z = .8, -.7
	denoised := func(y, level float64) float64 {
		return dataMean + dataVariance/(dataVariance+level*level)*(y-dataMean)
	}
	step := func(c Churn, from, to float64) float64 {
		m := gaussian(EDM{}, dataMean, dataVariance)(nil, nil)
		return tensors.ToScalar[float64](MustExecOnce(b, func(from, to *Node) *Node {
			g := from.Graph()
			next, _ := EDMHeun(c).Step(m, Span{from, to, Const(g, int32(0))}, Const(g, [][]float64{{x}}), nil, Replay(Const(g, [][]float64{{z}})))
			return Reshape(next)
		}, from, to))
	}
	byHand := func(gamma, inflation, from, to float64) float64 {
		level := from * (1 + gamma)
		y := x + math.Sqrt(level*level-from*from)*inflation*z
		d := (y - denoised(y, level)) / level
		next := y + (to-level)*d
		if to > 0 {
			next = y + (to-level)*(d+(next-denoised(next, to))/to)/2
		}
		return next
	}
	for _, c := range []struct {
		churn            Churn
		from, to         float64
		gamma, inflation float64
	}{
		{Churn{Gamma: .2}, 3, 1, .2, 1},
		{Churn{Gamma: .2, Inflation: 1.007}, 3, 1, .2, 1.007},
		{Churn{Gamma: 5}, 3, 1, math.Sqrt2 - 1, 1},               // bounded
		{Churn{Gamma: .2, Low: .05, High: 2}, 3, 1, 0, 1},        // above S_tmax
		{Churn{Gamma: .2, Low: 4, High: 50}, 3, 1, 0, 1},         // below S_tmin
		{Churn{Gamma: .2}, 3, 0, .2, 1},                          // the last step is Euler's
		{Churn{}, .5, 0, 0, 1},                                   //
		{Churn{Gamma: .2, Low: .05, High: 50}, .002, .001, 0, 1}, //
		{Churn{Gamma: .2}, 75, 60, 80./75 - 1, 1},                // no further than the horizon
		{Churn{Gamma: .2}, 90, 60, 0, 1},                         // nor from beyond it
	} {
		near(t, "step", c.from, step(c.churn, c.from, c.to), byHand(c.gamma, c.inflation, c.from, c.to), 1e-12*(1+c.from))
	}
}

// With gamma = S_churn/N the noise added in all is fixed, and so is the law that the steps converge to: that of the process.
func TestChurnConverges(t *testing.T) {
	b := interpreter(t)
	const from, to, total = 20., .1, 4.
	var errs []float64
	steps := []int{80, 160, 320}
	for _, n := range steps {
		grid, err := Karras(7)(from, to, n)
		if err != nil {
			t.Fatal(err)
		}
		spec := SamplerSpec{Sampler: EDMHeun(Churn{Gamma: total / float64(n)}), Stochastic: true}
		_, v := affine(t, b, spec, EDM{}, grid, 0, dataVariance+from*from)
		errs = append(errs, math.Abs(v-dataVariance-to*to))
	}
	if p := -slope(steps, errs); math.Abs(p-2) > .15 { // raising the level is exact: only Heun's method errs
		t.Errorf("order of the variance under churn: %.3f, want 2; errors %v", p, errs)
	}
}
