package suite

import (
	"strings"
	"testing"
)

// The complete files that people and programs read.
func TestGolden(t *testing.T) {
	dir := t.TempDir()
	runAll(t, fake(), dir, quick)
	golden(t, "run.json", read(t, dir, "E01-moment", "run.json"))
	golden(t, "moment.csv", read(t, dir, "E01-moment", "moment.csv"))
	golden(t, "ledger.json", read(t, dir, "ledger.json"))
	golden(t, "README.md", read(t, dir, "README.md"))
	golden(t, "ledger.md", read(t, dir, "ledger.md"))
	golden(t, "moment.md", read(t, dir, "E01-moment", "README.md"))
}

func TestRunsAreIdentical(t *testing.T) {
	a, b, other := t.TempDir(), t.TempDir(), t.TempDir()
	runAll(t, fake(), a, quick)
	runAll(t, fake(), b, quick)
	seed := quick
	seed.Seed = 2
	runAll(t, fake(), other, seed)

	d, err := fake().Diff(a, b, "")
	if err != nil || !d.Identical() || d.Files != 8 || len(d.Differences) != 0 {
		t.Errorf("two runs of one seed: %+v, %v", d, err)
	}
	d, err = fake().Diff(a, other, "")
	if err != nil || d.Identical() || len(d.Differences) != 1 || d.Metrics != 5 || d.Differences[0].Bands > 1 {
		t.Errorf("two runs of other seeds: %+v, %v", d, err)
	}
}

func TestPagesOfFailures(t *testing.T) {
	c := fake()
	bad := &Result{Experiment: "E02-mass", Title: "Mass", Question: "Where?", Answer: "Gone.", Checks: []Check{
		Below{Claim: "002/mass", Metric: "|mass - 1|", Got: 0.5, Bound: 1e-12, Why: "rounding"}.Check(),
		Equals{Claim: "002/slope", Metric: "slope", Got: 1, Want: 1, Tol: 0.1, Why: "x", Shows: Refuted}.Check(),
	}}
	for page, want := range map[string][]string{
		string(c.Index([]*Result{bad})):      {"**1 of them FAIL**", "1 **refuted**, 1 **FAILED**", "by chance never"},
		string(c.ResultPage(bad)):            {"| **FAILED** | \\|mass - 1\\| | 0.5 | 0 ± 1e-12 |"},
		string(c.LedgerPage([]*Result{bad})): {"not measured", "**refuted**"},
		string(c.Index(nil)):                 {"Nothing has been run yet."},
	} {
		for _, part := range want {
			if !strings.Contains(page, part) {
				t.Errorf("a page lacks %q:\n%s", part, page)
			}
		}
	}
}

// A line of the ledger gives the accepted values: the exact value of an estimate, whose interval is beside it, or a
// range with its ends.
func TestRowMustBe(t *testing.T) {
	for want, row := range map[string]Row{
		"2":           {Got: 1.75, Lo: 1.5, Hi: 2, Want: 2, Tol: .25},
		"exactly 1":   {Got: 1, Lo: 1, Hi: 1, Want: 1},
		"0 ± 1e-12":   {Got: 1e-13, Lo: 1e-13, Hi: 1e-13, Want: 0, Tol: 1e-12},
		"0.75 ± 0.15": {Got: .79, Lo: .75, Hi: .83, Want: .75, Tol: .15},
	} {
		if got := row.MustBe(); got != want {
			t.Errorf("%+v must be %q, want %q", row, got, want)
		}
	}
	if got := (Row{Got: 1.9, Lo: 1.7, Hi: 2.1}).Measured().String(); got != "1.90 ± 0.20" {
		t.Errorf("measured %q", got)
	}
}
