// Package suite turns experiments into results that can be trusted. It runs them, stores their measurements, compares
// these with committed results, and writes the ledger of claims.
package suite

import (
	"math"

	"scorelab/lib/metrics"
)

// Experiment is a question about the theory with a measured answer.
type Experiment struct {
	ID       string   // folder below results/, for example "score-field"
	Stream   string   // name of its random streams; empty: ID. An experiment keeps its numbers under a new ID
	Title    string   // a headline
	Question string   // the reader's question, in a sentence or two
	Sources  []string // places in the documents, for example "001, figure 1"
	Long     bool     // takes more than half a minute on two cores, so that it starts before the others
	Run      func(*Lab) (*Report, error)
}

// Report holds the measurements of an experiment. Answer states what they establish, the answer to Question first.
type Report struct {
	Answer  string
	Checks  []Check
	Tables  []Table
	Figures []Figure // the first is shown beside the question
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

// Verdict is what a measurement establishes about a document's statement.
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
	Headline  string // the metric that the ledger shows; empty: the first that decides the verdict
}

// Document is one of the theory documents.
type Document struct{ ID, Title, Author string }

// Check compares one measured number with its accepted range.
type Check struct {
	Claim  ClaimID
	Metric string          // what was measured; unique within (experiment, claim)
	Got    metrics.Summary // measured
	Want   float64         // exact value, or the middle of the accepted range
	Tol    float64         // the check passes when |Got.Center - Want| <= Tol
	Why    string          // reason for Tol
	Shows  Verdict         // verdict on the claim if the check passes; empty: Confirmed
	Band   float64         // largest accepted distance to the committed value; 0: see band
	Alpha  float64         // probability that correct code fails this check

	// OfTraining marks a number of trained networks, which depends on the seed and the profile. The accepted range
	// covers all of them. The gate compares two of them only if profile and seed are the same.
	OfTraining bool
}

// Pass reports whether the check passes. NaN and infinities never pass, not even as a tolerance.
func (c Check) Pass() bool {
	return !math.IsInf(c.Tol, 0) && math.Abs(c.Got.Center-c.Want) <= c.Tol
}

// Verdict is the verdict on the claim: Shows if the check passes, Refuted if it does not.
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
