package suite

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"scorelab/internal/strictjson"
	"scorelab/lib/metrics"
)

// Row is one line of the ledger: a document's statement compared with one measurement.
type Row struct {
	Claim      ClaimID `json:"claim"`
	Experiment string  `json:"experiment"`
	Metric     string  `json:"metric"`
	Got        number  `json:"got"`
	Lo         number  `json:"lo"`
	Hi         number  `json:"hi"`
	Want       number  `json:"want"`
	Tol        number  `json:"tol"`
	Verdict    Verdict `json:"verdict"`
}

// Measured is the number with its interval.
func (r Row) Measured() metrics.Summary {
	return metrics.Summary{Center: float64(r.Got), Lo: float64(r.Lo), Hi: float64(r.Hi)}
}

// MustBe writes the accepted values of the check.
func (r Row) MustBe() string {
	return mustBe(Check{Got: r.Measured(), Want: float64(r.Want), Tol: float64(r.Tol)})
}

// Ledger lists every check by document, claim and experiment, in the order of the tables.
func (c Catalogue) Ledger(results []*Result) ([]Row, error) {
	for _, r := range results {
		for _, check := range r.Checks {
			if err := c.find(check.Claim); err != nil {
				return nil, fmt.Errorf("%s: %w; run it again", r.Experiment, err)
			}
		}
	}
	rows := []Row{}
	for _, document := range c.Documents {
		for _, claim := range c.Claims {
			if claim.Document != document.ID {
				continue
			}
			for _, m := range about(claim, results) {
				rows = append(rows, Row{
					Claim: claim.ID, Experiment: m.result.Experiment, Metric: m.Metric,
					Got: number(m.Got.Center), Lo: number(m.Got.Lo), Hi: number(m.Got.Hi),
					Want: number(m.Want), Tol: number(m.Tol), Verdict: m.Verdict(),
				})
			}
		}
	}
	return rows, nil
}

// ReadLedger reads the ledger of a folder of results.
func ReadLedger(dir string) ([]Row, error) {
	path := filepath.Join(dir, ledgerName)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	rows, err := decodeLedger(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no ledger: %w; `scorelab report %s` writes it anew", path, err, dir)
	}
	return rows, nil
}

// decodeLedger reads a ledger. The gate checks that it follows from the results beside it, to the byte.
func decodeLedger(text []byte) (rows []Row, err error) {
	if err := strictjson.Unmarshal(text, &rows); err != nil {
		return nil, explain(text, err)
	}
	return rows, nil
}

// measurement is a check and its experiment.
type measurement struct {
	result *Result
	Check
}

// about returns the measurements of a claim.
func about(claim Claim, results []*Result) (all []measurement) {
	for _, r := range results {
		for _, check := range r.Checks {
			if check.Claim == claim.ID {
				all = append(all, measurement{r, check})
			}
		}
	}
	return all
}

// verdictOf joins the verdicts on a claim: the worst counts. A claim without measurements has none.
func verdictOf(all []measurement) Verdict {
	worst := Verdict("")
	for _, m := range all {
		switch v := m.Verdict(); {
		case v == Refuted, worst == "", v == Qualified && worst == Confirmed:
			worst = v
		}
	}
	return worst
}

// FalseAlarm is the expected number of checks that fail in one run of correct code. It is about the probability that
// the suite fails.
func FalseAlarm(results []*Result) float64 {
	sum := 0.0
	for _, r := range results {
		for _, check := range r.Checks {
			sum += check.Alpha
		}
	}
	return sum
}

// OnceIn writes the probability that a run fails as "once in 52,000 runs".
func OnceIn(p float64) string {
	if !(p > 0) {
		return "never"
	}
	runs := 1 / p
	if unit := math.Pow10(int(math.Floor(math.Log10(runs))) - 1); unit > 1 {
		runs = math.Round(runs/unit) * unit
	}
	text := fmt.Sprintf("%.0f", max(1, runs))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return "once in " + text + " runs"
}
