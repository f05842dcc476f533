package diffusion_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"scorelab/lib/diffusion"
)

// Where conventions differ, a sampler of ours differs visibly from the case, and equals it under the other convention.
// docs/parity.md has the list.

// distinct is below any difference of conventions and far above rounding.
const distinct = 1e-6

// differs runs a case with our convention and with the other one.
func differs(t *testing.T, name string, ours, theirs trip) {
	t.Helper()
	b := openGo(t)
	cases, _ := readGoldens()
	c, known := cases[name]
	if !known {
		t.Fatalf("no case %q", name)
	}
	if d := c.apart(ours.follow(t, b, c.Start, c.Noise)); !(d > distinct) {
		t.Errorf("%s: %T is apart by only %.2e: the convention no longer differs", name, ours.sampler, d)
	} else {
		t.Logf("%s: apart by %.1e", name, d)
	}
	if d := c.apart(theirs.follow(t, b, c.Start, c.Noise)); !(d <= parityTolerance) {
		t.Errorf("%s: apart by %.2e under their convention", name, d)
	} else {
		t.Logf("%s: under theirs by %.1e", name, d)
	}
}

// TestParityDDIMStepsPastItsSpacing: DDIMScheduler ends each step T/N (rounded down) below its start, wherever the next
// one starts. Unless the spacing is "leading", or N divides T, it evaluates the model at another time than that of the
// sample.
func TestParityDDIMStepsPastItsSpacing(t *testing.T) {
	cases, _ := readGoldens()
	for _, name := range []string{"ddim/linspace", "ddim/trailing, 7 steps"} {
		c := cases[name]
		theirs := trip{process: c.process(t), sampler: diffusion.DDIM(0)}
		for i, to := range c.Next {
			theirs.spans = append(theirs.spans, [2]float64{c.Times[i], to})
		}
		differs(t, name, along(c.process(t), diffusion.DDIM(0), c.Times), theirs)
	}
}

// TestParityDDPMClampsItsVariance: DDPMScheduler adds noise in every step except for that from timestep 0, with a
// variance of at least 1e-20. So a last step from another timestep adds 1e-10 z, where the posterior has no variance.
// With "fixed_large" it adds the whole of beta there, as KernelVariance does.
func TestParityDDPMClampsItsVariance(t *testing.T) {
	cases, _ := readGoldens()
	c := cases["ddpm/small, trailing"]
	w := along(c.process(t), diffusion.Ancestral(diffusion.PosteriorVariance), c.Times)
	y := w.follow(t, openGo(t), c.Start, c.Noise)
	if d := c.apart(y); !(d > 1e-11 && d < 1e-9) {
		t.Errorf("apart by %.2e, want about 1e-10", d)
	}
	for i, z := range c.Noise[len(c.Noise)-1] {
		y[i] += 1e-10 * z
	}
	if d := c.apart(y); !(d <= parityTolerance) {
		t.Errorf("apart by %.2e with the clamped noise", d)
	}
}

// TestParityLowerOrderAtTheEnd: the multistep schedulers lower their order at the end of fewer than 15 steps, also if
// that end is at a level above 0 (lower_order_final). Ours lower it only in the step that ends at 0.
func TestParityLowerOrderAtTheEnd(t *testing.T) {
	cases, _ := readGoldens()
	for name, ours := range map[string]diffusion.Multistep{
		"dpm++/3, 10 steps":         diffusion.DPMSolverPP(3),
		"dpm++/2, sigma_min, lower": diffusion.DPMSolverPP(2),
		"deis/2, 10 steps":          diffusion.DEIS(2),
		"deis/3, 10 steps":          diffusion.DEIS(3),
	} {
		times := cases[name].Times
		theirs := ours.LowerOrderFinal()
		differs(t, name, along(cases[name].process(t), ours, times), along(cases[name].process(t), theirs, times))
	}
}

// TestParityUniPCLowersItsOrder: UniPCMultistepScheduler lowers the order of its last two steps, for any number of
// steps, and of the corrections of what they predict. Up to order 2 this concerns only the last step, which has order 1
// in both programs if it ends at 0.
func TestParityUniPCLowersItsOrder(t *testing.T) {
	cases, _ := readGoldens()
	c := cases["unipc/3 bh2"]
	ours := diffusion.NewUniPC(3)
	differs(t, c.Name, along(c.process(t), ours, c.Times), along(c.process(t), ours.LowerOrderFinal(), c.Times))
}

// TestUniPCB1EndsAtData: with B_1 diffusers gives NaN where the last level is 0. Ours ends in a step of order 1; the
// result is within the error of a few steps.
func TestUniPCB1EndsAtData(t *testing.T) {
	cases, _ := readGoldens()
	for name, sampler := range map[string]diffusion.Sampler{"unipc/1 bh2": diffusion.NewUniPCB1(1),
		"unipc/2 bh2": diffusion.NewUniPCB1(2)} {
		c := cases[name]
		y := along(c.process(t), sampler, c.Times).follow(t, openGo(t), c.Start, nil)
		if d := c.apart(y); !(d > distinct && d < .5) {
			t.Errorf("%.2e from %s", d, name)
		}
	}
}

// TestParityMiddleOfTheStep: DPMSolverSinglestepScheduler evaluates the model at grid points, two for each step.
// DPMSolver2 computes the middle of its step. In equal steps of log sigma every second point is a middle.
func TestParityMiddleOfTheStep(t *testing.T) {
	cases, _ := readGoldens()
	c := cases["dpm singlestep/2, exponential"]
	var levels []float64
	for i := 0; i <= c.Steps; i += 2 {
		levels = append(levels, c.Levels[i])
	}
	w := along(diffusion.EDM{}, diffusion.OneStep(diffusion.DPMSolver2), levels)
	d := c.apart(w.follow(t, openGo(t), c.Start, nil))
	t.Logf("apart by %.1e", d)
	if !(d <= parityTolerance) {
		t.Errorf("apart by %.2e", d)
	}
}

// TestParityChurnStopsAtTheHorizon: NVlabs/edm raises the noise level of the first step beyond sigma_max. EDMHeun stops
// at the horizon of the process.
func TestParityChurnStopsAtTheHorizon(t *testing.T) {
	cases, _ := readGoldens()
	c := cases["edm/churn above the horizon"]
	sampler := diffusion.EDMHeun(diffusion.Churn{Gamma: .3})
	differs(t, c.Name, along(diffusion.EDM{}, sampler, c.Levels), along(widerEDM{}, sampler, c.Levels))
}

// widerEDM is EDM trained beyond 80.
type widerEDM struct{ diffusion.EDM }

func (widerEDM) Horizon() (tMin, tMax float64) { return .002, 200 }

// TestParityGrids checks that our grids equal theirs: spacings of timesteps, plus one, and Karras's levels.
func TestParityGrids(t *testing.T) {
	cases, _ := readGoldens()
	same := func(name string, got, want []float64, err error) {
		t.Helper()
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
			return
		}
		for i := range want {
			if !(math.Abs(got[i]-want[i]) <= 1e-12*want[i]) {
				t.Errorf("%s: %v, want %v", name, got[i], want[i])
			}
		}
	}
	for name, spacing := range map[string]diffusion.Spacing{
		"ddim/leading":           diffusion.Leading(0),
		"ddim/trailing":          diffusion.Trailing,
		"ddim/linspace":          diffusion.Linspace,
		"ddim/trailing, 7 steps": diffusion.Trailing,
		"ddpm/small, linspace":   diffusion.Linspace,
		"euler/leading":          diffusion.Leading(0),
		"euler/trailing":         diffusion.Trailing,
		"heun/linspace":          diffusion.Linspace,
		"dpm++/2, trailing":      diffusion.Trailing,
	} {
		times := cases[name].Times
		grid, err := spacing(1000, len(times)-1)
		same(name, grid, times, err)
	}
	// Stable Diffusion stops at the first step of the table, not at data.
	times := cases["ddim/stable diffusion"].Times
	grid, err := diffusion.Leading(1)(1000, len(times)-1)
	same("stable diffusion", grid[:len(grid)-1], times[:len(times)-1], err)
	// "linspace" and "leading" of the multistep schedulers have one point more than there are steps, and leave the last
	// one out.
	for name, spacing := range map[string]diffusion.Spacing{"dpm++/2": diffusion.Linspace,
		"unipc/2 bh2": diffusion.Linspace, "dpm++/2, leading": diffusion.Leading(0)} {
		times := cases[name].Times
		grid, err := spacing(1000, len(times))
		same(name, append(grid[:len(times)-1:len(times)-1], 0), times, err)
	}
	for _, name := range []string{"euler/karras", "heun/karras", "dpm++/2, karras", "edm"} {
		levels := cases[name].Levels
		n := len(levels) - 2
		grid, err := diffusion.Karras(7)(levels[0], levels[n], n)
		same(name, append(grid, 0), levels, err)
	}
}

// different are the cases that the tests of this file follow, and TestParity does not.
var different = []string{
	"ddim/linspace", "ddim/trailing, 7 steps", "ddpm/small, trailing",
	"dpm++/3, 10 steps", "dpm++/2, sigma_min, lower", "deis/2, 10 steps", "deis/3, 10 steps", "unipc/3 bh2",
	"dpm singlestep/2, exponential", "edm/churn above the horizon",
}

// TestParityIsWhole checks that every case is followed, and is in docs/parity.md.
func TestParityIsWhole(t *testing.T) {
	text, err := os.ReadFile("../../docs/parity.md")
	if err != nil {
		t.Fatal(err)
	}
	followed := slices.Clone(different)
	for _, row := range equal {
		followed = append(followed, row.cases...)
	}
	cases, _ := readGoldens()
	for name := range cases {
		if !slices.Contains(followed, name) {
			t.Errorf("no test follows %q", name)
		}
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/parity.md does not have `%s`", name)
		}
	}
}
