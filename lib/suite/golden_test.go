package suite

import (
	"strings"
	"testing"
)

// The files that people and programs read, in full.
func TestGolden(t *testing.T) {
	dir := t.TempDir()
	runAll(t, fake(), dir, quick)
	golden(t, "run.json", read(t, dir, "E01-moment", "run.json"))
	golden(t, "moment.csv", read(t, dir, "E01-moment", "moment.csv"))
	golden(t, "ledger.json", read(t, dir, "ledger.json"))
	golden(t, "README.md", read(t, dir, "README.md"))
}

func TestRunsAreIdentical(t *testing.T) {
	a, b, other := t.TempDir(), t.TempDir(), t.TempDir()
	runAll(t, fake(), a, quick)
	runAll(t, fake(), b, quick)
	seed := quick
	seed.Seed = 2
	runAll(t, fake(), other, seed)

	d, err := fake().Diff(a, b)
	if err != nil || !d.Identical() || d.Files != 7 || len(d.Differences) != 0 {
		t.Errorf("two runs of one seed: %+v, %v", d, err)
	}
	d, err = fake().Diff(a, other)
	if err != nil || d.Identical() || len(d.Differences) != 1 || d.Metrics != 5 || d.Differences[0].Bands > 1 {
		t.Errorf("two runs of other seeds: %+v, %v", d, err)
	}
}

func TestGalleryOfFailures(t *testing.T) {
	c := fake()
	bad := &Result{Experiment: "E02-mass", Title: "Mass", Question: "Where?", Answer: "Gone.", Checks: []Check{
		Below("002/mass", "|mass - 1|", 0.5, 1e-12, "rounding"), Equals("002/slope", "slope", 1, 1, 0.1, "x").But(Refuted),
	}}
	text := string(c.Gallery([]*Result{bad}))
	for _, want := range []string{"**1 of them FAIL**", "1 **refuted**, 1 **FAILED**", "| **FAILED** | \\|mass - 1\\| | 0.5 | 0 ± 1e-12 |",
		"by chance never", "not measured"} {
		if !strings.Contains(text, want) {
			t.Errorf("the gallery lacks %q:\n%s", want, text)
		}
	}
	if empty := string(c.Gallery(nil)); !strings.Contains(empty, "Nothing has been run yet.") {
		t.Errorf("the empty gallery: %s", empty)
	}
}
