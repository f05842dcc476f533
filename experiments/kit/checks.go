package kit

import (
	"math"

	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// Reasons for tolerances that several checks share.
const (
	WhySE       = "5 standard errors of the estimate"
	WhyRounding = "rounding in float64 of numbers of this size"
	WhyLongRun  = "5 standard errors of the estimate and of its reference, a run of 4 million samples"
)

// NearReference checks an estimate against a reference that has a standard error SE too. The interval about the
// estimate is that of their difference.
type NearReference struct {
	Claim    suite.ClaimID
	Metric   string
	Got      metrics.Summary
	Want, SE float64
	Why      string
	Shows    suite.Verdict
}

// Check implements suite.Checker.
func (c NearReference) Check() suite.Check {
	half := math.Hypot(c.Got.Half(), metrics.Width*c.SE)
	c.Got.Lo, c.Got.Hi = c.Got.Center-half, c.Got.Center+half
	return suite.Near{Claim: c.Claim, Metric: c.Metric, Got: c.Got, Want: c.Want, Why: c.Why, Shows: c.Shows}.Check()
}

// KSCheck compares a sample with its exact distribution function by the Kolmogorov-Smirnov distance, at alpha = 1e-6 on
// either side: a sample that fits too well fails too. slack is the known distance of the sampled distribution from the
// exact one, and why its reason, which begins with
// "; ", or is empty.
func KSCheck(claim suite.ClaimID, metric string, xs []float64, cdf func(float64) float64, slack float64, why string) (
	suite.Check, error) {
	ks, err := metrics.KS(xs, cdf)
	if err != nil {
		return suite.Check{}, err
	}
	critical, err := metrics.KSCritical(len(xs), 1e-6)
	if err != nil {
		return suite.Check{}, err
	}
	tooGood := .27 / math.Sqrt(float64(len(xs))) // Kolmogorov's distribution has less than 1e-6 below
	return suite.Between{Claim: claim, Metric: metric, Got: ks, Lo: tooGood, Hi: critical + slack, Alpha: 2e-6,
		Why: "Kolmogorov's distribution at alpha = 1e-6 on either side" + why}.Check(), nil
}

// WhyFloor is the reason for bounds on sliced Wasserstein distances of 10,000 samples; the floor falls with the root of
// the number.
const WhyFloor = "400 pairs of exact samples of 10,000: .030 on average, .044 at the 99th percentile, between .020 " +
	"and .050, log-normal with sd .154"
