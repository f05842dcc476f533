package diffusion

import (
	"math"
	"testing"

	"scorelab/lib/backend/backendtest"

	"github.com/gomlx/compute"
)

// InRatio finds the times at which the noise levels are those of the rule, on every process.
func TestInRatio(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for i, spec := range paths() {
			if b.Name() == "xla" && i > 0 {
				continue // 24 iterations compile for a second; the process is only numbers in them
			}
			lo, hi := spec.Process.Horizon()
			for _, n := range []int{1, 2, 17} {
				grid, err := InRatio(b, spec.Process, hi, lo, n, Geometric)
				if err != nil {
					t.Fatalf("%s: %v", spec.Name, err)
				}
				c := coefficients(t, b, spec.Process, grid)
				level := func(i int) float64 { return math.Log(c[1][i] / c[0][i]) }
				for i := range grid {
					w := float64(i) / float64(n)
					near(t, spec.Name+" ln sigma/alpha", grid[i], level(i), level(0)*(1-w)+level(n)*w, 1e-11)
				}
			}
		}
	})
}

// The grid of Karras et al. 2022 for 18 steps, by their formula computed apart (catalogue, row 17).
func TestKarras(t *testing.T) {
	grid, err := Karras(7)(80, .002, 17)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]float64{0: 80, 1: 57.58598, 2: 40.78557, 17: .002} {
		near(t, "sigma", float64(i), grid[i], want, 1e-6*want)
	}
	if _, err := Karras(7)(80, -1, 3); err == nil {
		t.Error("a level below 0 was accepted")
	}
	if _, err := Karras(0)(80, 1, 3); err == nil {
		t.Error("rho = 0 was accepted")
	}
}
