package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/lib/metrics"
)

// Gate is the outcome of a comparison.
type Gate struct {
	Failures []string // one sentence each; none: the gate passes
	Notes    []string // remarks for the reader of the verdict
	Weak     []string // fresh checks that pass but test little, one sentence each
	Checks   int      // how many pairs were compared
}

// BaselineError is the error of a baseline that cannot be compared with.
type BaselineError struct{ Err error }

func (e *BaselineError) Error() string {
	text := e.Err.Error()
	if bad := (*ResultError)(nil); errors.As(e.Err, &bad) {
		text = bad.Path + " " + bad.Problem
	}
	return text + ": `make accept` writes the baseline from a run whose checks all pass"
}

func (e *BaselineError) Unwrap() error { return e.Err }

// Compare compares the results in fresh with the committed ones in baseline. It fails closed: anything missing on
// either side is a failure. Pattern restricts it to some experiments. An empty pattern means all, and then every claim
// must be covered. The error of a baseline that cannot be read is a *BaselineError.
func (c Catalogue) Compare(baseline, fresh, pattern string) (*Gate, error) {
	experiments, err := c.Match(pattern)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(baseline); errors.Is(err, fs.ErrNotExist) {
		return nil, &BaselineError{fmt.Errorf("the baseline %s does not exist", baseline)}
	}
	old, oldStrays, err := c.Load(baseline)
	if err != nil {
		return nil, &BaselineError{err}
	}
	if len(old) == 0 {
		return nil, &BaselineError{fmt.Errorf("the baseline %s holds no results", baseline)}
	}
	now, nowStrays, err := c.Load(fresh)
	if err != nil {
		return nil, err
	}
	g := &Gate{}
	if pattern == "" {
		for _, id := range oldStrays {
			g.fail("%s: in %s, but not in the table of experiments", id, baseline)
		}
		for _, id := range nowStrays {
			g.fail("%s: in %s, but not in the table of experiments: remove the folder", id, fresh)
		}
		for _, claim := range c.uncovered(now) {
			g.fail("claim %s is measured by no experiment", claim)
		}
		g.Failures = append(g.Failures, c.unexplained(now)...)
		if err := g.summaries(c, baseline, old); err != nil {
			return nil, err
		}
	}
	var bare [2][]string // experiments without hashes, in the baseline and here
	for _, e := range experiments {
		a, b := find(old, e.ID), find(now, e.ID)
		for i, r := range []*Result{a, b} {
			if r != nil && !r.vouched() {
				bare[i] = append(bare[i], e.ID)
			}
		}
		if a == nil {
			g.fail("%s: not in the baseline %s: look at its result, then `make accept`", e.ID, baseline)
		}
		if b == nil {
			g.fail("%s: not in %s: `scorelab run -run '^%s$'` makes it", e.ID, fresh, e.ID)
		}
		if a != nil && b != nil {
			g.experiment(a, b)
		}
		if b != nil {
			g.weak(b)
		}
	}
	g.vouched(baseline, bare[0], "`make experiments`, then `make accept`")
	g.vouched(fresh, bare[1], fmt.Sprintf("`scorelab run -out %s` makes them anew", fresh))
	return g, nil
}

// vouched adds a failure if the hashes of some results in dir are unknown.
func (g *Gate) vouched(dir string, bare []string, cure string) {
	if len(bare) > 0 {
		g.fail("%s: no hashes of the tables and figures of %s, so that damage to them would not show: %s",
			dir, firstLine(strings.Join(bare, ", ")), cure)
	}
}

// summaries checks that the committed ledger and pages follow from the committed results.
func (g *Gate) summaries(c Catalogue, baseline string, results []*Result) error {
	files, err := c.summaries(results)
	if err != nil {
		return &BaselineError{fmt.Errorf("%s: %w", baseline, err)}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(baseline, name)
		if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, files[name]) {
			g.fail("%s is not what the results beside it say: `scorelab report %s` rewrites it", path, baseline)
		}
	}
	return nil
}

func (g *Gate) fail(format string, args ...any) {
	g.Failures = append(g.Failures, fmt.Sprintf(format, args...))
}

// weak lists the checks of a fresh result that test little.
func (g *Gate) weak(r *Result) {
	for _, c := range r.Weak() {
		g.Weak = append(g.Weak, fmt.Sprintf("%v: %s", key{r.Experiment, c.Claim, c.Metric}, c.weakness()))
	}
}

// experiment compares two results of one experiment, a the committed one.
func (g *Gate) experiment(a, b *Result) {
	for _, setting := range [][3]string{
		{"profile", string(a.Profile), string(b.Profile)}, {"backend", a.Backend, b.Backend},
		{"seed", fmt.Sprint(a.Seed), fmt.Sprint(b.Seed)},
	} {
		note := fmt.Sprintf("the baseline has %s %s, this run %s", setting[0], setting[1], setting[2])
		if setting[1] != setting[2] && !slices.Contains(g.Notes, note) {
			g.Notes = append(g.Notes, note)
		}
	}
	for _, name := range a.files() {
		if !slices.Contains(b.files(), name) {
			g.fail("%s: its baseline has %s, but this run does not", a.Experiment, name)
		}
	}
	for _, name := range b.files() {
		if !slices.Contains(a.files(), name) {
			g.fail("%s: %s is not in the baseline: `make accept`", a.Experiment, name)
		}
	}
	for _, p := range pairs(a, b) {
		switch {
		case p.a == nil:
			g.fail("%v: not in the baseline: `make accept`", p.key)
		case p.b == nil:
			g.fail("%v: in the baseline, but no longer measured", p.key)
		default:
			g.Checks++
			g.pair(p, a.Profile == b.Profile && a.Seed == b.Seed, a.Backend == b.Backend)
		}
	}
}

// pair compares two measurements of one metric.
func (g *Gate) pair(p pair, sameRun, sameBackend bool) {
	a, b := *p.a, *p.b
	for _, side := range []struct {
		whose string
		Check
	}{{"", b}, {"the baseline's ", a}} {
		if !side.Pass() {
			g.fail("%v: %s%s", p.key, side.whose, side.Miss())
		}
	}
	if a.verdictOfPass() != b.verdictOfPass() {
		g.fail("%v: a pass meant %q and now means %q: `make accept` if that is right", p.key, a.verdictOfPass(),
			b.verdictOfPass())
	}
	// The wanted value may depend on the sample size, on a sample and on its rounding. The tolerance of an estimate is
	// its own interval.
	if sameRun && sameBackend {
		if moved(a.Want, b.Want, 1e-9*math.Abs(a.Want)+1e-6*math.Abs(a.Tol)) {
			g.fail("%v: the wanted value was %s and is now %s: `make accept` if that is right", p.key,
				metrics.Digits(a.Want, 9), metrics.Digits(b.Want, 9))
		}
		if !(a.Tol == a.Got.Half() && b.Tol == b.Got.Half()) && moved(a.Tol, b.Tol, 1e-6*math.Abs(a.Tol)) {
			g.fail("%v: the tolerance was %s and is now %s: `make accept` if that is right", p.key,
				metrics.Digits(a.Tol, 9), metrics.Digits(b.Tol, 9))
		}
	}
	if sameRun {
		if a.Band != b.Band {
			g.fail("%v: the band was %s and is now %s: `make accept` if that is right", p.key,
				metrics.Digits(a.Band, 9), metrics.Digits(b.Band, 9))
		}
		// A wide interval passes everything, so a loss of precision is a change, too.
		if wide := b.Got.Half(); moved(0, wide, 3*a.Got.Half()+a.Tol/10) {
			g.fail("%v: the interval was ±%s and is now ±%s (5 s.e.), so that the check has lost its force",
				p.key, metrics.Digits(a.Got.Half(), 3), metrics.Digits(wide, 3))
		}
	}
	if (a.OfTraining || b.OfTraining) && !sameRun {
		return
	}
	if band := band(a, b); moved(a.Got.Center, b.Got.Center, band) {
		g.fail("%v: %s, committed %s: they differ by %s, the band is %s", p.key, metrics.Digits(b.Got.Center, 9),
			metrics.Digits(a.Got.Center, 9), metrics.Digits(math.Abs(a.Got.Center-b.Got.Center), 3),
			metrics.Digits(band, 3))
	}
}

// Miss describes how a check fails.
func (c Check) Miss() string {
	got := c.Got.String()
	if strings.Contains(got, "±") {
		got += " (5 s.e.)"
	}
	return fmt.Sprintf("got %s, wanted %s ± %s (%s)", got, metrics.Digits(c.Want, 9), metrics.Digits(c.Tol, 3), c.Why)
}

func (c Check) verdictOfPass() Verdict {
	if c.Shows == "" {
		return Confirmed
	}
	return c.Shows
}

// pair is one metric in two results. nil means not measured.
type pair struct {
	key  key
	a, b *Check
}

// pairs joins the checks of two results, in the order of a, followed by those only in b.
func pairs(a, b *Result) []pair {
	var all []pair
	for i, c := range a.Checks {
		all = append(all, pair{key: key{a.Experiment, c.Claim, c.Metric}, a: &a.Checks[i]})
	}
	for i, c := range b.Checks {
		k := key{a.Experiment, c.Claim, c.Metric}
		if at := slices.IndexFunc(all, func(p pair) bool { return p.key == k }); at >= 0 {
			all[at].b = &b.Checks[i]
			continue
		}
		all = append(all, pair{key: k, b: &b.Checks[i]})
	}
	return all
}

func find(results []*Result, id string) *Result {
	for _, r := range results {
		if r.Experiment == id {
			return r
		}
	}
	return nil
}

// uncovered lists the claims without a check.
func (c Catalogue) uncovered(results []*Result) []ClaimID {
	covered := map[ClaimID]bool{}
	for _, r := range results {
		for _, check := range r.Checks {
			covered[check.Claim] = true
		}
	}
	var ids []ClaimID
	for _, claim := range c.Claims {
		if !covered[claim.ID] {
			ids = append(ids, claim.ID)
		}
	}
	return ids
}

// Summary is the gate's verdict in one line.
func (g *Gate) Summary() string {
	text := fmt.Sprintf("%d metrics compared, ", g.Checks)
	if len(g.Failures) == 0 {
		text += "all within their bands"
	} else {
		text += fmt.Sprintf("%d failures", len(g.Failures))
	}
	if len(g.Notes) > 0 {
		text += " (" + strings.Join(g.Notes, "; ") + ")"
	}
	return text
}
