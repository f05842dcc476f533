package diffusion

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// malaChains runs n chains of MALA on N(0, variance I) in the given dimension from N(0, start). It returns the last two
// states.
func malaChains(t *testing.T, b compute.Backend, n, dim, steps int, delta, variance, start float64) (
	before, last Snapshot) {
	t.Helper()
	grid, err := Uniform(0, delta*float64(steps), steps)
	if err != nil {
		t.Fatal(err)
	}
	flat := make([]float64, n*dim)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range flat {
		flat[i] = math.Sqrt(start) * r.NormFloat64()
	}
	plan := Plan{Build: gaussian(OU{}, 0, variance), Sampler: MALA{}, Grid: grid, Noise: random.NewKey(11, "mala")}
	for s, err := range plan.Trace(b, tensors.FromFlatDataAndDimensions(flat, n, dim), steps-1, steps) {
		if err != nil {
			t.Fatal(err)
		}
		before, last = last, s
	}
	return before, last
}

// malaAcceptance is the stationary share of accepted proposals on N(0, v), by the trapezoidal rule over x and the
// noise.
func malaAcceptance(v, delta float64) float64 {
	const h = .02
	logQ := func(from, to float64) float64 {
		d := to - from*(1-delta/v)
		return -d * d / (4 * delta)
	}
	sum := 0.
	for a := -8.; a <= 8; a += h {
		for z := -8.; z <= 8; z += h {
			x := a * math.Sqrt(v)
			y := x*(1-delta/v) + math.Sqrt(2*delta)*z
			ratio := (x*x-y*y)/(2*v) + logQ(y, x) - logQ(x, y)
			sum += math.Exp(-(a*a+z*z)/2+min(0, ratio)) * h * h / (2 * math.Pi)
		}
	}
	return sum
}

// TestMALAIsStationary checks that the chain has the exact distribution at a step where plain Langevin is off by a
// third (v = 0.1). Mean and variance over independent chains are within 5 standard errors, and the share of accepted
// proposals is that of the integral.
func TestMALAIsStationary(t *testing.T) {
	const n, delta = 6000, .05
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			v, start float64
			steps    int
		}{
			{.1, .1, 30},   // starts stationary
			{.1, 1, 60},    // converges
			{1.9, 1.9, 60}, // starts stationary; two relaxation times
		} {
			if testing.Short() && c.v == 1.9 {
				continue
			}
			_, s := malaChains(t, b, n, 1, c.steps, delta, c.v, c.start)
			x := tensors.MustCopyFlatData[float64](s.X)
			mean, variance := stat.MeanVariance(x, nil)
			near(t, "mean", c.v, mean, 0, 5*math.Sqrt(c.v/n))
			near(t, "variance", c.v, variance, c.v, 5*c.v*math.Sqrt(2./n))
			shares, err := Accepted(s)
			if err != nil {
				t.Fatal(err)
			}
			if c.start != c.v {
				continue
			}
			rate, sd := stat.MeanStdDev(shares, nil)
			t.Logf("v %g: variance %.4f, %.4f of the proposals taken", c.v, variance, rate)
			near(t, "share taken", c.v, rate, malaAcceptance(c.v, delta), 5*sd/math.Sqrt(n))
		}
	})
}

// TestMALADecidesPerSample checks that the decision is for the whole sample. In many dimensions a chain moves in all of
// them or in none, and each keeps its distribution.
func TestMALADecidesPerSample(t *testing.T) {
	const n, dim, v, delta = 2000, 5, .1, .05
	b := backendtest.Interpreter(t)
	before, after := malaChains(t, b, n, dim, 20, delta, v, v)
	variance := 0.
	x, y := tensors.MustCopyFlatData[float64](before.X), tensors.MustCopyFlatData[float64](after.X)
	taken := 0.
	for i := range n {
		moved := 0
		for d := range dim {
			if x[i*dim+d] != y[i*dim+d] {
				moved++
			}
			variance += y[i*dim+d] * y[i*dim+d] / (n * dim)
		}
		if moved != 0 && moved != dim {
			t.Fatalf("chain %d moved in %d of %d coordinates", i, moved, dim)
		}
		taken += float64(moved / dim)
	}
	near(t, "variance", v, variance, v, 5*v*math.Sqrt(2./(n*dim)))
	a, b2 := tensors.MustCopyFlatData[float64](before.Carry[0]), tensors.MustCopyFlatData[float64](after.Carry[0])
	for i := range a {
		taken -= b2[i] - a[i]
	}
	near(t, "moves not counted", delta, taken, 0, 0)
}

// TestMALAShapesAndFaults checks images and float32 samples, and the errors for invalid input.
func TestMALAShapesAndFaults(t *testing.T) {
	b := backendtest.Default(t)
	grid := []float64{0, .05, .1}
	plan := Plan{Build: gaussian(OU{}, 0, 1), Sampler: MALA{}, Grid: grid, Noise: random.NewKey(1)}
	for s, err := range plan.Trace(b, tensors.FromFlatDataAndDimensions(make([]float32, 24), 2, 2, 3, 2)) {
		if err != nil {
			t.Fatal(err)
		}
		if s.X.DType() != dtypes.Float32 || s.Carry[0].DType() != dtypes.Float32 || s.Carry[0].Rank() != 4 {
			t.Errorf("step %d carries %s beside %s", s.Step, s.Carry[0].Shape(), s.X.Shape())
		}
		shares, err := Accepted(s)
		if (err == nil) != (s.Step > 0) || s.Step > 0 && len(shares) != 2 {
			t.Errorf("step %d: %v, %v", s.Step, shares, err)
		}
	}
	plan.Build = Fixed(func() Model { return Model{Process: OU{}} })
	if _, err := plan.Run(b, samples(2, 1)); err == nil || !strings.Contains(err.Error(), "MALA needs a model with "+
		"LogDensity") {
		t.Errorf("got %v", err)
	}
}
