package suite

import (
	"fmt"
	"testing"

	"scorelab/lib/metrics"
)

// Of many checks the gallery shows a dozen: every failure, every claim, what is qualified; and all of a few.
func TestLeading(t *testing.T) {
	check := func(claim ClaimID, i int, got float64) Check {
		return Check{Claim: claim, Metric: fmt.Sprint(i), Got: metrics.Exactly(got), Tol: 1, Why: "test"}
	}
	var checks []Check
	for i := range 40 {
		checks = append(checks, check("000/a", i, 0))
	}
	if got := leading(checks[:5]); len(got) != 5 {
		t.Errorf("%d of 5 checks shown", len(got))
	}
	checks[20].Claim = "000/b"
	checks[30] = checks[30].As(Qualified)
	checks[35].Got = metrics.Exactly(2)
	got := leading(checks)
	want := map[string]bool{"0": true, "20": true, "30": true, "35": true}
	for _, c := range got {
		delete(want, c.Metric)
	}
	if len(got) != 12 || len(want) != 0 {
		t.Errorf("%d checks shown, without %v", len(got), want)
	}
	for i := range checks {
		checks[i].Got = metrics.Exactly(2)
	}
	if got := leading(checks); len(got) != len(checks) {
		t.Errorf("%d of %d failures shown", len(got), len(checks))
	}
}
