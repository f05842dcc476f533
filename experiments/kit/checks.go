package kit

import (
	"math"

	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// Why a tolerance is what it is, where several checks share the reason.
const (
	WhySE       = "5 standard errors of the estimate"
	WhyRounding = "rounding in float64 of numbers of this size"
	WhyLongRun  = "5 standard errors of the estimate and of its reference, a run of 4 million samples"
)

// NearReference checks an estimate against a reference that has an error too, with standard error se: the interval is that
// of their difference, about the estimate.
func NearReference(claim suite.ClaimID, metric string, got metrics.Summary, want, se float64, why string) suite.Check {
	half := math.Hypot(got.Half(), metrics.Width*se)
	got.Lo, got.Hi = got.Center-half, got.Center+half
	return suite.Near(claim, metric, got, want, why)
}

// KSCheck holds a sample against its exact law by the Kolmogorov-Smirnov distance, at alpha = 1e-6 on the far side and on
// the near one: too good is wrong too. slack is a known distance of the sampled law itself, and why says whence.
func KSCheck(claim suite.ClaimID, metric string, xs []float64, cdf func(float64) float64, slack float64, why string) (suite.Check, error) {
	ks, err := metrics.KS(xs, cdf)
	if err != nil {
		return suite.Check{}, err
	}
	critical, err := metrics.KSCritical(len(xs), 1e-6)
	if err != nil {
		return suite.Check{}, err
	}
	tooGood := .27 / math.Sqrt(float64(len(xs))) // Kolmogorov's law leaves less than 1e-6 below
	return suite.Between(claim, metric, ks, tooGood, critical+slack, 2e-6, "Kolmogorov's law at alpha = 1e-6 on either side"+why), nil
}

// WhyFloor is calibrated on pairs of exact samples of 10,000; the floor falls with the root of the number.
const WhyFloor = "400 pairs of exact samples of 10,000: .030 on average, .044 at the 99th percentile, between .020 and .050, log-normal with sd .154"
