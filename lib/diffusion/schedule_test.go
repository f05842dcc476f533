package diffusion

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// goldenSchedules holds what testdata/schedules.py computed from the papers' formulas and read from diffusers.
type goldenSchedules struct {
	Schedules []struct {
		Schedule                        string
		T, Rate, Integral, Alpha, Sigma float64
	}
	Indices  []int
	AlphaBar map[string][]float64
	Spacings []struct {
		Spacing   string
		N         int
		Timesteps []float64
	}
}

func readGolden(t *testing.T) goldenSchedules {
	t.Helper()
	text, err := os.ReadFile("testdata/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden goldenSchedules
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	return golden
}

// TestSchedulesGolden checks that every schedule has the values of its paper, computed to 50 digits. The times go from
// 1e-9, where 1 - alpha is below rounding and sigma must not be, to where alpha-bar is nearly 0.
func TestSchedulesGolden(t *testing.T) {
	golden := readGolden(t)
	for _, spec := range Schedules {
		backendtest.Each(t, func(t *testing.T, b compute.Backend) {
			var ts, want []float64
			for _, g := range golden.Schedules {
				if g.Schedule == spec.Name {
					ts, want = append(ts, g.T), append(want, g.Rate, g.Integral, g.Alpha, g.Sigma)
				}
			}
			if len(ts) < 9 {
				t.Fatalf("%s: %d golden times", spec.Name, len(ts))
			}
			out, err := ExecOnceN(b, func(at *Node) []*Node {
				beta, integral := spec.Schedule.Rate(at)
				c := VP{spec.Schedule}.At(at)
				return []*Node{beta, integral, c.Alpha, c.Sigma}
			}, ts)
			if err != nil {
				t.Fatal(err)
			}
			for k, what := range []string{"rate", "integral", "alpha", "sigma"} {
				for i, got := range tensors.MustCopyFlatData[float64](out[k]) {
					want := want[4*i+k]
					// The bound is a dozen roundings. Near t = 1 the rounding of 1 - t, by which the schedules in
					// alpha-bar divide, counts 170 times.
					near(t, spec.Name+" "+what, ts[i], got, want, (3e-15+2e-16*ts[i]/(1.006-ts[i]))*want)
				}
			}
		})
	}
}

// TestTablesGolden checks the tables of the papers and of diffusers. The cosine's table has exactly one beta that is
// cut (catalog, row 17).
func TestTablesGolden(t *testing.T) {
	golden, b := readGolden(t), backendtest.Interpreter(t)
	direct := map[string][]float64{
		"linear":        LinearBetas(1e-4, .02, 1000),
		"scaled-linear": ScaledLinearBetas(.00085, .012, 1000),
		"sigmoid-beta":  SigmoidBetas(1e-4, .02, 1000),
	}
	tabulated := map[string]Schedule{"cosine": Cosine{}, "sigmoid": SigmoidAlpha{}, "exponential": Exponential{}}
	for name, want := range golden.AlphaBar {
		list := direct[name]
		if s, ok := tabulated[name]; ok {
			var err error
			if list, err = Tabulate(b, s, 1000, .999); err != nil {
				t.Fatal(err)
			}
		}
		table, err := NewTable(list)
		if err != nil {
			t.Fatal(err)
		}
		times := make([]float64, len(golden.Indices))
		for i, at := range golden.Indices {
			times[i] = float64(at)
		}
		c := coefficients(t, b, VP{table}, times)
		for i, at := range times {
			// The tolerance is that of numpy's product of 1000 rounded factors.
			near(t, name+" alpha-bar", at, c[0][i]*c[0][i], want[i], 1e-12*want[i])
		}
		cut := len(slices.DeleteFunc(list, func(beta float64) bool { return beta < .999 }))
		if _, ok := tabulated[name]; ok && cut != 1 {
			t.Errorf("%s: %d betas are cut, want 1", name, cut)
		}
	}
}

// TestSpacingsGolden checks that the spacings are those of diffusers, except for a single step of linspace: ours starts
// at T.
func TestSpacingsGolden(t *testing.T) {
	spacings := map[string]Spacing{"linspace": Linspace, "leading": Leading(0), "offset": Leading(1),
		"trailing": Trailing}
	for _, g := range readGolden(t).Spacings {
		grid, err := spacings[g.Spacing](1000, g.N)
		if err != nil {
			t.Fatal(err)
		}
		if g.Spacing == "linspace" && g.N == 1 {
			g.Timesteps[0] = 999
		}
		for i, want := range g.Timesteps {
			near(t, fmt.Sprintf("%s of %d, step", g.Spacing, g.N), float64(i), grid[i]-1, want, 0)
		}
	}
}

// onLevel is a process at given noise levels sigma/alpha: alpha and sigma there, and its SDE for each unit of log SNR.
type onLevel struct{ alpha, sigma, drift, diffusion []float64 }

func atLevels(t *testing.T, b compute.Backend, p Process, levels []float64) onLevel {
	t.Helper()
	lo, hi := p.Horizon()
	out, err := ExecOnceN(b, func(level *Node) []*Node {
		at := timeAt(p, level, BroadcastToDims(Const(level.Graph(), lo), len(levels)),
			BroadcastToDims(Const(level.Graph(), hi), len(levels)))
		c := p.At(at)
		f, g2 := c.Rates()
		speed := Sub(MulScalar(Div(c.DAlpha, c.Alpha), 2), Div(c.DVar, Square(c.Sigma))) // of log SNR
		return []*Node{c.Alpha, c.Sigma, Div(f, speed), Div(g2, speed)}
	}, levels)
	if err != nil {
		t.Fatal(err)
	}
	flat := make([][]float64, 4)
	for i, o := range out {
		flat[i] = tensors.MustCopyFlatData[float64](o)
	}
	return onLevel{flat[0], flat[1], flat[2], flat[3]}
}

// TestScheduleIsASpeed checks that a schedule changes the speed along a path, not the path (001, "Finite time & the
// schedule"). Where two schedules have the same noise level, they have the same alpha and sigma. They also have the
// same SDE for each unit of log SNR. Other paths differ.
func TestScheduleIsASpeed(t *testing.T) {
	b := backendtest.Interpreter(t)
	levels := []float64{.05, .2, .5, 1, 2, 5, 14}
	families := map[string][]ProcessSpec{
		"vp": {{"ou", OU{}}, {"table", VP{ddpm(t, 1000)}}},
		"ve": {{"ve", VE{}}, {"edm", EDM{}}},
	}
	for _, spec := range Schedules {
		families["vp"] = append(families["vp"], ProcessSpec{spec.Name, VP{spec.Schedule}})
	}
	for family, members := range families {
		var laws []onLevel
		for _, spec := range members {
			laws = append(laws, atLevels(t, b, spec.Process, levels))
		}
		for i := range laws {
			for j := range i {
				what := family + ", " + members[i].Name + " and " + members[j].Name + ": "
				for k, level := range levels {
					near(t, what+"alpha", level, laws[i].alpha[k], laws[j].alpha[k], 1e-12*laws[j].alpha[k])
					near(t, what+"sigma", level, laws[i].sigma[k], laws[j].sigma[k], 1e-12*laws[j].sigma[k])
					near(t, what+"drift", level, laws[i].drift[k], laws[j].drift[k], 1e-12)
					near(t, what+"diffusion", level, laws[i].diffusion[k], laws[j].diffusion[k],
						1e-12*math.Abs(laws[j].diffusion[k]))
				}
			}
		}
	}
	// At sigma = alpha, by hand: 1/sqrt 2; 1 - a^2 = a; 1; 1/2.
	for _, c := range []struct {
		p     Process
		alpha float64
	}{{VP{}, math.Sqrt2 / 2}, {VP{Cosine{}}, math.Sqrt2 / 2}, {SubVP{}, (math.Sqrt(5) - 1) / 2},
		{SubVP{Cosine{}}, (math.Sqrt(5) - 1) / 2}, {VE{}, 1}, {Linear{}, .5}} {
		near(t, fmt.Sprintf("%#v: alpha where sigma = alpha", c.p), 1, atLevels(t, b, c.p, []float64{1}).alpha[0],
			c.alpha, 1e-12)
	}
}
