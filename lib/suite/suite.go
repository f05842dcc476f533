// Package suite turns experiments into results that can be trusted: it runs them, stores what they measured, holds it
// against committed results, and writes the ledger of claims.
package suite

import (
	"math"

	"scorelab/lib/metrics"
)

// Experiment is a question about the theory with a measured answer.
type Experiment struct {
	ID       string   // folder below results/, for example "score-field"
	Stream   string   // names its random streams; empty: ID. An experiment keeps its numbers under a new ID
	Title    string   // a headline
	Question string   // what a reader would ask, in one sentence
	Sources  []string // where the documents raise it, for example "001, figure 1"
	Run      func(*Lab) (*Report, error)
}

// Report is what an experiment measured. Answer says in one or two sentences what the checks establish.
type Report struct {
	Answer  string
	Checks  []Check
	Tables  []Table
	Figures []Figure // the first is the one shown beside the question
}

// Table is the data behind a figure, stored as Name.csv. Cells are strings, integers or float64.
type Table struct {
	Name    string
	Caption string
	Header  []string
	Rows    [][]any
}

// Figure is a finished picture, stored under its Name ("field.png", "particles.gif").
type Figure struct {
	Name    string
	Caption string
	Data    []byte
}

// Verdict says what a measurement establishes about a document's statement.
type Verdict string

const (
	Confirmed Verdict = "confirmed" // true as written
	Qualified Verdict = "qualified" // true under a condition that the statement leaves out
	Refuted   Verdict = "refuted"   // wrong as written; the check measures what is exact
)

// ClaimID names a claim: "001/tweedie", document / name.
type ClaimID string

// Claim is a statement of one of the documents.
type Claim struct {
	ID        ClaimID
	Document  string // "001"
	Section   string // heading or figure
	Statement string // in our own words
	Exact     string // what is exact, in a sentence, where the statement is qualified or refuted
}

// Document is one of the theory documents.
type Document struct{ ID, Title, Author string }

// Check holds one measured number against what it must be.
type Check struct {
	Claim  ClaimID
	Metric string          // what was measured; unique within (experiment, claim)
	Got    metrics.Summary // measured
	Want   float64         // exact value, or the middle of the accepted range
	Tol    float64         // the check passes when |Got.Center - Want| <= Tol
	Why    string          // where Tol comes from
	Shows  Verdict         // what a pass says about the claim; empty: Confirmed
	Band   float64         // largest accepted distance to the committed value; 0: see band
	Alpha  float64         // probability that correct code fails this check

	// It is a number of trained networks: another seed, or a profile that trains longer, gives another one. What all of
	// them may be is the accepted range; the gate compares two of them only where profile and seed are the same.
	OfTraining bool
}

// Pass reports whether the check holds. NaN and infinities never do, not even as a tolerance.
func (c Check) Pass() bool {
	return !math.IsInf(c.Tol, 0) && math.Abs(c.Got.Center-c.Want) <= c.Tol
}

// Verdict is what the measurement says about the claim: Shows when it passes, Refuted when it does not.
func (c Check) Verdict() Verdict {
	switch {
	case !c.Pass():
		return Refuted
	case c.Shows == "":
		return Confirmed
	}
	return c.Shows
}

// alphaWidth is the two-sided probability of a normal deviation beyond metrics.Width standard errors.
var alphaWidth = math.Erfc(metrics.Width / math.Sqrt2)
