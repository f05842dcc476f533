package diffusion

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// ddpm is the table of Ho et al. 2020 with n steps, scaled to the same total.
func ddpm(t testing.TB, n int) Table {
	t.Helper()
	table, err := NewTable(LinearBetas(.1/float64(n), 20/float64(n), n))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// exactProducts are alpha-bar of a chain, 1 first, in 200 bits.
func exactProducts(betas []float64) []float64 {
	product, exact := big.NewFloat(1).SetPrec(200), []float64{1}
	for _, beta := range betas {
		product.Mul(product, new(big.Float).SetPrec(200).Sub(big.NewFloat(1), big.NewFloat(beta)))
		value, _ := product.Float64()
		exact = append(exact, value)
	}
	return exact
}

// tableRates checks the rate and its integral between the steps and beyond the end, in both precisions.
func tableRates(t *testing.T, b compute.Backend, table Table, betas, exact []float64) {
	t.Helper()
	for _, c := range []struct{ at, rate, integral float64 }{
		{.25, -math.Log1p(-betas[0]), -.25 * math.Log1p(-betas[0])},
		{2.5, -math.Log1p(-betas[2]), -math.Log(exact[2]) - .5*math.Log1p(-betas[2])},
		{1002, -math.Log1p(-betas[999]), -math.Log(exact[1000]) - 2*math.Log1p(-betas[999])},
	} {
		for _, dtype := range []any{c.at, float32(c.at)} {
			out, err := ExecOnceN(b, func(at *Node) []*Node {
				beta, integral := table.Rate(at)
				return []*Node{ConvertDType(beta, dtypes.Float64), ConvertDType(integral, dtypes.Float64)}
			}, dtype)
			if err != nil {
				t.Fatal(err)
			}
			tol := 1e-13
			if _, single := dtype.(float32); single {
				tol = 1e-6
			}
			near(t, fmt.Sprintf("rate, %T", dtype), c.at, tensors.ToScalar[float64](out[0]), c.rate, tol*c.rate)
			near(t, fmt.Sprintf("integral, %T", dtype), c.at, tensors.ToScalar[float64](out[1]), c.integral,
				tol*c.integral)
		}
	}
}

// TestTableIsTheChain checks that at whole times alpha-bar is the product of the factors, to rounding, whatever the
// shape of t. The rate there is that of the step that ends there. It is constant between steps and beyond the last one.
func TestTableIsTheChain(t *testing.T) {
	betas := LinearBetas(1e-4, .02, 1000)
	table, err := NewTable(betas)
	if err != nil {
		t.Fatal(err)
	}
	exact := exactProducts(betas)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		ts := make([][]float64, 1001)
		for i := range ts {
			ts[i] = []float64{float64(i)}
		}
		out, err := ExecOnceN(b, func(at *Node) []*Node {
			c := VP{table}.At(at)
			beta, integral := table.Rate(at)
			return []*Node{Square(c.Alpha), Square(c.Sigma), beta, integral}
		}, ts)
		if err != nil {
			t.Fatal(err)
		}
		if got := out[0].Shape().Dimensions; !slices.Equal(got, []int{1001, 1}) {
			t.Fatalf("alpha has shape %v", got)
		}
		alpha2, sigma2, rate := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1]),
			tensors.MustCopyFlatData[float64](out[2])
		for i, want := range exact {
			// exp turns an error of the sum, a few of its units in the last place, into a relative one.
			near(t, "alpha-bar", float64(i), alpha2[i], want, 2e-14*want)
			near(t, "sigma^2", float64(i), sigma2[i], 1-want, 1e-15+2e-14*want)
			near(t, "rate", float64(i), rate[i], -math.Log1p(-betas[max(i-1, 0)]), 0)
		}
		near(t, "sigma^2", 1, sigma2[1], betas[0], 1e-15*betas[0])
		tableRates(t, b, table, betas, exact)
	})
}

func TestNewTableRejects(t *testing.T) {
	nan := math.NaN()
	for want, betas := range map[string][]float64{
		"there are none":      nil,
		"beta 2 of 3 is -0.1": {.1, -.1, .2},
		"beta 1 of 2 is 0;":   {0, .1},
		"beta 3 of 3 is 1;":   {.1, .2, 1},
		"beta 2 of 2 is NaN":  {.1, nan},
		"beta 1 of 1 is +Inf": {math.Inf(1)},
		"beta 2 of 2 is 1e-20, so small that alpha-bar does not fall": {.5, 1e-20},
	} {
		if _, err := NewTable(betas); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", betas, err, want)
		}
	}
	b := backendtest.Interpreter(t)
	for want, call := range map[string]func() ([]float64, error){
		"cosine schedule: S is -1": func() ([]float64, error) { return Tabulate(b, Cosine{-1}, 10, .999) },
		"at least 1 step, not 0":   func() ([]float64, error) { return Tabulate(b, Cosine{}, 0, .999) },
		"beta 10 of 10 is 1;": func() ([]float64, error) { // not cut
			betas, err := Tabulate(b, Exponential{}, 10, 1)
			if err != nil {
				return nil, err
			}
			_, err = NewTable(betas)
			return nil, err
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestTableInLoops checks that a table works in either driver, on its own steps and between them, with the same
// samples.
func TestTableInLoops(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		p := VP{ddpm(t, 1000)}
		grid, err := Trailing(1000, 7)
		if err != nil {
			t.Fatal(err)
		}
		grid[3] += .5
		plan := Plan{Build: gaussian(p, dataMean, dataVariance), Sampler: Ancestral(PosteriorVariance), Grid: grid,
			Noise: random.NewKey(6), driver: compiled}
		whole, err := plan.Run(b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		plan.driver = hosted
		stepwise, err := plan.Run(b, samples(5, 2))
		if err != nil {
			t.Fatal(err)
		}
		sameWithin(t, "Run - Trace", whole, stepwise, 1e-12)
	})
}

// TestTableConvergesToItsSchedule checks that a table of n betas differs from its schedule by an error of order 1/n,
// for DDPM's linear table and the others' own. A table that was made from alpha-bar equals it exactly at its steps.
func TestTableConvergesToItsSchedule(t *testing.T) {
	b := backendtest.Interpreter(t)
	integral := func(s Schedule, at float64) float64 {
		out, err := ExecOnce(b, func(t *Node) *Node { _, sum := s.Rate(t); return sum }, at)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.ToScalar[float64](out)
	}
	counts := []int{250, 500, 1000, 2000}
	for name, c := range map[string]struct {
		schedule Schedule
		betas    func(lo, hi float64, n int) []float64
		lo, hi   float64
	}{
		"linear":        {LinearBeta{}, LinearBetas, .1, 20},
		"scaled-linear": {ScaledLinearBeta{}, ScaledLinearBetas, .85, 12},
		"sigmoid-beta":  {SigmoidBeta{}, SigmoidBetas, .1, 20},
	} {
		for _, share := range []float64{.4, 1} {
			var errs []float64
			for _, n := range counts {
				table, err := NewTable(c.betas(c.lo/float64(n), c.hi/float64(n), n))
				if err != nil {
					t.Fatal(err)
				}
				errs = append(errs, math.Abs(integral(table, share*float64(n))-integral(c.schedule, share)))
			}
			if got := slope(counts, errs); math.Abs(got+1) > .03 { // the next term is smaller by beta/n < .08 at 250
				t.Errorf("%s at %g: order %g, want 1", name, share, -got)
			}
		}
	}
	for _, spec := range Schedules {
		betas, err := Tabulate(b, spec.Schedule, 100, .999)
		if err != nil {
			t.Fatal(err)
		}
		table, err := NewTable(betas)
		if err != nil {
			t.Fatal(err)
		}
		want := integral(spec.Schedule, .5)
		near(t, spec.Name, .5, integral(table, 50), want, 1e-13*want)
	}
}

// TestKarrasOnATable checks that grids in the noise level work on a table, for every number of steps: times between its
// steps, none of them twice.
func TestKarrasOnATable(t *testing.T) {
	b := backendtest.Interpreter(t)
	betas, err := Tabulate(b, Cosine{}, 1000, .999)
	if err != nil {
		t.Fatal(err)
	}
	cosine, err := NewTable(betas)
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]Table{"linear": ddpm(t, 1000), "cosine": cosine} {
		p := VP{table}
		for _, n := range []int{1, 2, 3, 9, 27, 100, 999, 1000, 1001} {
			grid, err := InRatio(b, p, 1000, 1, n, Karras(7))
			if err != nil {
				t.Fatalf("%s, %d steps: %v", name, n, err)
			}
			c := coefficients(t, b, p, grid)
			levels := make([]float64, n+1)
			for i := range levels {
				levels[i] = c[1][i] / c[0][i]
			}
			want, err := Karras(7)(levels[0], levels[n], n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				near(t, name+" sigma/alpha", grid[i], levels[i], want[i], 1e-10*want[i])
			}
		}
	}
}

// TestSpacings checks any number of steps from 1 to T, on tables of any length. The whole times fall strictly to 0,
// from T or from the offset's first step.
func TestSpacings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		T := rapid.IntRange(1, 5000).Draw(t, "T")
		n := rapid.IntRange(1, T).Draw(t, "n")
		offset := rapid.IntRange(0, 3).Draw(t, "offset")
		for _, spec := range append(Spacings, struct {
			Name    string
			Spacing Spacing
		}{"offset", Leading(offset)}) {
			grid, err := spec.Spacing(T, n)
			top := (n-1)*(T/n) + 1 + offset
			if spec.Name == "offset" && top > T {
				if err == nil || !strings.Contains(err.Error(), "the offset leaves the table") {
					t.Fatalf("offset %d, %d steps of %d: %v", offset, n, T, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(grid) != n+1 || grid[n] != 0 || grid[n-1] < 1 {
				t.Fatalf("%s: %d of %d: %v", spec.Name, n, T, grid)
			}
			first := float64(T)
			switch spec.Name {
			case "leading":
				first = float64(top - offset)
			case "offset":
				first = float64(top)
			}
			if grid[0] != first {
				t.Fatalf("%s: %d of %d start at %g, want %g", spec.Name, n, T, grid[0], first)
			}
			for i := range n {
				if grid[i] != math.Trunc(grid[i]) || grid[i] <= grid[i+1] {
					t.Fatalf("%s: %d of %d: %v", spec.Name, n, T, grid)
				}
			}
		}
	})
	for _, spec := range Spacings {
		for want, of := range map[string][2]int{"0 steps of a table of 10": {10, 0}, "-1 steps of a table of 10": {
			10, -1}, "11 steps of a table of 10": {10, 11}, "1 steps of a table of 0": {0, 1}} {
			if _, err := spec.Spacing(of[0], of[1]); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", spec.Name, err, want)
			}
		}
	}
	if _, err := Leading(-1)(10, 5); err == nil || !strings.Contains(err.Error(), "leaves the table") {
		t.Errorf("an offset of -1: %v", err)
	}
}
