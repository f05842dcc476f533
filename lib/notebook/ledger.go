package notebook

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/lib/suite"
)

// ledger reads the committed ledger.
func ledger() []suite.Row { return Must(suite.ReadLedger(filepath.Join(Root(), "results"))) }

// most is the largest number of measurements of one claim that Claims shows.
const most = 5

// Claims shows the results of the suite for claims of the documents, each with a link to its line in the ledger. It
// shows the first five measurements of a claim.
func Claims(ids ...string) {
	all := ledger()
	var rows [][]any
	for _, id := range ids {
		n := 0
		for _, r := range all {
			if string(r.Claim) != id {
				continue
			}
			if n++; n <= most {
				rows = append(rows, measurement(r))
			}
		}
		switch {
		case n == 0:
			Check(fmt.Errorf("the ledger has no claim %q", id))
		case n > most:
			rows = append(rows, []any{lineOf(id), fmt.Sprintf("and %d more", n-most), "", "", ""})
		}
	}
	tableWith(measuredIntervals, measured, rows)
}

// Measured shows, like Claims, the metrics of one experiment whose names begin with one of the beginnings.
func Measured(experiment string, beginnings ...string) {
	all := ledger()
	var rows [][]any
	for _, beginning := range beginnings {
		n := len(rows)
		for _, r := range all {
			if r.Experiment == experiment && strings.HasPrefix(r.Metric, beginning) {
				rows = append(rows, measurement(r))
			}
		}
		if len(rows) == n {
			Check(fmt.Errorf("results/ has no metric of %s that begins with %q", experiment, beginning))
		}
	}
	tableWith(measuredIntervals, measured, rows)
}

var measured = []string{"claim", "what was measured", "value", "must be", "verdict"}

// measuredIntervals explains that the tolerance of a check need not be five standard errors.
const measuredIntervals = "value: intervals are those of 5 standard errors; must be: ± is the tolerance"

func measurement(r suite.Row) []any {
	return []any{lineOf(string(r.Claim)), r.Metric, r.Measured(), r.MustBe(), string(r.Verdict)}
}

// lineOf links to a claim's line in the ledger, relative to a notebook.
func lineOf(claim string) link { return link{claim, "../results/ledger.md#" + suite.Anchor(claim)} }

// Held is a number of a notebook to compare with that of the suite.
type Held struct {
	Experiment, Metric string
	Got                float64 // the notebook's
	Tol                float64 // 0: the suite's interval, or six digits without one
}

// CheckLedger compares numbers with those in results/. It ends the cell with an error if one differs. It belongs in the
// last cell of a notebook.
func CheckLedger(numbers ...Held) {
	rows := ledger()
	var table [][]any
	var wrong []string
	for _, n := range numbers {
		i := slices.IndexFunc(rows, func(r suite.Row) bool {
			return r.Experiment == n.Experiment && r.Metric == n.Metric
		})
		if i < 0 {
			Check(fmt.Errorf("results/ has no metric %q of %s", n.Metric, n.Experiment))
		}
		r := rows[i]
		want := float64(r.Got)
		tol := n.Tol
		if tol == 0 {
			tol = math.Max(float64(max(r.Hi-r.Got, r.Got-r.Lo)), 1e-6*math.Abs(want))
		}
		verdict := "the same"
		if !(math.Abs(n.Got-want) <= tol) {
			verdict = "differs"
			wrong = append(wrong, fmt.Sprintf("%s of %s is %g here and %g in results/, more than %g apart", n.Metric,
				n.Experiment, n.Got, want, tol))
		}
		table = append(table, []any{n.Experiment, n.Metric, n.Got, want, verdict})
	}
	Table([]string{"experiment", "metric", "here", "results/", ""}, table...)
	if len(wrong) > 0 {
		Check(fmt.Errorf("%s", strings.Join(wrong, "; ")))
	}
}
