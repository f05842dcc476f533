package suite

import (
	"path/filepath"
	"strings"
	"testing"

	"scorelab/lib/metrics"
)

// A check that passes for values a tenth away is weak. The scale of the tenth depends on the claim.
func TestWeak(t *testing.T) {
	near := func(center, half, want float64, n int) Check {
		return Near{Claim: "c", Metric: "m", Got: metrics.WithError(center, half/metrics.Width, n), Want: want,
			Why: "w"}.Check()
	}
	for _, c := range []struct {
		name  string
		check Check
		want  string // "": it is not weak
	}{
		{"a wrong value within its interval", near(2, .31, 2.3, 100), "±0.31 (5 s.e.) about 2.3, 13 % of it"},
		{"a narrow interval", near(2, .19, 2, 100), ""},
		{"exactly a tenth", Equals{Claim: "c", Metric: "m", Got: 1, Want: 1, Tol: .1, Why: "w"}.Check(), ""},
		{"a negative value", near(-2, .31, -2, 100), "±0.31 (5 s.e.) about -2, 16 % of it"},
		{"any size", near(2e-9, .32e-9, 2e-9, 100), "±3.2e-10 (5 s.e.) about 2e-9, 16 % of it"},
		{"a wide tolerance", Equals{Claim: "c", Metric: "m", Got: 1.05, Want: 1, Tol: .15, Why: "w"}.Check(),
			"±0.15 about 1, 15 % of it"},
		{"a check that fails", near(1, .31, 2, 100), ""},
		{"zero of few draws", near(.001, .0126, 0, 200), "±0.0126 (5 s.e.) about 0, 35 % of the deviation of a " +
			"single draw"},
		{"zero of many draws", near(.001, .0126, 0, 2500), ""},
		{"zero in exact arithmetic", Below{Claim: "c", Metric: "m", Got: 1e-13, Bound: 1e-12, Why: "w"}.Check(), ""},
		{"a range of quantiles", Between{Claim: "c", Metric: "m", Got: metrics.Exactly(.01), Lo: .002, Hi: .03,
			Alpha: 1e-6, Why: "w"}.Check(), ""},
		{"a range of trained networks", Equals{Claim: "c", Metric: "m", Got: .8, Want: .75, Tol: .15,
			Why: "w", OfTraining: true}.Check(), ""},
	} {
		got := ""
		if c.check.Weak() {
			got = c.check.weakness()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// The interval of an estimate is its tolerance up to rounding, however its ends were computed.
	rounded := near(.1, .031, .1, 100)
	rounded.Tol *= 1 + 1e-15
	if !rounded.Weak() || !strings.Contains(rounded.weakness(), "s.e.") {
		t.Errorf("%+v is not weak", rounded)
	}
}

// The gate lists weak checks and still passes. The pages mark and count them.
func TestWeakChecksAreNamed(t *testing.T) {
	baseline, fresh := filepath.Join(t.TempDir(), "results"), filepath.Join(t.TempDir(), "fresh")
	runAll(t, fake(), baseline, quick)
	runAll(t, fake(), fresh, quick)
	gate, err := fake().Compare(baseline, fresh, "")
	if err != nil || len(gate.Failures)+len(gate.Weak) > 0 {
		t.Fatalf("%+v, %v", gate, err)
	}
	for _, dir := range []string{baseline, fresh} {
		edit(t, dir, "E01-moment", func(r *Result) {
			r.Checks[0] = Near{Claim: "001/moment", Metric: "E|x|^2", Got: metrics.WithError(2.1, .062, 100), Want: 2,
				Why: "5 s.e."}.Check()
		})
		rewrite(t, dir)
	}
	gate, err = fake().Compare(baseline, fresh, "")
	want := `E01-moment, claim 001/moment, metric "E|x|^2": ±0.31 (5 s.e.) about 2, 16 % of it`
	if err != nil || len(gate.Failures) > 0 || len(gate.Weak) != 1 || gate.Weak[0] != want {
		t.Errorf("%+v, %v, want %s", gate, err, want)
	}
	text := string(read(t, fresh, readmeName)) + string(read(t, fresh, "E01-moment", readmeName))
	for _, part := range []string{
		"1 check with the mark *wide* tests little: ", "| 2.10 ± 0.31 | 2 *wide* |", "Value (± 5 s.e.)",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the pages lack %q", part)
		}
	}
}
