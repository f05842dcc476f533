package suite

import (
	"strings"
)

// LedgerPage is ledger.md. It lists the claims of the documents, each with the number that decides its verdict. If the
// claim is qualified or refuted, it gives the exact statement.
func (c Catalogue) LedgerPage(results []*Result) []byte {
	p := &page{Catalogue: c, results: results}
	p.line("# The ledger of claims\n")
	p.line("[All results](%s). Each line holds a statement of a document, in our words, and the measurement that "+
		"decides its", readmeName)
	p.line("verdict. The experiments behind it have more. For programs: [`%s`](%s).\n", ledgerName, ledgerName)
	for _, d := range p.Documents {
		p.line("<a id=\"%s\"></a>\n", Anchor(d.ID))
		p.line("## %s. %s\n", d.ID, prose(d.Title))
		p.line("%s\n", prose(d.Author))
		p.line("| Claim | Statement, and what is exact | Verdict | Measured | Value (± 5 s.e.) | Must be | In |")
		p.line("|---|---|---|---|--:|--:|---|")
		for _, claim := range p.Claims {
			if claim.Document == d.ID {
				p.claimLine(claim)
			}
		}
		p.line("")
	}
	return p.text.Bytes()
}

func (p *page) claimLine(claim Claim) {
	all := about(claim, p.results)
	measured, value, must := "", "", ""
	if m, ok := deciding(claim, all); ok {
		measured, value, must = cell(m.Metric), m.Got.String(), mustBe(m.Check)
	}
	statement := cell(claim.Statement)
	if claim.Exact != "" {
		statement += "<br>*Exact:* " + cell(claim.Exact)
	}
	_, name, _ := strings.Cut(string(claim.ID), "/")
	p.line("| <a id=\"%s\"></a>%s<br>%s | %s | %s | %s | %s | %s | %s |", Anchor(string(claim.ID)), name,
		cell(claim.Section), statement, badge(verdictOf(all)), measured, value, must,
		strings.Join(places(all), ", "))
}

// deciding is the measurement beside the verdict on a claim: a failure if there is one, else the claim's headline, else
// the first that says what all together say.
func deciding(claim Claim, all []measurement) (measurement, bool) {
	for _, m := range all {
		if !m.Pass() {
			return m, true
		}
	}
	for _, m := range all {
		if claim.Headline != "" && m.Metric == claim.Headline {
			return m, true
		}
	}
	verdict := verdictOf(all)
	for _, m := range all {
		if m.Verdict() == verdict {
			return m, true
		}
	}
	return measurement{}, false
}
