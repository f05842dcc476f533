package suite

import "scorelab/lib/metrics"

// Checker is one of the kinds of checks below, or of a package that uses this one, written as a literal with named
// fields, or a Check itself. The fields Claim, Metric, Why, Shows and OfTraining are those of Check.
type Checker interface{ Check() Check }

// Add appends checks to the report.
func (r *Report) Add(checks ...Checker) {
	for _, c := range checks {
		r.Checks = append(r.Checks, c.Check())
	}
}

// Check implements Checker.
func (c Check) Check() Check { return c }

// As returns the check with the verdict that it establishes when it passes.
func (c Check) As(v Verdict) Check { c.Shows = v; return c }

// Near checks a Monte Carlo estimate against its exact value: the interval of the estimate must contain it.
type Near struct {
	Claim      ClaimID
	Metric     string
	Got        metrics.Summary
	Want       float64
	Why        string
	Shows      Verdict
	OfTraining bool
}

// Check implements Checker.
func (c Near) Check() Check {
	return Check{Claim: c.Claim, Metric: c.Metric, Got: c.Got, Want: c.Want, Tol: c.Got.Half(), Why: c.Why,
		Shows: c.Shows, OfTraining: c.OfTraining, Alpha: alphaWidth}
}

// Equals checks a deterministic number against its exact value.
type Equals struct {
	Claim          ClaimID
	Metric         string
	Got, Want, Tol float64
	Why            string
	Shows          Verdict
	OfTraining     bool
}

// Check implements Checker.
func (c Equals) Check() Check {
	return Check{Claim: c.Claim, Metric: c.Metric, Got: metrics.Exactly(c.Got), Want: c.Want, Tol: c.Tol, Why: c.Why,
		Shows: c.Shows, OfTraining: c.OfTraining}
}

// Below checks an error against its bound. The error is a non-negative deterministic number that is 0 in exact
// arithmetic.
type Below struct {
	Claim      ClaimID
	Metric     string
	Got, Bound float64
	Why        string
	Shows      Verdict
	OfTraining bool
}

// Check implements Checker.
func (c Below) Check() Check {
	return Equals{Claim: c.Claim, Metric: c.Metric, Got: c.Got, Tol: c.Bound, Why: c.Why, Shows: c.Shows,
		OfTraining: c.OfTraining}.Check()
}

// Between checks a random number against the quantiles [Lo, Hi]. Correct code is outside with probability Alpha.
type Between struct {
	Claim         ClaimID
	Metric        string
	Got           metrics.Summary
	Lo, Hi, Alpha float64
	Why           string
	Shows         Verdict
	OfTraining    bool
}

// Check implements Checker.
func (c Between) Check() Check {
	return Check{Claim: c.Claim, Metric: c.Metric, Got: c.Got, Want: (c.Lo + c.Hi) / 2, Tol: (c.Hi - c.Lo) / 2,
		Why: c.Why, Shows: c.Shows, OfTraining: c.OfTraining, Alpha: c.Alpha}
}
