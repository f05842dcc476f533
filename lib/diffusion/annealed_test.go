package diffusion

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestAnnealedLangevinSettles checks a chain that stays on one level. Its mean converges to that of the level, and its
// variance to that of the unadjusted chain, v/(1 - delta/(2v)).
func TestAnnealedLangevinSettles(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, process := range Processes {
		for _, size := range []float64{.1, 1.5} {
			lo, hi := process.Process.Horizon()
			at := lo + (hi-lo)/3
			moments := func(m, v float64) (float64, float64) {
				once := SamplerSpec{Sampler: AnnealedLangevin(1, size), Stochastic: true}
				return affine(t, b, once, process.Process, []float64{at, at}, m, v)
			}
			shift, noise := moments(0, 0)
			gain, stretch := moments(1, 1)
			gain, stretch = gain-shift, stretch-noise
			c := coefficients(t, b, process.Process, []float64{at})
			alpha, sigma := c[0][0], c[1][0]
			v := alpha*alpha*dataVariance + sigma*sigma
			near(t, process.Name+": mean", size, shift/(1-gain), alpha*dataMean, 1e-11)
			near(t, process.Name+": variance", size, noise/(1-stretch), v/(1-size*sigma*sigma/(2*v)), 1e-11*v)
		}
	}
}

// TestAnnealedLangevinDownALadder checks mean and variance over falling levels against the recursion: x is rescaled to
// the level, then pulled toward its distribution.
func TestAnnealedLangevinDownALadder(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(r *rapid.T) {
		p := rapid.SampledFrom(Processes).Draw(r, "process").Process
		steps := rapid.IntRange(1, 4).Draw(r, "steps")
		size := rapid.Float64Range(.01, 1.9).Draw(r, "size")
		lo, hi := p.Horizon()
		grid, err := Uniform(lo+(hi-lo)*rapid.Float64Range(.5, .9).Draw(r, "from"), lo+(hi-lo)*rapid.Float64Range(
			.01, .4).Draw(r, "to"), 6)
		if err != nil {
			t.Fatal(err)
		}
		gotM, gotV := affine(t, b, SamplerSpec{Sampler: AnnealedLangevin(steps, size), Stochastic: true}, p, grid, 2,
			.3)
		c := coefficients(t, b, p, grid)
		m, v := 2., .3
		for i := range len(grid) - 1 {
			kept := c[0][i+1] / c[0][i]
			m, v = kept*m, kept*kept*v
			mean, variance := c[0][i+1]*dataMean, c[0][i+1]*c[0][i+1]*dataVariance+c[1][i+1]*c[1][i+1]
			delta := size * c[1][i+1] * c[1][i+1]
			gain := 1 - delta/variance
			for range steps {
				m, v = mean+gain*(m-mean), gain*gain*v+2*delta
			}
		}
		near(t, "mean", size, gotM, m, 1e-11*(1+math.Abs(m)))
		near(t, "variance", size, gotV, v, 1e-11*(1+v))
	})
}

// TestAnnealedLangevinDependsOnlyOnLevels checks that the chain, in units of the data, is the same on every path that
// visits the same noise levels.
func TestAnnealedLangevinDependsOnlyOnLevels(t *testing.T) {
	b := backendtest.Interpreter(t)
	run := func(p Process, grid []float64) []float64 {
		c := coefficients(t, b, p, []float64{grid[0], grid[len(grid)-1]})
		start := tensors.MustCopyFlatData[float64](samples(9, 2))
		for i := range start {
			start[i] *= 30 * c[0][0]
		}
		end, err := Plan{Build: gaussian(p, dataMean, dataVariance), Sampler: AnnealedLangevin(3, .2), Grid: grid,
			Noise: random.NewKey(12)}.
			Run(b, tensors.FromFlatDataAndDimensions(start, 9, 2))
		if err != nil {
			t.Fatal(err)
		}
		x := tensors.MustCopyFlatData[float64](end)
		for i := range x {
			x[i] /= c[0][1]
		}
		return x
	}
	times, err := InRatio(b, VP{}, .9, .05, 10, Geometric)
	if err != nil {
		t.Fatal(err)
	}
	c := coefficients(t, b, VP{}, times)
	levels := make([]float64, len(times))
	for i := range levels {
		levels[i] = c[1][i] / c[0][i]
	}
	vp, edm := run(VP{}, times), run(EDM{}, levels)
	for i := range vp {
		near(t, "x/alpha, VP - EDM", float64(i), vp[i], edm[i], 1e-11*(1+math.Abs(edm[i])))
	}
}

// TestLangevinEndsAtZero checks that nothing is corrected at sigma = 0, where Tweedie's score is 0/0, and that one step
// of DDIM denoises.
func TestLangevinEndsAtZero(t *testing.T) {
	b := backendtest.Interpreter(t)
	denoiserOnly := Fixed(func() Model {
		m := gaussian(EDM{}, dataMean, dataVariance)(nil, nil)
		return Model{Process: m.Process, Denoise: m.Denoise}
	})
	run := func(s Sampler, grid ...float64) *tensors.Tensor {
		end, err := Plan{Build: denoiserOnly, Sampler: s, Grid: grid, Noise: random.NewKey(13)}.Run(b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		return end
	}
	annealed := AnnealedLangevin(2, .3)
	sameWithin(t, "annealed", run(annealed, 3, 1), run(annealed, 3, 1, 0), 0)
	sameWithin(t, "corrected", run(DDIM(0), 3, 0), run(PredictorCorrector(DDIM(0), 2, .3), 3, 0), 0)
}

func TestLangevinFaults(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, s := range []OneStep{AnnealedLangevin(0, .1), AnnealedLangevin(1, 0), AnnealedLangevin(1, 2),
		AnnealedLangevin(1, math.NaN()),
		PredictorCorrector(DDIM(0), -1, .1)} {
		_, err := Plan{Build: gaussian(VP{}, 0, 1), Sampler: s, Grid: []float64{.5, .3}}.Run(b, samples(1, 1))
		if err == nil || !strings.Contains(err.Error(), "give at least 1, and a size between 0 and 2") {
			t.Errorf("got %v", err)
		}
	}
}
