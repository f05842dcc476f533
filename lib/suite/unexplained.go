package suite

import (
	"fmt"
	"slices"
)

// unexplained lists what the table of claims lacks, given the results: what is exact, where they qualify or refute a
// claim, and headlines that are measured and decide.
func (c Catalogue) unexplained(results []*Result) (wrong []string) {
	for _, claim := range c.Claims {
		all := about(claim, results)
		if slices.ContainsFunc(all, func(m measurement) bool { return !m.Pass() }) {
			continue // a failure is a fault to look at, and no verdict yet
		}
		v := verdictOf(all)
		if claim.Headline != "" && len(all) > 0 && !slices.ContainsFunc(all, func(m measurement) bool {
			return m.Metric == claim.Headline && m.Verdict() == v
		}) {
			wrong = append(wrong, fmt.Sprintf("claim %s: its headline %q is no %s measurement", claim.ID,
				claim.Headline, v))
		}
		if (v == Qualified || v == Refuted) && claim.Exact == "" {
			wrong = append(wrong, fmt.Sprintf("claim %s is %s, and the table of claims does not say what is exact",
				claim.ID, v))
		}
	}
	return wrong
}
