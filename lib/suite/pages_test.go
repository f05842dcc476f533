package suite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scorelab/lib/metrics"
)

// The measurement beside a claim is the one that decides its verdict: a failure, or the first of the worst.
func TestDeciding(t *testing.T) {
	check := func(got float64, shows Verdict) measurement {
		return measurement{Check: Check{Got: metrics.Exactly(got), Tol: 1, Shows: shows}}
	}
	fine, loose, wrong, failed := check(0, ""), check(.1, Qualified), check(.2, Refuted), check(2, "")
	for _, c := range []struct {
		all  []measurement
		want measurement
	}{
		{[]measurement{fine, loose}, loose},
		{[]measurement{fine, loose, wrong}, wrong},
		{[]measurement{wrong, failed}, failed},
		{[]measurement{fine}, fine},
	} {
		if got, ok := deciding(Claim{}, c.all); !ok || got != c.want {
			t.Errorf("%v: %v, want %v", c.all, got, c.want)
		}
	}
	headline := measurement{Check: Check{Metric: "shown", Tol: 1, Shows: Qualified}}
	if got, _ := deciding(Claim{Headline: "shown"}, []measurement{loose, headline}); got != headline {
		t.Errorf("the headline is %v", got)
	}
	if _, ok := deciding(Claim{}, nil); ok {
		t.Error("nothing decides")
	}
}

// The lead of an answer is whole sentences, so many that "Yes." does not stand alone.
func TestLead(t *testing.T) {
	long := "By 0.5 % at a step h = 0.1, as equation (2.3) says for Gaussian data. It does."
	short := "Yes. It ends in the modes, at a rate of 5.26 for the cross, exponentially fast."
	for text, want := range map[string]string{
		short + " More.": short,
		long:             long[:len(long)-len(" It does.")],
		"It is exact":    "It is exact",
		"Yes. No.":       "Yes. No.",
	} {
		if got := lead(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A surprise must quote metrics and show a figure of its experiment. Otherwise the pages are not written.
func TestSurprisesQuoteResults(t *testing.T) {
	for want, change := range map[string]func(s *Surprise){
		"shows none.png, which E01-moment/run.json does not have": func(s *Surprise) { s.Figure = "none.png" },
		`quotes "nothing", which E01-moment does not measure`: func(s *Surprise) {
			s.Metrics = []string{"nothing"}
		},
	} {
		c := fake()
		dir := t.TempDir()
		runAll(t, c, dir, quick)
		change(&c.Surprises[0])
		store, err := OpenStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Summarize(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		store.Close()
	}
}

// A claim that is qualified or refuted needs an exact statement.
func TestInexactClaims(t *testing.T) {
	c := fake()
	baseline, fresh := t.TempDir(), t.TempDir()
	c.Claims[1].Exact = ""
	runAll(t, c, baseline, quick)
	runAll(t, c, fresh, quick)
	g, err := c.Compare(baseline, fresh, "")
	const want = "claim 001/bias is refuted, and the table of claims does not say what is exact"
	if err != nil || len(g.Failures) != 1 || g.Failures[0] != want {
		t.Errorf("%v, %v; want %q", g, err, want)
	}
}

// A foreign page in the folder of a result stays, and the run reports it before it begins.
func TestForeignPageStays(t *testing.T) {
	dir := t.TempDir()
	c := fake()
	runAll(t, c, dir, quick)
	path := filepath.Join(dir, "E01-moment", readmeName)
	if err := os.WriteFile(path, []byte("# My notes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Check(c.Experiments); err == nil || !strings.Contains(err.Error(), path+" is not of this program") {
		t.Errorf("a foreign page: %v", err)
	}
	if _, err := store.Summarize(c); err == nil {
		t.Error("a foreign page is overwritten")
	}
	if text := string(read(t, path)); text != "# My notes\n" {
		t.Errorf("the page is now %q", text)
	}
}

// The headline of a claim is one of its measurements, with the claim's verdict.
func TestHeadlineMustDecide(t *testing.T) {
	c := fake()
	dir := t.TempDir()
	runAll(t, c, dir, quick)
	results, _, err := c.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for headline, want := range map[string]int{"variance at delta = 0.01": 0, "KS distance": 1, "nothing": 1} {
		c.Claims[1].Headline = headline
		if wrong := c.unexplained(results); len(wrong) != want {
			t.Errorf("%q: %v", headline, wrong)
		}
	}
}
