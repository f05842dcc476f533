package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestChurnByHand checks a step of algorithm 2 of Karras et al. 2022 by hand, on their path and N(0.6, 0.49) data.
func TestChurnByHand(t *testing.T) {
	b := backendtest.Interpreter(t)
	const x, z = .8, -.7
	denoised := func(y, level float64) float64 {
		return dataMean + dataVariance/(dataVariance+level*level)*(y-dataMean)
	}
	step := func(c Churn, from, to float64) float64 {
		m := gaussian(EDM{}, dataMean, dataVariance)(nil, nil)
		return tensors.ToScalar[float64](MustExecOnce(b, func(from, to *Node) *Node {
			g := from.Graph()
			next, _ := EDMHeun(c).Step(m, Span{From: from, To: to, Index: Const(g, int32(0))},
				Const(g, [][]float64{{x}}), nil, random.Replay(Const(g, [][]float64{{z}})))
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
		{Churn{Gamma: 5}, 3, 1, math.Sqrt2 - 1, 1},               // limited
		{Churn{Gamma: .2, Low: .05, High: 2}, 3, 1, 0, 1},        // above S_tmax
		{Churn{Gamma: .2, Low: 4, High: 50}, 3, 1, 0, 1},         // below S_tmin
		{Churn{Gamma: .2}, 3, 0, .2, 1},                          // the last step is Euler's
		{Churn{}, .5, 0, 0, 1},                                   //
		{Churn{Gamma: .2, Low: .05, High: 50}, .002, .001, 0, 1}, //
		{Churn{Gamma: .2}, 75, 60, 80./75 - 1, 1},                // only up to the horizon
		{Churn{Gamma: .2}, 90, 60, 0, 1},                         // nothing beyond the horizon
	} {
		near(t, "step", c.from, step(c.churn, c.from, c.to), byHand(c.gamma, c.inflation, c.from, c.to),
			1e-12*(1+c.from))
	}
}

// TestChurnConverges keeps gamma = S_churn/N, so that the total noise added is fixed. The steps then converge to the
// distribution of the process.
func TestChurnConverges(t *testing.T) {
	b := backendtest.Interpreter(t)
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
	if p := -slope(steps, errs); math.Abs(p-2) > .15 { // raising the level is exact: only Heun's method has an error
		t.Errorf("order of the variance under churn: %.3f, want 2; errors %v", p, errs)
	}
}

// TestChurnDownToData uses the settings of Karras et al. 2022 for ImageNet, down to data, on every backend. The
// reference is algorithm 2 in plain Go on the host, with the same noise. Below S_tmin no noise is added, so the square
// root of a difference of equal squares must be 0.
func TestChurnDownToData(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, steps := range []int{17, 20, 32, 64, 256} {
			if b.Name() == "xla" && steps != 17 && steps != 64 {
				continue // two plans compile for a second each
			}
			levels, err := Karras(7)(80, .002, steps)
			if err != nil {
				t.Fatal(err)
			}
			grid := append(levels, 0)
			churn := Churn{Gamma: 40 / float64(steps+1), Low: .05, High: 50, Inflation: 1.003}
			const n = 3
			x, z := samples(n, 1), samples(n*len(levels), 1)
			start, noise := tensors.MustCopyFlatData[float64](x), tensors.MustCopyFlatData[float64](z)
			want := make([]float64, n)
			for i := range want {
				want[i] = plainChurn(churn, grid, start[i]*80, func(step int) float64 { return noise[step*n+i] })
				start[i] *= 80
			}
			plan := Plan{
				Build: gaussian(EDM{}, dataMean, dataVariance), Sampler: EDMHeun(churn), Grid: grid,
				Replay: tensors.FromFlatDataAndDimensions(noise, len(levels), 1, n, 1),
			}
			end, err := plan.Run(b, tensors.FromFlatDataAndDimensions(start, n, 1))
			if err != nil {
				t.Errorf("%d steps: %v", steps, err)
				continue
			}
			plan.Replay = tensors.FromFlatDataAndDimensions(narrow(noise), len(levels), 1, n, 1)
			end32, err := plan.Run(b, tensors.FromFlatDataAndDimensions(narrow(start), n, 1))
			if err != nil {
				t.Errorf("%d steps in float32: %v", steps, err)
				continue
			}
			for i, w := range want {
				near(t, "x, steps", float64(steps), tensors.MustCopyFlatData[float64](end)[i], w, 1e-12*(1+math.Abs(w)))
				// The bound is rounding at x = 80 in each step. The flow to data of standard deviation 0.7 keeps a
				// hundredth of it.
				near(t, "x in float32, steps", float64(steps), float64(tensors.MustCopyFlatData[float32](end32)[i]), w,
					1e-6*float64(steps)+1e-5)
			}
		}
	})
}

// plainChurn is algorithm 2 of Karras et al. 2022 for one number, under the exact denoiser of the tests' Gaussian.
func plainChurn(c Churn, grid []float64, x float64, noise func(step int) float64) float64 {
	denoised := func(x, level float64) float64 {
		return dataMean + dataVariance/(dataVariance+level*level)*(x-dataMean)
	}
	for i := range len(grid) - 1 {
		level, to := grid[i], grid[i+1]
		if level >= c.Low && level <= c.High {
			raised := min(level*(1+min(c.Gamma, math.Sqrt2-1)), 80)
			x += math.Sqrt(raised*raised-level*level) * c.Inflation * noise(i)
			level = raised
		}
		d := (x - denoised(x, level)) / level
		next := x + (to-level)*d
		if to > 0 {
			next = x + (to-level)*(d+(next-denoised(next, to))/to)/2
		}
		x = next
	}
	return x
}
