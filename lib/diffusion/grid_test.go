package diffusion

import (
	"math"
	"strings"
	"testing"

	"scorelab/lib/backend/backendtest"

	"github.com/gomlx/compute"
)

// TestInRatio checks that InRatio finds the times at which the noise levels follow the rule, on every process.
func TestInRatio(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for i, spec := range paths() {
			if b.Name() == "xla" && i > 0 {
				continue // 24 iterations compile for a second, and the process changes only numbers in them
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

// TestKarras checks the grid of Karras et al. 2022 for 18 steps against their formula, computed separately (catalog,
// row 17).
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

// TestAtRatiosEverywhere checks that times of noise levels are exact to rounding wherever the levels are: far inside
// the horizon, near its ends, and at its ends.
func TestAtRatiosEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for i, spec := range append(paths(), ProcessSpec{"wide edm", wide{EDM{}, 1e-6, 1e6}}) {
			if b.Name() == "xla" && i > 0 {
				continue // the iterations compile for some seconds, and the process changes only numbers in them
			}
			lo, hi := spec.Process.Horizon()
			ends := coefficients(t, b, spec.Process, []float64{lo, hi})
			low, high := math.Log(ends[1][0]/ends[0][0]), math.Log(ends[1][1]/ends[0][1])
			span := high - low
			logs := []float64{high}
			for e := 16.; e > 1; e -= .1 { // ever farther from the upper end, then ever nearer to the lower
				logs = append(logs, high-span*math.Pow(10, -e))
			}
			for k := 1.; k < 200; k++ {
				logs = append(logs, high-span*(.1+.8*k/200))
			}
			for e := 1.; e < 16; e += .1 {
				logs = append(logs, low+span*math.Pow(10, -e))
			}
			logs = append(logs, low)
			var levels []float64
			for _, l := range logs {
				if level := math.Exp(l); len(levels) == 0 || level < levels[len(levels)-1] {
					levels = append(levels, level)
				}
			}
			times, err := AtRatios(b, spec.Process, levels)
			if err != nil {
				t.Fatalf("%s: %v", spec.Name, err)
			}
			c := coefficients(t, b, spec.Process, times)
			for i, level := range levels {
				got := math.Log(c[1][i] / c[0][i])
				// The error is the level's rate times the rounding of t, and one rounding of the horizon's own ends.
				near(t, spec.Name+" ln sigma/alpha", times[i], got, math.Log(level), 1e-11)
			}
		}
	})
}

// wide is a process with another horizon.
type wide struct {
	Process
	lo, hi float64
}

func (w wide) Horizon() (tMin, tMax float64) { return w.lo, w.hi }

// TestAtRatiosRefuses checks that levels outside a process's horizon, and invalid lists, are refused with their index.
func TestAtRatiosRefuses(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, levels := range map[string][]float64{
			"noise level 0 is sigma/alpha = 1000; the horizon of diffusion.EDM goes from 0.002 to 80": {1000, 1},
			"noise level 1 is sigma/alpha = -1":                {1, -1},
			"noise level 0 is sigma/alpha = NaN":               {math.NaN()},
			"noise level 0 is sigma/alpha = +Inf":              {math.Inf(1)},
			"noise level 1 is sigma/alpha = 0":                 {1, 0},
			"noise levels 1 and 2 are 1 and 2; they must fall": {3, 1, 2},
			"noise levels 0 and 1 are 3 and 3; they must fall": {3, 3},
			"there are none":                                   nil,
		} {
			if _, err := AtRatios(b, EDM{}, levels); err == nil || !strings.Contains(err.Error(), want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: %v, want %q", levels, err, want)
			}
		}
		got, err := AtRatios(b, EDM{}, []float64{80, 40, .002})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{80, 40, .002} { // computed from logarithms, which are rounded at their own size
			near(t, "time of the level", want, got[i], want, 8*0x1p-52*want)
		}
		for want, call := range map[string]func() error{
			"VE: sigma runs from 9 to 1": func() error { _, err := AtRatios(b, VE{9, 1}, []float64{2}); return err },
			"noise level at t = NaN": func() error {
				_, err := InRatio(b, EDM{}, math.NaN(), 1, 3, Geometric)
				return err
			},
			"noise level at t = -1": func() error { _, err := InRatio(b, EDM{}, 1, -1, 3, Geometric); return err },
			"there is no process":   func() error { _, err := InRatio(b, nil, 1, .1, 3, Geometric); return err },
		} {
			if err := call(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}
